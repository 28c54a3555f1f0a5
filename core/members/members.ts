/**
 * The members of one context as its graph knows them: who might do what at the cut of a delta, and who is a member now.
 * Membership deltas are few, so each distinct set of them that lies below some delta is kept once, and a delta's cut is
 * the number of its set. Invariant 13.
 */

import { present } from "../assert.ts";
import type { CausalDelta } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import { type Fault, fault } from "../fault.ts";
import type { Hlc } from "../hlc.ts";
import type { AuthorId, DeltaId } from "../ids.ts";
import { mergedNumbers } from "../sorted-numbers.ts";
import type { PastDelta } from "../wire/delta-head.ts";
import type { Invitation, Member, MembershipChange, Role } from "./membership.ts";
import { mayWrite, problemWith } from "./permission.ts";
import { invitationsOfTwo, isInviting, type MembershipEvent, type Roster, Rosters } from "./roster.ts";

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

/** Rosters remembered at a time. */
const rostersMax = 1_024;

/** Where a delta of a history stands: what is settled first depends on both. */
interface Place {
  readonly cut: number;
  readonly generation: number;
}

type NewEvent = Pick<MembershipEvent, "id" | "author" | "generation"> & { readonly change: MembershipChange };

export class Members {
  readonly #memory: MembersMemory;
  readonly #graph: Graph;
  readonly #rosters: Rosters;
  /** By the number of a cut. A cache. */
  readonly #rosterOfCut = new Map<number, Roster>();
  /** By the events of a cut, joined: its number. A cache. */
  readonly #numbers: Map<string, number>;
  /** By the number of a cut. A cache. */
  readonly #overheard = new Map<number, boolean>();
  /** The cut of all that is applied, when there was so much. A cache. */
  #cutOfAll: { readonly count: number; readonly cut: number } | null = null;

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
    if (this.#memory.from !== null) this.#memory.cutOf.push(this.#cutAbove(this.#graph.parentsAt(position)));
  }

  /** The deltas that say who is a member, in causal order. Their bodies must not go. */
  get events(): readonly MembershipEvent[] {
    return this.#memory.events;
  }

  /** What is wrong with a delta whose parents are applied: null where its author might make it on them. */
  refusalOf({ content, author, parents, hlc }: CausalDelta): Fault | null {
    if (content.kind === "genesis") return null;
    const change = content.kind === "membership" ? content.change : null;
    const problem = this.#problemAt(this.#cutAbove(this.#graph.positionsOf(parents)), {
      author,
      change,
      hlc,
    });
    return problem === null ? null : fault("not-permitted", problem);
  }

  /**
   * What is wrong with deltas that came with a state, of whose bodies there are those that change members: null where all
   * of them might be made where they were. In causal order. O(them).
   */
  refusalOfPast(history: Iterable<PastDelta>, changes: ReadonlyMap<DeltaId, CausalDelta>): Fault | null {
    const { events, cuts, cutOf, from } = this.#memory;
    // On a copy: whatever is wrong, nothing of it may stay here.
    const judging = new Members({ events: [...events], cuts: [...cuts], cutOf, from }, this.#graph);
    const places = new Map<DeltaId, Place>();
    for (const { id, head } of history) {
      const below = head.parents.map((parent) => places.get(parent) ?? judging.#placeOf(parent));
      const cut = judging.#union(below.map((place) => place.cut));
      const generation = 1 + Math.max(...below.map((place) => place.generation));
      const content = changes.get(id)?.content;
      const change = content?.kind === "membership" ? content.change : null;
      const problem = judging.#problemAt(cut, { ...head, change });
      if (problem !== null) return fault("false-state", `a history in which ${problem}`);
      const own = change === null ? cut : judging.#cutWith(cut, { ...head, id, generation, change });
      places.set(id, { cut: own, generation });
    }
    return null;
  }

  #placeOf(id: DeltaId): Place {
    const [position] = this.#graph.positionsOf([id]);
    const at = present(position, "the position of an applied delta");
    return { cut: this.#cutAt(at), generation: this.#graph.generationAt(at) };
  }

  /** The cut of a change that is made on a cut, and noted as an event. */
  #cutWith(cut: number, event: NewEvent): number {
    const below = present(this.#memory.cuts[cut], "the cut of a change");
    const index = this.#memory.events.length;
    const { id, author, generation, change } = event;
    this.#memory.events.push(Object.freeze({ id, author, position: -1, generation, change, below }));
    return this.#numberOf([...below, index]);
  }

  /** Why a delta may not be made on a cut, in a sentence; null where it may. `change`: null for any that writes. */
  #problemAt(
    cut: number,
    {
      author,
      change,
      hlc,
    }: { readonly author: AuthorId; readonly change: MembershipChange | null; readonly hlc: Hlc },
  ): string | null {
    const roster = this.#rosterOf(cut);
    if (change === null)
      return mayWrite(this.#roleIn(roster, author)) ? null : "its author might not write where it was made";
    const isUsed = (invitation: Invitation) => this.#isUsed(invitation, cut);
    return problemWith(change, { author, hlc, roster, others: this.others, isUsed });
  }

  #isUsed({ body }: Invitation, cut: number): boolean {
    return present(this.#memory.cuts[cut], "a cut").some((index) => {
      const change = this.#memory.events[index]?.change;
      return change?.kind === "join" && change.invitation.body === body;
    });
  }

  /** Of an author, as all that is applied here says; null: none. */
  roleNow(author: AuthorId | null): Role | null {
    if (this.#memory.events.length === 0) return null;
    return this.#roleIn(this.#now(), author);
  }

  /** Of an author, above these deltas. */
  roleAbove(parents: readonly DeltaId[], author: AuthorId): Role | null {
    return this.#roleIn(this.#rosterOf(this.#cutAbove(this.#graph.positionsOf(parents))), author);
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

  /** The same, and those who were excluded there and may return to writing. */
  answerersAt(position: number): readonly AuthorId[] {
    return Array.from(this.#rosterOf(this.#cutAt(position))).flatMap(([author, { role, returnsTo }]) =>
      mayWrite(role) || mayWrite(returnsTo) ? [author] : [],
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

  /** Was this author ever given the role of an admin? */
  wasAdmin(author: AuthorId): boolean {
    return this.#memory.events.some(({ author: of, change }) => {
      switch (change.kind) {
        case "founding":
          return (
            of === author || change.members.some((each) => each.author === author && each.role === "admin")
          );
        case "role":
          return change.member === author && change.role === "admin";
        case "join":
          return of === author && change.invitation.role === "admin";
        default:
          return false;
      }
    });
  }

  /** Did someone come in by it, as far as is known here? */
  isUsed(invitation: Invitation): boolean {
    return this.#memory.events.length > 0 && this.#isUsed(invitation, this.#cutNow());
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

  /** The secrets in the key now. */
  secretsNow(): readonly string[] {
    return this.#secretsOf(this.#cutNow());
  }

  /** Of all cuts known from the `from`-th on, in the order in which they became known. */
  secretsFrom(from: number): readonly (readonly string[])[] {
    return this.#memory.cuts.slice(from).map((_, index) => this.#secretsOf(from + index));
  }

  /** Has someone gone since the key was last changed, who could still read what is said? */
  get needsRotation(): boolean {
    return this.isInitialized && this.#hasReaderGone(this.#cutNow(), ["remove", "leave"]);
  }

  /** Could someone who was removed below these deltas still read what is sealed above them? O(1) when asked again. */
  isOverheard(parents: readonly DeltaId[]): boolean {
    const cut = this.#cutAbove(this.#graph.positionsOf(parents));
    const known = this.#overheard.get(cut);
    if (known !== undefined) return known;
    const answer = this.#hasReaderGone(cut, ["remove"]);
    this.#overheard.set(cut, answer);
    return answer;
  }

  /** Is there a change of these kinds in a cut with no change of the key above it? */
  #hasReaderGone(cut: number, kinds: readonly MembershipEvent["change"]["kind"][]): boolean {
    if (this.others !== null) return false;
    const { events, cuts } = this.#memory;
    const known = present(cuts[cut], "a cut").map((index) => ({
      index,
      ...present(events[index], "a membership event"),
    }));
    const rotations = known.filter(({ change }) => change.kind === "rotate");
    // Whether or not it counts: who signed it may have handed on the key with it.
    const ofTwo = invitationsOfTwo(known);
    const isGone = (change: MembershipEvent["change"]) =>
      kinds.includes(change.kind) || (change.kind === "join" && ofTwo.has(change.invitation.body));
    return known.some(
      ({ index, change }) => isGone(change) && !rotations.some(({ below }) => below.includes(index)),
    );
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
    const { count } = this.#graph;
    if (this.#cutOfAll?.count !== count) {
      const cut = this.#cutAbove(this.#graph.positionsOf(this.#graph.heads()));
      this.#cutOfAll = { count, cut };
    }
    return this.#cutOfAll.cut;
  }

  #rosterOf(cut: number): Roster {
    const known = this.#rosterOfCut.get(cut);
    if (known !== undefined) return known;
    const roster = this.#rosters.of(present(this.#memory.cuts[cut], "a cut"));
    if (this.#rosterOfCut.size >= rostersMax) this.#rosterOfCut.clear();
    this.#rosterOfCut.set(cut, roster);
    return roster;
  }

  #roleIn(roster: Roster, author: AuthorId | null): Role | null {
    const seat = author === null ? undefined : roster.get(author);
    return seat === undefined ? this.others : seat.role;
  }

  /** The cut of a delta on these parents, itself left out. */
  #cutAbove(parents: readonly number[]): number {
    return this.#union(parents.map((position) => this.#cutAt(position)));
  }

  /** The cut that holds these. */
  #union(cuts: readonly number[]): number {
    const numbers = new Set(cuts);
    const [only] = numbers;
    if (only !== undefined && numbers.size === 1) return only;
    const all = Array.from(numbers, (number) => present(this.#memory.cuts[number], "a cut"));
    const union = all.reduce(mergedNumbers);
    return Array.from(numbers)[all.indexOf(union)] ?? this.#numberOf(union);
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
