/**
 * The checkpoints in one context's graph, and which of them are sealed.
 *
 *   1. A checkpoint waits for every author that might write at its cut. It waits no longer for one who has a delta above
 *      it, nor for one who might not write any more at the cut of some delta above it. Its own author it does not wait
 *      for. What waits for nobody is sealed, for ever.
 *   2. So equal graphs agree on what is sealed, whatever the order in which they grew. Invariant 12.
 *   3. What is below a sealed checkpoint is sealed: whoever is above the one is above the other.
 *
 * For each delta the newest checkpoints below it are kept, as the number of a set, of which there are few.
 */

import { present } from "../assert.ts";
import type { Graph } from "../dag/graph.ts";
import { compareHlc } from "../hlc.ts";
import { type AuthorId, bytesOf, idBytes } from "../ids.ts";
import { type Members, mayWrite } from "../members/members.ts";
import { kindCodes } from "../wire/delta-head.ts";
import { expectByteString, expectFields, expectInteger, expectList } from "../wire/expect.ts";

export interface CheckpointsMemory {
  /** Of every checkpoint its position, in the order of application: their indexes. */
  readonly positions: number[];
  /** By the index of each that is not sealed: whom it waits for. */
  readonly open: Map<number, Set<AuthorId>>;
  /** Indexes of those whose root was not that of their cut, as this replica found. */
  readonly refuted: Set<number>;
  /** The index of the newest that is sealed and not refuted. */
  sealed: number | null;
  /** By the index of each: the newest below it. */
  readonly under: (readonly number[])[];
  /** Sets of indexes, none below another, ascending; the first is empty. */
  readonly sets: (readonly number[])[];
  /** Of every applied delta from the first checkpoint on: the number of the set of newest ones below it, itself included. */
  readonly setOf: number[];
  /** Deltas of operations since the last checkpoint here that was not refuted. */
  written: number;
}

export function createCheckpointsMemory(): CheckpointsMemory {
  return {
    positions: [],
    open: new Map(),
    refuted: new Set(),
    sealed: null,
    under: [],
    sets: [Object.freeze([])],
    setOf: [],
    written: 0,
  };
}

/** What an applied delta is to those before it. */
export interface AppliedKind {
  readonly author: AuthorId;
  readonly kindCode: number;
  /** A checkpoint that names another root than its cut has. */
  readonly isRefuted?: boolean;
}

const none = 0;

export class Checkpoints {
  readonly #memory: CheckpointsMemory;
  readonly #graph: Graph;
  readonly #members: Members;
  /** By the indexes of a set, joined: its number. A cache. */
  readonly #numbers: Map<string, number>;
  /** Pairs of a set and of changes of members that were looked at: an answer does not change. A cache. */
  readonly #lookedAt = new Set<string>();

  constructor(memory: CheckpointsMemory, graph: Graph, members: Members) {
    this.#memory = memory;
    this.#graph = graph;
    this.#members = members;
    this.#numbers = new Map(memory.sets.map((set, number) => [set.join(","), number]));
  }

  /** Where whoever is not named may write, all who might write are never known, and nothing is ever sealed. */
  get isUseful(): boolean {
    return !mayWrite(this.#members.others);
  }

  /** Is there nothing to keep of it? */
  get isBlank(): boolean {
    return this.#memory.written === 0 && this.#memory.positions.length === 0;
  }

  /** Deltas of operations since the last checkpoint here that was not refuted. */
  get writtenSince(): number {
    return this.#memory.written;
  }

  /** The position of the newest sealed checkpoint by its stamp; null: none, or this replica found it false. */
  get newestSealed(): number | null {
    const { sealed } = this.#memory;
    return sealed === null ? null : this.#positionOf(sealed);
  }

  /** Of each that is not sealed: its position, and whom it waits for. Those that were refuted are left out. */
  *open(): Generator<{ readonly position: number; readonly waitingFor: ReadonlySet<AuthorId> }> {
    for (const [index, waitingFor] of this.#memory.open)
      if (!this.#memory.refuted.has(index)) yield { position: this.#positionOf(index), waitingFor };
  }

  /** The delta at this position, the last of the graph, was applied; `Members` knows it. Amortised O(parents). */
  applied(position: number, { author, kindCode, isRefuted = false }: AppliedKind): void {
    const memory = this.#memory;
    if (!this.isUseful) return;
    if (kindCode === kindCodes.operations || kindCode === kindCodes.handler) memory.written += 1;
    const isCheckpoint = kindCode === kindCodes.checkpoint;
    if (memory.positions.length === 0 && !isCheckpoint) return;
    const below = this.#place(position, isCheckpoint);
    if (below !== none) {
      this.#acknowledge(below, author);
      this.#forgive(below, position);
    }
    if (!isCheckpoint) return;
    const index = memory.positions.length - 1;
    if (isRefuted) memory.refuted.add(index);
    else memory.written = 0;
    const waiting = new Set(this.#members.writersAt(position));
    waiting.delete(author);
    memory.open.set(index, waiting);
    this.#sealIfComplete(index, waiting);
  }

  /** What is stored of it. */
  save(): unknown {
    const { positions, open, refuted, sealed, written } = this.#memory;
    const waiting = Array.from(open, ([index, authors]) => [index, Array.from(authors, bytesOf)]);
    return [positions, waiting, Array.from(refuted), sealed, written];
  }

  /** Reads what was stored when the graph had `count` deltas, all of which are there. For use inside `decoding`. */
  load(stored: unknown, count: number): void {
    const memory = this.#memory;
    const [positions, open, refuted, sealed, written] = expectFields(stored, 5, "stored checkpoints");
    const checkpoints = new Set(expectList(positions, count, (each) => expectInteger(each, count - 1)));
    const [first = count] = checkpoints;
    for (let position = first; position < count; position += 1)
      this.#place(position, checkpoints.has(position));
    const expectIndex = (value: unknown) => expectInteger(value, checkpoints.size - 1);
    for (const [index, authors] of expectList(open, checkpoints.size, expectOpen(expectIndex)))
      memory.open.set(index, new Set(authors));
    for (const index of expectList(refuted, checkpoints.size, expectIndex)) memory.refuted.add(index);
    memory.sealed = sealed === null ? null : expectIndex(sealed);
    memory.written = expectInteger(written, Number.MAX_SAFE_INTEGER);
  }

  /** Notes which checkpoints are the newest below a delta; the number of their set, itself left out. */
  #place(position: number, isCheckpoint: boolean): number {
    const { positions, under, sets, setOf } = this.#memory;
    const below = this.#setAbove(this.#graph.at(position).parents);
    if (isCheckpoint) {
      under.push(present(sets[below], "a set of checkpoints"));
      positions.push(position);
      setOf.push(this.#numberOf([positions.length - 1]));
    } else {
      setOf.push(below);
    }
    return below;
  }

  /** An author stands above these, and above all below them. Each waits for it once. */
  #acknowledge(below: number, author: AuthorId): void {
    // Where one does not wait for the author, neither do those below it.
    this.#descend(below, (index, waiting) => {
      const didWait = waiting.delete(author);
      if (didWait) this.#sealIfComplete(index, waiting);
      return didWait;
    });
  }

  /** Who might not write any more at the cut of a delta above these is not waited for. */
  #forgive(below: number, position: number): void {
    const pair = `${below} ${this.#members.cutAt(position)}`;
    if (this.#lookedAt.has(pair)) return;
    this.#lookedAt.add(pair);
    this.#descend(below, (index, waiting) => {
      for (const author of waiting) if (!this.#members.mayWriteAt(position, author)) waiting.delete(author);
      this.#sealIfComplete(index, waiting);
      return true;
    });
  }

  /** Visits those of a set that are open, and what is below them as long as `visit` says so. */
  #descend(from: number, visit: (index: number, waiting: Set<AuthorId>) => boolean): void {
    const { sets, open, under } = this.#memory;
    const reached = new Set(sets[from]);
    for (const index of reached) {
      const waiting = open.get(index);
      if (waiting === undefined || !visit(index, waiting)) continue;
      for (const lower of under[index] ?? []) reached.add(lower);
    }
  }

  #sealIfComplete(index: number, waiting: ReadonlySet<AuthorId>): void {
    if (waiting.size > 0) return;
    const memory = this.#memory;
    memory.open.delete(index);
    if (memory.refuted.has(index)) return;
    if (memory.sealed === null || this.#compare(index, memory.sealed) > 0) memory.sealed = index;
  }

  /** By stamp, then by id. */
  #compare(a: number, b: number): number {
    const [one, two] = [this.#graph.at(this.#positionOf(a)), this.#graph.at(this.#positionOf(b))];
    return compareHlc(one.at, two.at) || (one.id < two.id ? -1 : 1);
  }

  /** The number of the set above these parents. O(parents), and more where they differ. */
  #setAbove(parents: readonly number[]): number {
    const numbers = new Set(parents.map((position) => this.#setAt(position)));
    const [only] = numbers;
    if (only !== undefined && numbers.size === 1) return only;
    const all = new Set(Array.from(numbers).flatMap((number) => this.#memory.sets[number] ?? []));
    const covered = this.#below(all);
    return this.#numberOf(
      Array.from(all)
        .filter((index) => !covered.has(index))
        .sort((a, b) => a - b),
    );
  }

  /** Those below some of these, as far down as the oldest of these. */
  #below(indexes: ReadonlySet<number>): ReadonlySet<number> {
    const oldest = Math.min(...indexes);
    const covered = new Set<number>();
    const walk = [...indexes];
    for (let index = walk.pop(); index !== undefined; index = walk.pop()) {
      for (const lower of this.#memory.under[index] ?? []) {
        if (lower < oldest || covered.has(lower)) continue;
        covered.add(lower);
        walk.push(lower);
      }
    }
    return covered;
  }

  #setAt(position: number): number {
    const { positions, setOf } = this.#memory;
    const [first] = positions;
    return first === undefined || position < first ? none : present(setOf[position - first], "a set");
  }

  #numberOf(set: readonly number[]): number {
    const name = set.join(",");
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#memory.sets.length;
    this.#memory.sets.push(Object.freeze(set));
    this.#numbers.set(name, number);
    return number;
  }

  #positionOf(index: number): number {
    return present(this.#memory.positions[index], "the position of a checkpoint");
  }
}

function expectOpen(expectIndex: (value: unknown) => number) {
  return (entry: unknown): readonly [index: number, authors: readonly AuthorId[]] => {
    const [index, authors] = expectFields(entry, 2, "an open checkpoint");
    const expectAuthor = (author: unknown) => expectByteString<AuthorId>(author, idBytes);
    return [expectIndex(index), expectList(authors, Number.MAX_SAFE_INTEGER, expectAuthor)];
  };
}
