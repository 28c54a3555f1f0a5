/**
 * Who is a member, as a set of changes says. A function of that set alone, so that all who know the same changes agree,
 * in whatever order they learned of them. Invariants 3 and 13.
 *
 * Every change was allowed where it was made; what is concurrent is settled here:
 *   1. What an admin said is void where someone senior to it removed it concurrently.
 *   2. Of the others about one member the latest count. Among several concurrent ones a removal decides, then a role that
 *      an admin gave (the most senior's), then joining, then returning, then an exclusion.
 * Senior is who came in earlier, then who has the smaller name.
 */

import { present } from "../assert.ts";
import type { AuthorId, DeltaId } from "../ids.ts";
import { type Invitation, type Member, type MembershipChange, type Role, roles } from "./membership.ts";

/** A membership delta as its context's graph holds it, the genesis first. */
export interface MembershipEvent {
  readonly id: DeltaId;
  readonly author: AuthorId;
  /** In the graph. */
  readonly position: number;
  readonly generation: number;
  readonly change: MembershipChange | Founding;
  /** The events below it, by their index, ascending: its own cut. */
  readonly below: readonly number[];
}

/** What a genesis says of members; its author is the first of them, and admin. */
export interface Founding {
  readonly kind: "founding";
  /** The first secret of the topic. */
  readonly nonce: string;
  readonly members: readonly Member[];
  /** The role of whoever is not named and was not removed; null: none. */
  readonly others: Role | null;
}

export interface Seat {
  /** Null: removed, or gone. */
  readonly role: Role | null;
  /** The role it was excluded from, and has again once it returns; else null. */
  readonly returnsTo: Role | null;
  /** The index of the event by which it came in, and its place there. */
  readonly since: number;
  readonly place: number;
}

export type Roster = ReadonlyMap<AuthorId, Seat>;

/** What events say of one member, to choose from. */
interface Claim {
  readonly index: number;
  readonly role: Role | null;
}

export class Rosters {
  readonly #events: readonly MembershipEvent[];
  /** By the events of a cut, joined. A cache: every answer follows from the events. */
  readonly #known = new Map<string, Roster>();

  /** The events may grow. */
  constructor(events: readonly MembershipEvent[]) {
    this.#events = events;
  }

  /** Of a set of events that holds what is below each of them, ascending. O(1) when asked again. */
  of(cut: readonly number[]): Roster {
    const name = cut.join(",");
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const roster = this.#isOnTop(cut) ? this.#after(cut) : new Settling(this, this.#events, cut).roster();
    if (this.#known.size >= rostersMax) this.#known.clear();
    this.#known.set(name, roster);
    return roster;
  }

  /** Is the last event above all the others? Then nothing is concurrent with it. */
  #isOnTop(cut: readonly number[]): boolean {
    const last = cut.at(-1);
    return last !== undefined && last > 0 && this.#event(last).below.length === cut.length - 1;
  }

  #after(cut: readonly number[]): Roster {
    const last = present(cut.at(-1), "the last of some events");
    const event = this.#event(last);
    const roster = new Map(this.of(event.below));
    for (const { author, role } of claimsOf(event))
      roster.set(author, seatAfter(roster.get(author), { role, index: last }, event));
    return roster;
  }

  #event(index: number): MembershipEvent {
    return present(this.#events[index], "a membership event");
  }
}

const rostersMax = 4_096;

/** Works out one cut in which events are concurrent. */
class Settling {
  readonly #rosters: Rosters;
  readonly #events: readonly MembershipEvent[];
  readonly #cut: readonly number[];
  readonly #void = new Map<number, boolean>();

  constructor(rosters: Rosters, events: readonly MembershipEvent[], cut: readonly number[]) {
    this.#rosters = rosters;
    this.#events = events;
    this.#cut = cut;
  }

  roster(): Roster {
    const claims = new Map<AuthorId, Claim[]>();
    for (const index of this.#cut) {
      if (this.#isVoid(index)) continue;
      for (const { author, role } of claimsOf(this.#event(index))) {
        const about = claims.get(author) ?? [];
        about.push({ index, role });
        claims.set(author, about);
      }
    }
    return new Map(Array.from(claims, ([author, about]) => [author, this.#settle(author, about)]));
  }

  #settle(author: AuthorId, about: readonly Claim[]): Seat {
    const latest = about.filter(
      ({ index }) => !about.some((other) => this.#event(other.index).below.includes(index)),
    );
    const [first] = latest.sort((a, b) => this.#compareClaims(a, b));
    const { index, role } = present(first, "a claim about a member");
    if (index === 0) return this.#founder(author);
    const before = this.#rosters.of(this.#event(index).below).get(author);
    return seatAfter(before, { role, index }, this.#event(index));
  }

  #founder(author: AuthorId): Seat {
    const members = claimsOf(this.#event(0));
    const place = members.findIndex((member) => member.author === author);
    return { role: present(members[place], "a founder").role, returnsTo: null, since: 0, place };
  }

  /** The one that decides comes first. */
  #compareClaims(a: Claim, b: Claim): number {
    const rank = ({ index, role }: Claim) => (role === null ? 0 : rankOf(this.#event(index).change.kind));
    const bothGiven = rank(a) === 1 && rank(b) === 1;
    return (
      rank(a) - rank(b) ||
      (bothGiven ? this.#compareAuthors(a.index, b.index) : 0) ||
      roles.indexOf(b.role ?? "reader") - roles.indexOf(a.role ?? "reader") ||
      (this.#event(a.index).id < this.#event(b.index).id ? -1 : 1)
    );
  }

  /** Did someone senior remove the author without either knowing of the other's change? */
  #isVoid(index: number): boolean {
    const known = this.#void.get(index);
    if (known !== undefined) return known;
    const { author, below, change } = this.#event(index);
    const isGiven = change.kind === "role" || change.kind === "remove" || change.kind === "exclude";
    const answer =
      isGiven &&
      this.#cut.some((other) => {
        const { change: said, below: belowOther } = this.#event(other);
        if (said.kind !== "remove" || said.member !== author) return false;
        if (other === index || below.includes(other) || belowOther.includes(index)) return false;
        // Each step goes to someone more senior, so this ends.
        return this.#compareAuthors(other, index) < 0 && !this.#isVoid(other);
      });
    this.#void.set(index, answer);
    return answer;
  }

  /** The author of which event is senior, each where it made it? Below 0: of the first. */
  #compareAuthors(a: number, b: number): number {
    const [one, two] = [this.#event(a), this.#event(b)];
    const [seatOfOne, seatOfTwo] = [one, two].map(({ author, below }) => this.#rosters.of(below).get(author));
    if (seatOfOne === undefined || seatOfTwo === undefined) return one.author < two.author ? -1 : 1;
    const [cameOne, cameTwo] = [this.#event(seatOfOne.since), this.#event(seatOfTwo.since)];
    return (
      cameOne.generation - cameTwo.generation ||
      (cameOne.id === cameTwo.id ? seatOfOne.place - seatOfTwo.place : cameOne.id < cameTwo.id ? -1 : 1) ||
      (one.author === two.author ? 0 : one.author < two.author ? -1 : 1)
    );
  }

  #event(index: number): MembershipEvent {
    return present(this.#events[index], "a membership event");
  }
}

/** What an event says of whom. */
function claimsOf({ author, change }: MembershipEvent): readonly { author: AuthorId; role: Role | null }[] {
  switch (change.kind) {
    case "founding":
      return [{ author, role: "admin" }, ...change.members.filter((member) => member.author !== author)];
    case "join":
      return [{ author, role: change.invitation.role }];
    case "leave":
      return [{ author, role: null }];
    case "remove":
      return [{ author: change.member, role: null }];
    case "role":
      return [{ author: change.member, role: change.role }];
    case "exclude":
      return [{ author: change.member, role: "reader" }];
    case "return":
      return [{ author, role: change.role }];
    case "rotate":
      return [];
  }
}

/** What decides about a member that stays one, where there are several: the lowest. */
function rankOf(kind: MembershipEvent["change"]["kind"]): number {
  const ranks: Partial<Record<typeof kind, number>> = { join: 2, return: 3, exclude: 4 };
  return ranks[kind] ?? 1;
}

/** Who stays a member stays as senior as it was. */
function seatAfter(before: Seat | undefined, { role, index }: Claim, { change }: MembershipEvent): Seat {
  const returnsTo = change.kind === "exclude" ? (before?.role ?? null) : null;
  const stays = before !== undefined && before.role !== null;
  return stays ? { ...before, role, returnsTo } : { role, returnsTo, since: index, place: 0 };
}

/** Is an invitation good for someone, as far as the roster of a cut says? */
export function isInviting({ inviter, invitee }: Invitation, author: AuthorId, roster: Roster): boolean {
  return roster.get(inviter)?.role === "admin" && (invitee === null || invitee === author);
}
