/**
 * The graph of a context's applied deltas: who descends from whom. An index only; bodies lie in the store.
 * Invariant 8: an applied delta's parents are applied, so the order of application is a causal order.
 */

import { present } from "../assert.ts";
import { heapPop, heapPush } from "../heap.ts";
import type { Hlc } from "../hlc.ts";
import { byteString, type DeltaId, idBytes } from "../ids.ts";

export interface AppliedDelta {
  readonly id: DeltaId;
  /** Positions of its parents in the order of application. */
  readonly parents: readonly number[];
  /** One more than the largest generation of its parents; 0 for the genesis. */
  readonly generation: number;
  /** The derived time of its stamp. */
  readonly at: Hlc;
}

/** Columns in the order of application: of a hundred thousand deltas an object each costs three times the room and time. */
export interface GraphMemory {
  /** Empty while they are packed. */
  readonly ids: DeltaId[];
  /** All ids that a start has read, one after the other: most contexts are asked for few of them, and for those late. */
  packedIds: Uint8Array;
  /** The position of a single parent, or those of all. */
  readonly parents: (number | readonly number[])[];
  readonly generations: number[];
  readonly atMs: number[];
  readonly atCounters: number[];
  /** While the ids are packed, of heads alone. */
  readonly positions: Map<DeltaId, number>;
  /** Applied deltas without an applied child. */
  readonly heads: Set<DeltaId>;
}

/** An applied delta as the store has it. */
export type IndexEntry = Omit<AppliedDelta, "generation">;

/** The same in the bytes that were read; its id begins at `idFrom`. */
export type PackedEntry = Omit<IndexEntry, "id"> & { readonly bytes: Uint8Array; readonly idFrom: number };

const noBytes = new Uint8Array(0);

export function createGraphMemory(): GraphMemory {
  return {
    ids: [],
    packedIds: noBytes,
    parents: [],
    generations: [],
    atMs: [],
    atCounters: [],
    positions: new Map(),
    heads: new Set(),
  };
}

export class Graph {
  readonly #memory: GraphMemory;

  constructor(memory: GraphMemory) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#memory.parents.length;
  }

  has(id: DeltaId): boolean {
    return this.#find(id) !== undefined;
  }

  /** Sorted. O(h log h). */
  heads(): readonly DeltaId[] {
    return Array.from(this.#memory.heads).sort();
  }

  get headCount(): number {
    return this.#memory.heads.size;
  }

  at(position: number): AppliedDelta {
    return {
      id: this.#idAt(position),
      parents: this.parentsAt(position),
      generation: this.generationAt(position),
      at: { ms: this.#memory.atMs[position] ?? 0, counter: this.#memory.atCounters[position] ?? 0 },
    };
  }

  get(id: DeltaId): AppliedDelta | undefined {
    const position = this.#find(id);
    return position === undefined ? undefined : this.at(position);
  }

  /** Positions of deltas that are all applied. */
  positionsOf(ids: readonly DeltaId[]): readonly number[] {
    return ids.map((id) => present(this.#find(id), "position of an applied parent"));
  }

  /** The `parents` of the delta at a position. */
  parentsAt(position: number): readonly number[] {
    const parents = present(this.#memory.parents[position], "an applied delta");
    return typeof parents === "number" ? [parents] : parents;
  }

  /** Its `generation`. */
  generationAt(position: number): number {
    return present(this.#memory.generations[position], "an applied delta");
  }

  /** Appends a delta whose parents are applied. O(parents). */
  append(delta: AppliedDelta): void {
    this.#unpack();
    const { heads, ids, positions } = this.#memory;
    positions.set(delta.id, this.count);
    ids.push(delta.id);
    this.#push(delta, delta.generation);
    for (const parent of delta.parents) heads.delete(this.#idAt(parent));
    heads.add(delta.id);
  }

  /**
   * Fills an empty graph with `count` deltas: `read` adds them in the order of their application, each on those before it.
   * The same as to append them, but ids stay packed, and heads that do not stay heads are never noted: that is most of
   * the work. O(n).
   */
  restore(count: number, read: (add: (entry: PackedEntry) => void) => void): void {
    const { heads, positions } = this.#memory;
    const packedIds = new Uint8Array(count * idBytes);
    const isParent = new Uint8Array(count);
    read((entry) => {
      const from = this.count * idBytes;
      // A view of the id, to copy it by, would cost more than that.
      for (let index = 0; index < idBytes; index += 1)
        packedIds[from + index] = entry.bytes[entry.idFrom + index] as number;
      this.#push(entry, this.generationOn(entry.parents));
      for (const parent of entry.parents) isParent[parent] = 1;
    });
    this.#memory.packedIds = packedIds;
    isParent.forEach((is, position) => {
      if (is === 1) return;
      heads.add(this.#idAt(position));
      positions.set(this.#idAt(position), position);
    });
  }

  /** Of a delta on these. */
  generationOn(parents: readonly number[]): number {
    let generation = 0;
    for (const parent of parents) generation = Math.max(generation, this.generationAt(parent) + 1);
    return generation;
  }

  /**
   * Ids outside the ancestry of the frontier, in causal order; unknown ids in the frontier count for nothing.
   * Walks down from the heads by generation only until everything left is known. O(gap log gap).
   */
  since(frontier: readonly DeltaId[]): readonly DeltaId[] {
    const walk = new Walk(this);
    for (const head of this.#memory.heads) walk.reach(this.#position(head), "ours");
    for (const id of frontier) if (this.has(id)) walk.reach(this.#position(id), "common");
    return walk.run().map((position) => this.#idAt(position));
  }

  /** Does one lie below the other? O(deltas between the two), and as a rule the way down from one to the other. */
  isBelow(lower: number, upper: number): boolean {
    const generation = this.generationAt(lower);
    const seen = new Set([upper]);
    const walk = [upper];
    for (let position = walk.pop(); position !== undefined; position = walk.pop()) {
      for (const parent of this.parentsAt(position)) {
        if (parent === lower) return true;
        if (parent < lower || this.generationAt(parent) <= generation || seen.has(parent)) continue;
        seen.add(parent);
        walk.push(parent);
      }
    }
    return false;
  }

  /** Those of the ids that are applied, in causal order. */
  inCausalOrder(ids: readonly DeltaId[]): readonly DeltaId[] {
    const positions = ids.filter((id) => this.has(id)).map((id) => this.#position(id));
    return positions.sort((a, b) => a - b).map((position) => this.#idAt(position));
  }

  /** Ids from the newest back to position `from`, ever further apart, by a half. O(log n). */
  recent(from: number, max: number): readonly DeltaId[] {
    const ids: DeltaId[] = [];
    for (let back = 1; back <= this.count - from && ids.length < max; back += Math.max(1, back >> 1)) {
      ids.push(this.#idAt(this.count - back));
    }
    return ids;
  }

  #position(id: DeltaId): number {
    return present(this.#find(id), "position of an applied delta");
  }

  #push({ parents, at }: Pick<AppliedDelta, "parents" | "at">, generation: number): void {
    const memory = this.#memory;
    const [parent] = parents;
    memory.parents.push(parents.length === 1 && parent !== undefined ? parent : Object.freeze(parents));
    memory.generations.push(generation);
    memory.atMs.push(at.ms);
    memory.atCounters.push(at.counter);
  }

  #find(id: DeltaId): number | undefined {
    const found = this.#memory.positions.get(id);
    if (found !== undefined || this.#memory.packedIds.length === 0) return found;
    this.#unpack();
    return this.#memory.positions.get(id);
  }

  #idAt(position: number): DeltaId {
    const { ids, packedIds } = this.#memory;
    if (packedIds.length === 0) return present(ids[position], "an applied delta");
    return byteString(packedIds.subarray(position * idBytes, (position + 1) * idBytes));
  }

  #unpack(): void {
    const memory = this.#memory;
    if (memory.packedIds.length === 0) return;
    for (let position = 0; position < this.count; position += 1) {
      const id = this.#idAt(position);
      memory.ids.push(id);
      memory.positions.set(id, position);
    }
    memory.packedIds = noBytes;
  }
}

type Mark = "ours" | "common";

/** A walk down by generation: parents are always lower, so a delta's mark is final when it is reached. */
class Walk {
  readonly #graph: Graph;
  readonly #marks = new Map<number, Mark>();
  readonly #heap: (readonly [generation: number, position: number])[] = [];
  #oursWaiting = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  reach(position: number, mark: Mark): void {
    const current = this.#marks.get(position);
    if (current === undefined) {
      heapPush(this.#heap, [this.#graph.generationAt(position), position], highestFirst);
      this.#oursWaiting += Number(mark === "ours");
    } else if (current === "common" || mark === "ours") {
      return;
    } else {
      this.#oursWaiting -= 1;
    }
    this.#marks.set(position, mark);
  }

  /** Positions that stayed ours, ascending, which is a causal order. */
  run(): number[] {
    const ours: number[] = [];
    while (this.#oursWaiting > 0) {
      const [, position] = present(heapPop(this.#heap, highestFirst), "a delta of ours that waits");
      const mark = present(this.#marks.get(position), "mark of a reached delta");
      if (mark === "ours") {
        this.#oursWaiting -= 1;
        ours.push(position);
      }
      for (const parent of this.#graph.parentsAt(position)) this.reach(parent, mark);
    }
    return ours.sort((a, b) => a - b);
  }
}

function highestFirst(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}
