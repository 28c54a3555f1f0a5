/**
 * The members of one context as its graph knows them: who might do what at the cut of a delta, and who is a member now.
 * Membership deltas are few, so each distinct set of them that lies below some delta is kept once, and a delta's cut is
 * the number of its set. Invariant 13.
 */

import { present } from "../assert.ts";
import type { CausalDelta } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import { type Fault, fault } from "../fault.ts";
import type { Stamp } from "../hlc.ts";
import { type AuthorId, type DeltaId, toHex } from "../ids.ts";
import type { Invitation, Member, Role } from "./membership.ts";
import { isInviting, type MembershipEvent, type Roster, Rosters } from "./roster.ts";

export interface MembersMemory {
  /** In the order of application, the genesis first; none until it has arrived. */
  readonly events: MembershipEvent[];
  /** Sets of events, by their indexes, ascending: those that lie below some applied delta, itself included. */
  readonly cuts: (readonly number[])[];
  /** Of every applied delta from position `from` on, the number of its cut; of those before it is 0. */
  readonly cutOf: number[];
  from: number | null;
}

export function createMembersMemory(): MembersMemory {
  return { events: [], cuts: [], cutOf: [], from: null };
}

export class Members {
  readonly #memory: MembersMemory;
  readonly #graph: Graph;
  readonly #rosters: Rosters;
  /** By the events of a cut, joined: its number. A cache. */
  readonly #numbers: Map<string, number>;

  constructor(memory: MembersMemory, graph: Graph) {
    this.#memory = memory;
    this.#graph = graph;
    this.#rosters = new Rosters(memory.events);
    this.#numbers = new Map(memory.cuts.map((cut, number) => [cut.join(","), number]));
  }

  /** Has the genesis arrived? */
  get isInitialized(): boolean {
    return this.#memory.events.length > 0;
  }

  /** The role of whoever is not named: not null where the context is open to all. */
  get others(): Role | null {
    const founding = this.#memory.events[0]?.change;
    return founding?.kind === "founding" ? founding.others : null;
  }

  /** The delta at this position, and all before it, are part of the graph. O(parents), and more for a change of members. */
  applied(position: number, { id, author, content }: Pick<CausalDelta, "id" | "author" | "content">): void {
    const memory = this.#memory;
    const { parents, generation } = this.#graph.at(position);
    if (content.kind === "genesis") {
      const { nonce, members, others } = content;
      const change = Object.freeze({ kind: "founding", nonce, members, others } as const);
      memory.events.push(Object.freeze({ id, author, position, generation, change, below: [] }));
      this.#numberOf([0]);
    } else if (content.kind === "membership") {
      const below = present(memory.cuts[this.#cutAbove(parents)], "the cut of a change");
      const index = memory.events.length;
      memory.events.push(Object.freeze({ id, author, position, generation, change: content.change, below }));
      memory.from ??= position;
      memory.cutOf.push(this.#numberOf([...below, index]));
    } else {
      this.passed(position);
    }
  }

  /** The same of a delta that changes no members. */
  passed(position: number): void {
    if (this.#memory.from !== null) this.#memory.cutOf.push(this.#cutAbove(this.#graph.at(position).parents));
  }

  /** The deltas that say who is a member, in causal order. Their bodies must not go. */
  get events(): readonly MembershipEvent[] {
    return this.#memory.events;
  }

  /** What is wrong with a delta whose parents are applied: null where its author might make it on them. */
  refusalOf(delta: CausalDelta, stamp: Stamp): Fault | null {
    const { content, author, parents } = delta;
    if (content.kind === "genesis") return null;
    const cut = this.#cutAbove(this.#graph.positionsOf(parents));
    const roster = this.#rosterOf(cut);
    const problem = content.kind === "membership" ? this.#problemOf(delta, stamp, cut) : null;
    const isAllowed = content.kind === "membership" || mayWrite(this.#roleIn(roster, author));
    if (isAllowed && problem === null) return null;
    const why = problem ?? "its author might not write where it was made";
    return fault("not-permitted", `${toHex(delta.id)}: ${why}`);
  }

  /** Why a change may not be made where it is, in a sentence; null where it may. */
  #problemOf({ content, author }: CausalDelta, { at }: Stamp, cut: number): string | null {
    if (content.kind !== "membership") return null;
    const roster = this.#rosterOf(cut);
    const { change } = content;
    switch (change.kind) {
      case "join": {
        const { invitation } = change;
        if (!isInviting(invitation, author, roster))
          return "it joins by an invitation that is not an admin's for it";
        if (at.ms > invitation.expiresMs) return "it joins by an invitation that had expired";
        return this.#isUsed(invitation, cut) ? "it joins by an invitation that was used" : null;
      }
      case "leave":
        if (roster.get(author)?.role == null) return "its author was no member that could leave";
        return isLastAdmin(roster, author) ? "the last admin may not leave" : null;
      case "remove":
        if (roster.get(author)?.role !== "admin") return "only an admin removes members";
        return isLastAdmin(roster, change.member) ? "the last admin may not be removed" : null;
      case "role":
        if (roster.get(author)?.role !== "admin") return "only an admin gives roles";
        return change.role !== "admin" && isLastAdmin(roster, change.member)
          ? "the last admin stays one"
          : null;
      case "rotate":
        return roster.get(author)?.role === "admin" ? null : "only an admin changes the key";
      case "exclude":
        if (roster.get(author)?.role !== "admin") return "only an admin excludes members";
        if (!mayWrite(roster.get(change.member)?.role ?? null))
          return "it excludes someone who does not write";
        return isLastAdmin(roster, change.member) ? "the last admin may not be excluded" : null;
      case "return":
        return roster.get(author)?.returnsTo === change.role ? null : "it returns from no exclusion";
    }
  }

  #isUsed({ nonce }: Invitation, cut: number): boolean {
    return present(this.#memory.cuts[cut], "a cut").some((index) => {
      const change = this.#memory.events[index]?.change;
      return change?.kind === "join" && change.invitation.nonce === nonce;
    });
  }

  /** Of an author, as all that is applied here says; null: none. */
  roleNow(author: AuthorId | null): Role | null {
    if (this.#memory.events.length === 0) return null;
    return this.#roleIn(this.#now(), author);
  }

  isRemoved(author: AuthorId | null): boolean {
    if (author === null || this.#memory.events.length === 0) return false;
    return this.#now().get(author)?.role === null;
  }

  /** The role that an author was excluded from and has not returned to; else null. */
  excludedFrom(author: AuthorId): Role | null {
    if (this.#memory.events.length === 0) return null;
    return this.#now().get(author)?.returnsTo ?? null;
  }

  /** Those who might write at the cut of an applied delta. Never all where whoever is not named may write. */
  writersAt(position: number): readonly AuthorId[] {
    return Array.from(this.#rosterOf(this.#cutAt(position))).flatMap(([author, { role }]) =>
      mayWrite(role) ? [author] : [],
    );
  }

  /** Might this author write at the cut of an applied delta? */
  mayWriteAt(position: number, author: AuthorId): boolean {
    return mayWrite(this.#roleIn(this.#rosterOf(this.#cutAt(position)), author));
  }

  /** The changes of members in the cut of an applied delta, as a number: equal ones are the same set. */
  cutAt(position: number): number {
    return this.#cutAt(position);
  }

  /** Named members with a role, by author. */
  all(): readonly Member[] {
    if (this.#memory.events.length === 0) return [];
    return Array.from(this.#now())
      .flatMap(([author, { role }]) => (role === null ? [] : [{ author, role }]))
      .sort((a, b) => (a.author < b.author ? -1 : 1));
  }

  /** Has this author ever been named, or may anyone write? What it says may then have been allowed somewhere. */
  isKnown(author: AuthorId): boolean {
    if (this.others !== null) return true;
    return this.#memory.events.some(({ author: of, change }) => {
      if (of === author) return true;
      if (change.kind === "founding") return change.members.some((member) => member.author === author);
      return change.kind === "role" && change.member === author;
    });
  }

  /** Would an invitation let someone in, as all that is applied here says? Its signature is verified already. */
  isGood(invitation: Invitation, author: AuthorId): boolean {
    if (this.#memory.events.length === 0) return false;
    const cut = this.#cutNow();
    return isInviting(invitation, author, this.#rosterOf(cut)) && !this.#isUsed(invitation, cut);
  }

  /** The secrets in the key of the topic above these deltas, in the order in which they make it up. */
  secretsAbove(parents: readonly DeltaId[]): readonly string[] {
    return this.#secretsOf(this.#cutAbove(this.#graph.positionsOf(parents)));
  }

  /** The secrets in the key now, and in those of all cuts known, the newest first; each set once. */
  *secrets(): Iterable<readonly string[]> {
    yield this.#secretsOf(this.#cutNow());
    for (let cut = this.#memory.cuts.length - 1; cut >= 0; cut -= 1) yield this.#secretsOf(cut);
  }

  /** Has someone gone since the key was last changed, who could still read what is said? */
  get needsRotation(): boolean {
    const { events } = this.#memory;
    if (this.others !== null || events.length === 0) return false;
    const now = present(this.#memory.cuts[this.#cutNow()], "the cut of the heads");
    const rotations = now.filter((index) => events[index]?.change.kind === "rotate");
    return now.some((index) => {
      const kind = events[index]?.change.kind;
      const isGone = kind === "remove" || kind === "leave";
      return isGone && !rotations.some((rotation) => events[rotation]?.below.includes(index));
    });
  }

  #secretsOf(cut: number): readonly string[] {
    const { events, cuts } = this.#memory;
    const founding = events[0]?.change;
    const first = founding?.kind === "founding" ? [founding.nonce] : [];
    const rotations = present(cuts[cut], "a cut").flatMap((index) => {
      const event = present(events[index], "a membership event");
      return event.change.kind === "rotate" ? [{ id: event.id, secret: event.change.secret }] : [];
    });
    return [...first, ...rotations.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ secret }) => secret)];
  }

  #now(): Roster {
    return this.#rosterOf(this.#cutNow());
  }

  #cutNow(): number {
    if (this.#memory.from === null) return 0;
    return this.#cutAbove(this.#graph.positionsOf(this.#graph.heads()));
  }

  #rosterOf(cut: number): Roster {
    return this.#rosters.of(present(this.#memory.cuts[cut], "a cut"));
  }

  #roleIn(roster: Roster, author: AuthorId | null): Role | null {
    const seat = author === null ? undefined : roster.get(author);
    return seat === undefined ? this.others : seat.role;
  }

  /** The cut of a delta on these parents, itself left out. */
  #cutAbove(parents: readonly number[]): number {
    const numbers = new Set(parents.map((position) => this.#cutAt(position)));
    const [only] = numbers;
    if (only !== undefined && numbers.size === 1) return only;
    const events = new Set(Array.from(numbers).flatMap((number) => this.#memory.cuts[number] ?? []));
    return this.#numberOf(Array.from(events).sort((a, b) => a - b));
  }

  #cutAt(position: number): number {
    const { from, cutOf } = this.#memory;
    return from === null || position < from ? 0 : present(cutOf[position - from], "the cut of a delta");
  }

  #numberOf(cut: readonly number[]): number {
    const name = cut.join(",");
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#memory.cuts.length;
    this.#memory.cuts.push(Object.freeze(cut));
    this.#numbers.set(name, number);
    return number;
  }
}

export function mayWrite(role: Role | null): boolean {
  return role === "admin" || role === "member";
}

function isLastAdmin(roster: Roster, author: AuthorId): boolean {
  if (roster.get(author)?.role !== "admin") return false;
  return !Array.from(roster).some(([other, { role }]) => other !== author && role === "admin");
}
