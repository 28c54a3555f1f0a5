/**
 * Of which applied deltas the store keeps the bodies. Compaction drops those of old ones, and what came with a state
 * never had any here; their ids, parents and times stay in the graph. Kept as the positions without a body, which
 * are few runs however many they are.
 */

import { InvariantError } from "../assert.ts";
import type { ContextId } from "../ids.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { decodeValue, encode, refuse } from "../wire/cbor.ts";
import { expectInteger, expectList } from "../wire/expect.ts";

/** Positions from `from` (included) to `until` (not included). */
interface Run {
  readonly from: number;
  until: number;
}

export interface BodiesMemory {
  /** Without bodies: ascending, none touching the next. */
  runs: Run[];
  /** How many positions these are. */
  without: number;
  /** Not written yet. */
  isChanged: boolean;
}

export function createBodiesMemory(): BodiesMemory {
  return { runs: [], without: 0, isChanged: false };
}

export class Bodies {
  readonly #memory: BodiesMemory;

  constructor(memory: BodiesMemory) {
    this.#memory = memory;
  }

  /** How many applied deltas have none. */
  get withoutCount(): number {
    return this.#memory.without;
  }

  /** O(log runs). */
  has(position: number): boolean {
    const { runs } = this.#memory;
    const run = runs[this.#place(position)];
    return run === undefined || run.from > position;
  }

  /** Positions with a body below `until`, ascending: at most `max` of them. O(runs + found). */
  oldest(until: number, max: number): readonly number[] {
    const found: number[] = [];
    let position = 0;
    for (const run of [...this.#memory.runs, { from: until, until }]) {
      for (; position < Math.min(run.from, until) && found.length < max; position += 1) found.push(position);
      position = Math.max(position, run.until);
    }
    return found;
  }

  /** Notes that these, ascending, have no body from now on. O(runs + positions). */
  drop(positions: readonly number[]): void {
    const memory = this.#memory;
    const dropped = positions.map((position): Run => ({ from: position, until: position + 1 }));
    const all = [...memory.runs, ...dropped].sort((a, b) => a.from - b.from);
    const merged: Run[] = [];
    for (const { from, until } of all) {
      const last = merged.at(-1);
      if (last !== undefined && last.until > from) throw new InvariantError("a body is dropped twice");
      if (last?.until === from) last.until = until;
      else merged.push({ from, until });
    }
    memory.runs = merged;
    memory.without += positions.length;
    memory.isChanged ||= positions.length > 0;
  }

  /** Writes which bodies there are, where that has changed. */
  flush(contextId: ContextId, turn: Turn): void {
    if (!this.#memory.isChanged) return;
    this.#memory.isChanged = false;
    const ends = this.#memory.runs.flatMap(({ from, until }) => [from, until]);
    turn.put(storeKeys.withoutBodies(contextId), encode(ends));
  }

  /** Of `count` applied deltas. For use inside `decoding`. */
  load(contextId: ContextId, count: number, turn: Turn): void {
    const stored = turn.read(storeKeys.withoutBodies(contextId));
    if (stored === undefined) return;
    const ends = expectList(decodeValue(stored, Number.MAX_SAFE_INTEGER), 2 * count, (end) =>
      expectInteger(end, count),
    );
    const isAscending = ends.every((end, index) => index === 0 || (ends[index - 1] as number) < end);
    if (ends.length % 2 !== 0 || !isAscending) refuse("malformed", "runs of bodies that overlap");
    for (let index = 0; index < ends.length; index += 2) {
      const [from = 0, until = 0] = ends.slice(index, index + 2);
      this.#memory.runs.push({ from, until });
      this.#memory.without += until - from;
    }
  }

  /** The place of the first run that ends after a position. */
  #place(position: number): number {
    const { runs } = this.#memory;
    let [low, high] = [0, runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((runs[middle] as Run).until <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
