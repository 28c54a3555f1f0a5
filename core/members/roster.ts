/**
 * Who is a member, as a set of changes says. A function of that set alone, so that all who know the same changes agree,
 * in whatever order they learned of them. Invariants 3 and 13.
 *
 * Every change was allowed where it was made; what is concurrent is settled by going through the set in one order, and
 * letting each change count only if whoever stands behind it (its author; of a join the inviter) is an admin by those
 * that count before it. The order is causal, and else by seniority: first what the most senior of those behind it or
 * behind something above it stands for. Senior is who came in earlier, then who has the smaller name. So of admins
 * who remove each other the senior stays, and with the junior goes what it brought about meanwhile.
 *
 * Of concurrent changes about one member a removal decides, then the role that the more senior gave, then joining, then
 * returning, then an exclusion. Nothing counts that would leave no admin. An invitation by which two joined, neither
 * knowing of the other, while who signed it was an admin, lets in neither: then all is gone through without it.
 */

import { present } from "../assert.ts";
import type { AuthorId, DeltaId } from "../ids.ts";
import type { Invitation, Member, MembershipChange, Role } from "./membership.ts";
import { type Rank, settledOrder } from "./settled-order.ts";

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

const rostersMax = 4_096;

export class Rosters {
  readonly #events: readonly MembershipEvent[];
  /** By the events of a cut, joined. A cache: every answer follows from the events. */
  readonly #known = new Map<string, Roster>();
  /** By the index of an event. A cache, too: it follows from what is below. */
  readonly #ranks = new Map<number, Rank>();

  /** The events may grow. */
  constructor(events: readonly MembershipEvent[]) {
    this.#events = events;
  }

  /** Of a set of events that holds what is below each of them, ascending. */
  of(cut: readonly number[]): Roster {
    // Each on top of the one before, as most are: from the first that is known, or has to be settled.
    const chain: (readonly number[])[] = [];
    let [next, name] = [cut, cut.join(",")];
    while (!this.#known.has(name) && this.#isOnTop(next)) {
      chain.push(next);
      next = this.#event(present(next.at(-1), "the last of some events")).below;
      name = next.join(",");
    }
    let roster = this.#known.get(name) ?? this.#keep(name, new Settling(this, this.#events, next).roster());
    for (const each of chain.reverse()) roster = this.#keep(each.join(","), this.#after(roster, each));
    return roster;
  }

  /** Of whoever stands behind an event, where it was made. */
  rankOf(index: number): Rank {
    const known = this.#ranks.get(index);
    if (known !== undefined) return known;
    const rank = this.#rankOf(this.#event(index));
    this.#ranks.set(index, rank);
    return rank;
  }

  #rankOf(event: MembershipEvent): Rank {
    if (event.change.kind === "founding") return [0, event.id, -1, event.author];
    const who = standingBehind(event);
    const seat = this.of(event.below).get(who);
    if (seat === undefined) return [Number.MAX_SAFE_INTEGER, event.id, 0, who];
    const { generation, id } = this.#event(seat.since);
    return [generation, id, seat.place, who];
  }

  #keep(name: string, roster: Roster): Roster {
    if (this.#known.size >= rostersMax) this.#known.clear();
    this.#known.set(name, roster);
    return roster;
  }

  /** Is the last event above all the others? Then nothing is concurrent with it. */
  #isOnTop(cut: readonly number[]): boolean {
    const last = cut.at(-1);
    return last !== undefined && last > 0 && this.#event(last).below.length === cut.length - 1;
  }

  /** It counts: it was allowed on that roster. */
  #after(before: Roster, cut: readonly number[]): Roster {
    const last = present(cut.at(-1), "the last of some events");
    const event = this.#event(last);
    const roster = new Map(before);
    for (const { author, role } of claimsOf(event))
      roster.set(author, seatAfter(roster.get(author), { role, index: last }, event));
    return roster;
  }

  #event(index: number): MembershipEvent {
    return present(this.#events[index], "a membership event");
  }
}

/** Works out one cut in which events are concurrent. O(events²), and that once more for each token that turns out to be used by two. */
class Settling {
  readonly #rosters: Rosters;
  readonly #events: readonly MembershipEvent[];
  readonly #cut: readonly number[];
  readonly #roster = new Map<AuthorId, Seat>();
  /** By whom they are about: changes that count, the latest last. */
  readonly #counted = new Map<AuthorId, number[]>();
  /** Those who join by an invitation that is good where they do. */
  readonly #joins: MembershipEvent[] = [];
  /** Bodies of invitations by which two joined: they let in nobody. */
  readonly #spent = new Set<string>();

  constructor(rosters: Rosters, events: readonly MembershipEvent[], cut: readonly number[]) {
    this.#rosters = rosters;
    this.#events = events;
    this.#cut = cut;
  }

  roster(): Roster {
    const changes = this.#cut.map((index) => {
      return { index, event: this.#event(index), rank: this.#rosters.rankOf(index) };
    });
    const order = settledOrder(changes);
    let spent: number;
    do {
      spent = this.#spent.size;
      this.#goThrough(order);
      for (const body of invitationsOfTwo(this.#joins)) this.#spent.add(body);
    } while (this.#spent.size > spent);
    return this.#roster;
  }

  #goThrough(order: readonly number[]): void {
    this.#roster.clear();
    this.#counted.clear();
    this.#joins.length = 0;
    for (const index of order) this.#apply(index);
  }

  #apply(index: number): void {
    const event = this.#event(index);
    if (event.change.kind === "join" && this.#isAdmin(event.change.invitation.inviter))
      this.#joins.push(event);
    if (!this.#counts(event)) return;
    claimsOf(event).forEach(({ author, role }, place) => {
      if (this.#isOverruled(index, author)) return;
      if (role !== "admin" && event.change.kind !== "founding" && isLastAdmin(this.#roster, author)) return;
      const seat = seatAfter(this.#roster.get(author), { role, index }, event);
      this.#roster.set(author, event.change.kind === "founding" ? { ...seat, place } : seat);
      this.#counted.set(author, [...(this.#counted.get(author) ?? []), index]);
    });
  }

  #counts(event: MembershipEvent): boolean {
    const { change, author } = event;
    switch (change.kind) {
      case "founding":
      case "rotate":
        return true;
      case "leave":
        return this.#isIn(author);
      case "join":
        return this.#isAdmin(change.invitation.inviter) && !this.#spent.has(change.invitation.body);
      case "exclude":
        return this.#isAdmin(author) && this.#isIn(change.member);
      case "remove":
      case "role":
        return this.#isAdmin(author);
      case "return":
        return this.#roster.get(author)?.returnsTo === change.role;
    }
  }

  /** Whoever was excluded meanwhile has done nothing wrong: what it said before it knew counts. */
  #isAdmin(author: AuthorId): boolean {
    const seat = this.#roster.get(author);
    return seat?.role === "admin" || seat?.returnsTo === "admin";
  }

  #isIn(author: AuthorId): boolean {
    return (this.#roster.get(author)?.role ?? null) !== null;
  }

  /** Does a concurrent change about the same one count that is as strong? */
  #isOverruled(index: number, author: AuthorId): boolean {
    const { below } = this.#event(index);
    const concurrent = (this.#counted.get(author) ?? []).filter((other) => !below.includes(other));
    return concurrent.some((other) => this.#strengthOf(other, author) >= this.#strengthOf(index, author));
  }

  #strengthOf(index: number, author: AuthorId): number {
    const event = this.#event(index);
    const claim = claimsOf(event).find((each) => each.author === author);
    return claim?.role === null ? strengths.remove : strengths[event.change.kind];
  }

  #event(index: number): MembershipEvent {
    return present(this.#events[index], "a membership event");
  }
}

/** Bodies of invitations by which two join: each may be the other's second key. */
export function invitationsOfTwo(
  events: Iterable<Pick<MembershipEvent, "author" | "change">>,
): ReadonlySet<string> {
  const users = new Map<string, AuthorId>();
  const ofTwo = new Set<string>();
  for (const { author, change } of events) {
    if (change.kind !== "join") continue;
    const { body } = change.invitation;
    const other = users.get(body);
    if (other !== undefined && other !== author) ofTwo.add(body);
    users.set(body, author);
  }
  return ofTwo;
}

/** On whose word it is. */
function standingBehind({ author, change }: MembershipEvent): AuthorId {
  return change.kind === "join" ? change.invitation.inviter : author;
}

interface Claim {
  readonly author: AuthorId;
  readonly role: Role | null;
}

/** What an event says of whom. */
function claimsOf({ author, change }: MembershipEvent): readonly Claim[] {
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

/** What decides about a member, where changes are concurrent: the highest. */
const strengths: Readonly<Record<MembershipEvent["change"]["kind"], number>> = {
  ...{ remove: 5, leave: 5, founding: 4, role: 4, join: 3, return: 2, exclude: 1, rotate: 0 },
};

/** Who stays a member stays as senior as it was. */
function seatAfter(
  before: Seat | undefined,
  { role, index }: { readonly role: Role | null; readonly index: number },
  { change }: MembershipEvent,
): Seat {
  const returnsTo = change.kind === "exclude" ? (before?.role ?? null) : null;
  const stays = before !== undefined && before.role !== null;
  return stays ? { ...before, role, returnsTo } : { role, returnsTo, since: index, place: 0 };
}

/** Would the context be without an admin, were this one none? */
export function isLastAdmin(roster: Roster, author: AuthorId): boolean {
  if (roster.get(author)?.role !== "admin") return false;
  return !Array.from(roster).some(([other, { role }]) => other !== author && role === "admin");
}

/** Is an invitation good for someone, as far as the roster of a cut says? */
export function isInviting({ inviter, invitee }: Invitation, author: AuthorId, roster: Roster): boolean {
  return roster.get(inviter)?.role === "admin" && (invitee === null || invitee === author);
}
