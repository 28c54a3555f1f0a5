/**
 * The checkpoints in one context's graph, and which of them are sealed.
 *
 *   1. A checkpoint waits for every author that might write at its cut. It waits no longer for one who has a delta above
 *      it that stands on all its author had, nor for one who might not write any more at the cut of some delta above it.
 *      Its own author it does not wait for. What waits for nobody is sealed, for ever.
 *   2. So equal graphs agree on what is sealed, whatever the order in which they grew. Invariant 12.
 *   3. What is below a sealed checkpoint is sealed: whoever is above the one is above the other.
 */

import type { Graph } from "../dag/graph.ts";
import { compareHlc } from "../hlc.ts";
import { type AuthorId, bytesOf } from "../ids.ts";
import type { Members } from "../members/members.ts";
import { mayWrite } from "../members/permission.ts";
import { kindCodes } from "../wire/delta-head.ts";
import { expectByteString, expectFields, expectInteger, expectList } from "../wire/expect.ts";
import { Closed, type ClosedMemory, type ClosedParts, createClosedMemory } from "./closed.ts";
import {
  createNewestBelowMemory,
  NewestBelow,
  type NewestBelowMemory,
  noCheckpoints,
} from "./newest-below.ts";

export interface CheckpointsMemory {
  readonly newest: NewestBelowMemory;
  /** By the index of each that is not sealed: whom it waits for. */
  readonly open: Map<number, Set<AuthorId>>;
  /** Indexes of those whose root was not that of their cut, as this replica found. */
  readonly refuted: Set<number>;
  /** The index of the newest that is sealed and not refuted. */
  sealed: number | null;
  /** Deltas of operations since the last checkpoint here that was not refuted. */
  written: number;
  readonly closed: ClosedMemory;
}

export function createCheckpointsMemory(): CheckpointsMemory {
  const [newest, closed] = [createNewestBelowMemory(), createClosedMemory()];
  return { newest, open: new Map(), refuted: new Set(), sealed: null, written: 0, closed };
}

/** What a delta is to checkpoints. */
export interface CheckpointRole {
  readonly author: AuthorId;
  readonly kindCode: number;
  /** A checkpoint that names another root than its cut has. */
  readonly isRefuted?: boolean;
}

export class Checkpoints {
  /** How far they close the past. */
  readonly closed: Closed;
  readonly #memory: CheckpointsMemory;
  readonly #newest: NewestBelow;
  readonly #graph: Graph;
  readonly #members: Members;
  /** Pairs of checkpoints and of changes of members that were looked at: the answer stays. A cache. */
  readonly #lookedAt = new Set<string>();
  /** By author the last delta whose answers were looked for. A cache: it spares looking for those again. */
  readonly #latest = new Map<AuthorId, number>();

  constructor(memory: CheckpointsMemory, parts: ClosedParts) {
    const { graph, members } = parts;
    this.closed = new Closed(memory.closed, parts);
    this.#memory = memory;
    this.#newest = new NewestBelow(memory.newest, graph);
    this.#graph = graph;
    this.#members = members;
  }

  /** Where whoever is not named may write, all who might are never known, and nothing is ever sealed. */
  get isUseful(): boolean {
    return !mayWrite(this.#members.others);
  }

  /** Is there nothing to keep of it? */
  get isBlank(): boolean {
    return this.#memory.written === 0 && this.#newest.positions.length === 0;
  }

  /** Deltas of operations since the last checkpoint here that was not refuted. */
  get writtenSince(): number {
    return this.#memory.written;
  }

  /** The position of the newest sealed checkpoint by its stamp, of those that were not refuted; null: none. */
  get newestSealed(): number | null {
    const { sealed } = this.#memory;
    return sealed === null ? null : this.#newest.positionOf(sealed);
  }

  /** Of each that is not sealed: its position, and whom it waits for. */
  *open(): Generator<{ readonly position: number; readonly waitingFor: ReadonlySet<AuthorId> }> {
    for (const [index, waitingFor] of this.#memory.open)
      yield { position: this.#newest.positionOf(index), waitingFor };
  }

  /** The delta at this position, the last of the graph, was applied; `Members` knows it. Amortised O(parents). */
  applied(position: number, { author, kindCode, isRefuted = false }: CheckpointRole): void {
    const memory = this.#memory;
    if (!this.isUseful) return;
    if (kindCode === kindCodes.operations || kindCode === kindCodes.handler) memory.written += 1;
    const isCheckpoint = kindCode === kindCodes.checkpoint;
    if (!isCheckpoint && this.#newest.positions.length === 0) return;
    this.closed.applied(position);
    const below = this.#newest.place(position, isCheckpoint);
    if (below !== noCheckpoints) {
      if (this.closed.isOnAll(position)) {
        this.#acknowledge(below, author);
        this.#answer(below, author, position);
      }
      this.#forgive(below, position);
    }
    if (isCheckpoint) this.#begin(position, { author, isRefuted });
  }

  /** What is stored of it. */
  save(): unknown {
    const { open, refuted, sealed, written } = this.#memory;
    const waiting = Array.from(open, ([index, authors]) => [index, Array.from(authors, bytesOf)]);
    return [this.#newest.positions, waiting, Array.from(refuted), sealed, written, this.closed.save()];
  }

  /** Reads what was stored when the graph, which may be further, had `count` deltas. For use inside `decoding`. */
  load(stored: unknown, count: number): void {
    const memory = this.#memory;
    const [positions, open, refuted, sealed, written, closed] = expectFields(stored, 6, "stored checkpoints");
    const checkpoints = new Set(expectList(positions, count, (each) => expectInteger(each, count - 1)));
    const [first = count] = checkpoints;
    for (let position = first; position < count; position += 1)
      this.#newest.place(position, checkpoints.has(position));
    const expectIndex = (value: unknown) => expectInteger(value, checkpoints.size - 1);
    for (const [index, authors] of expectList(open, checkpoints.size, expectOpen))
      memory.open.set(expectIndex(index), new Set(authors));
    for (const index of expectList(refuted, checkpoints.size, expectIndex)) memory.refuted.add(index);
    memory.sealed = sealed === null ? null : expectIndex(sealed);
    memory.written = expectInteger(written, Number.MAX_SAFE_INTEGER);
    this.closed.load(closed, count);
  }

  /** A checkpoint starts to wait. */
  #begin(position: number, { author, isRefuted }: Required<Omit<CheckpointRole, "kindCode">>): void {
    const memory = this.#memory;
    const index = this.#newest.positions.length - 1;
    if (isRefuted) memory.refuted.add(index);
    else memory.written = 0;
    const waiting = new Set(this.#members.writersAt(position));
    waiting.delete(author);
    memory.open.set(index, waiting);
    this.#sealIfComplete(index, waiting);
    this.closed.begin(position, author);
  }

  /** The same, as far as it closes the past: who stands above a known answer stands above all that it answers. */
  #answer(below: number, author: AuthorId, position: number): void {
    const { oldestAsking } = this.closed;
    if (oldestAsking === null) return;
    const known = this.#answeredBefore(author, position);
    const reached = new Set(this.#newest.in(below));
    for (const index of reached) {
      const checkpoint = this.#newest.positionOf(index);
      if (known.has(index) || checkpoint < oldestAsking) continue;
      const answered = this.closed.answered(checkpoint, author, position);
      if (answered !== "known") for (const lower of this.#newest.under(index)) reached.add(lower);
    }
    this.#latest.set(author, position);
  }

  /** The newest checkpoints below the author's latest delta before one, where that lies below it. */
  #answeredBefore(author: AuthorId, position: number): ReadonlySet<number> {
    const latest = this.#latest.get(author);
    const isAbove = latest !== undefined && this.#graph.isBelow(latest, position);
    return new Set(isAbove ? this.#newest.in(this.#newest.setAt(latest)) : []);
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
    const reached = new Set(this.#newest.in(from));
    for (const index of reached) {
      const waiting = this.#memory.open.get(index);
      if (waiting === undefined || !visit(index, waiting)) continue;
      for (const lower of this.#newest.under(index)) reached.add(lower);
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
    const one = this.#graph.at(this.#newest.positionOf(a));
    const other = this.#graph.at(this.#newest.positionOf(b));
    return compareHlc(one.at, other.at) || (one.id < other.id ? -1 : 1);
  }
}

function expectOpen(entry: unknown): readonly [index: unknown, authors: readonly AuthorId[]] {
  const [index, authors] = expectFields(entry, 2, "an open checkpoint");
  const expectAuthor = (author: unknown) => expectByteString<AuthorId>(author);
  return [index, expectList(authors, Number.MAX_SAFE_INTEGER, expectAuthor)];
}
