/**
 * For each delta the newest checkpoints below it, none of them below another. Deltas have them in common, so each
 * distinct set is kept once and a delta has its number. A checkpoint goes by its index, in the order of application.
 */

import { present } from "../assert.ts";
import type { Graph } from "../dag/graph.ts";

export interface NewestBelowMemory {
  /** Of every checkpoint its position, by its index. */
  readonly positions: number[];
  /** By the index of each: the newest below it. */
  readonly under: (readonly number[])[];
  /** Sets of indexes, ascending; the first is empty. */
  readonly sets: (readonly number[])[];
  /** Of every applied delta from the first checkpoint on: the number of its set, a checkpoint's being itself alone. */
  readonly setOf: number[];
}

export function createNewestBelowMemory(): NewestBelowMemory {
  return { positions: [], under: [], sets: [Object.freeze([])], setOf: [] };
}

/** The number of the set that is empty. */
export const noCheckpoints = 0;

export class NewestBelow {
  readonly #memory: NewestBelowMemory;
  readonly #graph: Graph;
  /** By the indexes of a set, joined: its number. A cache. */
  readonly #numbers: Map<string, number>;

  constructor(memory: NewestBelowMemory, graph: Graph) {
    this.#memory = memory;
    this.#graph = graph;
    this.#numbers = new Map(memory.sets.map((set, number) => [set.join(","), number]));
  }

  /** The positions of all checkpoints, by their indexes. */
  get positions(): readonly number[] {
    return this.#memory.positions;
  }

  positionOf(index: number): number {
    return present(this.#memory.positions[index], "the position of a checkpoint");
  }

  /** The indexes in a set. */
  in(set: number): readonly number[] {
    return present(this.#memory.sets[set], "a set of checkpoints");
  }

  /** The newest checkpoints below another. */
  under(index: number): readonly number[] {
    return present(this.#memory.under[index], "what is below a checkpoint");
  }

  /** Takes in the next delta, a checkpoint or after one; the number of the set below it, itself left out. */
  place(position: number, isCheckpoint: boolean): number {
    const { positions, under, setOf } = this.#memory;
    const below = this.#setAbove(this.#graph.parentsAt(position));
    if (isCheckpoint) {
      under.push(this.in(below));
      positions.push(position);
      setOf.push(this.#numberOf([positions.length - 1]));
    } else {
      setOf.push(below);
    }
    return below;
  }

  /** The number of the set above these parents. O(parents), and more where theirs differ. */
  #setAbove(parents: readonly number[]): number {
    const numbers = new Set(parents.map((position) => this.setAt(position)));
    const [only] = numbers;
    if (only !== undefined && numbers.size === 1) return only;
    const all = new Set(Array.from(numbers).flatMap((number) => this.in(number)));
    const covered = this.#below(all);
    const newest = Array.from(all).filter((index) => !covered.has(index));
    return this.#numberOf(newest.sort((a, b) => a - b));
  }

  /** Those below some of these, as far down as the oldest of these. */
  #below(indexes: ReadonlySet<number>): ReadonlySet<number> {
    const oldest = Math.min(...indexes);
    const covered = new Set<number>();
    const walk = [...indexes];
    for (let index = walk.pop(); index !== undefined; index = walk.pop()) {
      for (const lower of this.under(index)) {
        if (lower < oldest || covered.has(lower)) continue;
        covered.add(lower);
        walk.push(lower);
      }
    }
    return covered;
  }

  /** The number of the set at the position of any applied delta; of a checkpoint itself alone. */
  setAt(position: number): number {
    const { positions, setOf } = this.#memory;
    const [first] = positions;
    if (first === undefined || position < first) return noCheckpoints;
    return present(setOf[position - first], "the checkpoints below a delta");
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
}
