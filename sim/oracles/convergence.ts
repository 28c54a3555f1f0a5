/**
 * When did the members of a context come to agree: equal heads, equal roots, nothing pending? Watches every
 * change of a member's heads, at a cost of one map entry a change.
 */

import type { ContextId } from "../../core/ids.ts";
import type { Replica } from "../../core/replica.ts";

/** Where a member stands: its heads, or null while it does not count (down, absent, left). */
export type Standing = string | null;

export interface TrackerMemory {
  readonly standings: Map<number, string>;
  readonly counts: Map<string, number>;
}

export class ConvergenceTracker {
  readonly memory: TrackerMemory;
  readonly contextId: ContextId;
  readonly #isWatched: (node: number) => boolean;

  constructor(
    contextId: ContextId,
    isWatched: (node: number) => boolean,
    memory: TrackerMemory = { standings: new Map(), counts: new Map() },
  ) {
    this.memory = memory;
    this.contextId = contextId;
    this.#isWatched = isWatched;
  }

  /** Do the members that count, of which there must be one at least, all stand on the same heads? */
  get isEqual(): boolean {
    return this.memory.counts.size === 1;
  }

  /** Of the groups of members that stand on the same heads: how many there are, and how many are in the largest. */
  get groupCount(): number {
    return this.memory.counts.size;
  }

  get largestGroup(): number {
    return Array.from(this.memory.counts.values()).reduce((max, count) => Math.max(max, count), 0);
  }

  get members(): Iterable<number> {
    return this.memory.standings.keys();
  }

  update(node: number, standing: Standing): void {
    if (!this.#isWatched(node)) return;
    const before = this.memory.standings.get(node);
    if (before === standing) return;
    if (before !== undefined) this.#add(before, -1);
    if (standing === null) {
      this.memory.standings.delete(node);
    } else {
      this.memory.standings.set(node, standing);
      this.#add(standing, 1);
    }
  }

  #add(standing: string, amount: number): void {
    const count = (this.memory.counts.get(standing) ?? 0) + amount;
    if (count === 0) this.memory.counts.delete(standing);
    else this.memory.counts.set(standing, count);
  }
}

/** Does nothing wait here for something that has not come, or to be done for the first time? */
export function isSettled({ deltas, owed }: Replica): boolean {
  return deltas.pending.count === 0 && deltas.readyCount === 0 && owed.untriedCount === 0;
}
