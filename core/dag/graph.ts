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

export interface GraphMemory {
  /** In the order of application. */
  readonly order: AppliedDelta[];
  readonly positions: Map<DeltaId, number>;
  /** Applied deltas without an applied child. */
  readonly heads: Set<DeltaId>;
}

export function createGraphMemory(): GraphMemory {
  return { order: [], positions: new Map(), heads: new Set() };
}

export class Graph {
  readonly #memory: GraphMemory;

  constructor(memory: GraphMemory) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#memory.order.length;
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
    return present(this.#memory.order[position], `applied delta at position ${position}`);
  }

  get(id: DeltaId): AppliedDelta | undefined {
    const position = this.#memory.positions.get(id);
    return position === undefined ? undefined : this.#memory.order[position];
  }

  /** Positions of deltas that are all applied. */
  positionsOf(ids: readonly DeltaId[]): readonly number[] {
    return ids.map((id) => present(this.#memory.positions.get(id), "position of an applied parent"));
  }

  /** Appends a delta whose parents are applied. O(parents). */
  append(delta: AppliedDelta): void {
    const { order, positions, heads } = this.#memory;
    positions.set(delta.id, order.length);
    order.push(delta);
    for (const parent of delta.parents) heads.delete(this.at(parent).id);
    heads.add(delta.id);
  }

  /**
   * Fills an empty graph with deltas in the order of their application; each is in it before the next is taken. The
   * same as to append them, but heads that do not stay heads are never noted, which is most of the work. O(n).
   */
  restore(deltas: Iterable<AppliedDelta>): void {
    const { order, positions, heads } = this.#memory;
    const isParent: boolean[] = [];
    for (const delta of deltas) {
      positions.set(delta.id, order.length);
      order.push(delta);
      isParent.push(false);
      for (const parent of delta.parents) isParent[parent] = true;
    }
    order.forEach(({ id }, position) => {
      if (!isParent[position]) heads.add(id);
    });
  }

  /**
   * Ids outside the ancestry of the frontier, in causal order; unknown ids in the frontier count for nothing.
   * Walks down from the heads by generation only until everything left is known. O(gap log gap).
   */
  since(frontier: readonly DeltaId[]): readonly DeltaId[] {
    const walk = new Walk(this);
    for (const head of this.#memory.heads) walk.reach(this.#position(head), "ours");
    for (const id of frontier) if (this.has(id)) walk.reach(this.#position(id), "common");
    return walk.run().map((position) => this.at(position).id);
  }

  /** Those of the ids that are applied, in causal order. */
  inCausalOrder(ids: readonly DeltaId[]): readonly DeltaId[] {
    const positions = ids.filter((id) => this.has(id)).map((id) => this.#position(id));
    return positions.sort((a, b) => a - b).map((position) => this.at(position).id);
  }

  /** Ids from the newest back to position `from`, ever further apart, by a half. O(log n). */
  recent(from: number, max: number): readonly DeltaId[] {
    const ids: DeltaId[] = [];
    for (let back = 1; back <= this.count - from && ids.length < max; back += Math.max(1, back >> 1)) {
      ids.push(this.at(this.count - back).id);
    }
    return ids;
  }

  #position(id: DeltaId): number {
    return present(this.#memory.positions.get(id), "position of an applied delta");
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
