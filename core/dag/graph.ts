/**
 * The graph of a context's applied deltas: who descends from whom. An index only; bodies lie in the store.
 * Invariant 8: an applied delta's parents are applied, so the order of application is a causal order.
 */

import { present } from "../assert.ts";
import { heapPop, heapPush } from "../heap.ts";
import type { Hlc } from "../hlc.ts";
import type { DeltaId } from "../ids.ts";

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
  readonly ids: DeltaId[];
  /** The position of a single parent, or those of all. */
  readonly parents: (number | readonly number[])[];
  readonly generations: number[];
  readonly atMs: number[];
  readonly atCounters: number[];
  readonly positions: Map<DeltaId, number>;
  /** Applied deltas without an applied child. */
  readonly heads: Set<DeltaId>;
}

/** An applied delta as the store has it. */
export type IndexEntry = Omit<AppliedDelta, "generation">;

export function createGraphMemory(): GraphMemory {
  return {
    ids: [],
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
    return this.#memory.ids.length;
  }

  has(id: DeltaId): boolean {
    return this.#memory.positions.has(id);
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
      parents: this.#parentsAt(position),
      generation: this.#generationAt(position),
      at: { ms: this.#memory.atMs[position] ?? 0, counter: this.#memory.atCounters[position] ?? 0 },
    };
  }

  get(id: DeltaId): AppliedDelta | undefined {
    const position = this.#memory.positions.get(id);
    return position === undefined ? undefined : this.at(position);
  }

  /** Positions of deltas that are all applied. */
  positionsOf(ids: readonly DeltaId[]): readonly number[] {
    return ids.map((id) => present(this.#memory.positions.get(id), "position of an applied parent"));
  }

  /** Appends a delta whose parents are applied. O(parents). */
  append(delta: AppliedDelta): void {
    const { heads } = this.#memory;
    this.#push(delta, delta.generation);
    for (const parent of delta.parents) heads.delete(this.#idAt(parent));
    heads.add(delta.id);
  }

  /**
   * Fills an empty graph: `read` adds entries in the order of their application, each on those before it. The same as to
   * append them, but heads that do not stay heads are never noted, which is most of the work. O(n).
   */
  restore(read: (add: (entry: IndexEntry) => void) => void): void {
    const { ids, heads } = this.#memory;
    const isParent: boolean[] = [];
    read((entry) => {
      this.#push(entry, this.generationOn(entry.parents));
      isParent.push(false);
      for (const parent of entry.parents) isParent[parent] = true;
    });
    ids.forEach((id, position) => {
      if (!isParent[position]) heads.add(id);
    });
  }

  /** Of a delta on these. */
  generationOn(parents: readonly number[]): number {
    let generation = 0;
    for (const parent of parents) generation = Math.max(generation, this.#generationAt(parent) + 1);
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
    return present(this.#memory.positions.get(id), "position of an applied delta");
  }

  #push({ id, parents, at }: IndexEntry, generation: number): void {
    const memory = this.#memory;
    const [parent] = parents;
    memory.positions.set(id, memory.ids.length);
    memory.ids.push(id);
    memory.parents.push(parents.length === 1 && parent !== undefined ? parent : Object.freeze(parents));
    memory.generations.push(generation);
    memory.atMs.push(at.ms);
    memory.atCounters.push(at.counter);
  }

  #idAt(position: number): DeltaId {
    return present(this.#memory.ids[position], `applied delta at position ${position}`);
  }

  #generationAt(position: number): number {
    return present(this.#memory.generations[position], `applied delta at position ${position}`);
  }

  #parentsAt(position: number): readonly number[] {
    const parents = present(this.#memory.parents[position], `applied delta at position ${position}`);
    return typeof parents === "number" ? [parents] : parents;
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
      heapPush(this.#heap, [this.#graph.at(position).generation, position], highestFirst);
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
      for (const parent of this.#graph.at(position).parents) this.reach(parent, mark);
    }
    return ours.sort((a, b) => a - b);
  }
}

function highestFirst(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}
