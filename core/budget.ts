/**
 * What each peer may spend of something: so much at once, and from then on so much a millisecond. What is asked for
 * while anything is left is granted whole, and the next waits the longer. Invariant 14.
 */

import type { PeerId } from "./ids.ts";

interface Purse {
  /** May be below 0, after something that cost more than was left. */
  left: number;
  atMs: number;
}

/** Peers that have spent something lately. */
export type BudgetMemory = Map<PeerId, Purse>;

export interface BudgetBounds {
  /** At once. */
  readonly max: number;
  readonly perMs: number;
  /** Whatever is asked for costs as much at least. */
  readonly least: number;
}

export class Budget {
  readonly #memory: BudgetMemory;
  readonly #bounds: BudgetBounds;

  constructor(memory: BudgetMemory, bounds: BudgetBounds) {
    this.#memory = memory;
    this.#bounds = bounds;
  }

  /** Pays so much; false, and nothing is paid, when the peer has to wait. */
  pay(peer: PeerId, amount: number, nowMs: number): boolean {
    const { max, least } = this.#bounds;
    const purse = this.#memory.get(peer) ?? { left: max, atMs: nowMs };
    this.#refill(purse, nowMs);
    if (purse.left <= 0) return false;
    purse.left -= Math.max(amount, least);
    this.#memory.set(peer, purse);
    return true;
  }

  /** Forgets those who have spent nothing for long. */
  sweep(nowMs: number): void {
    for (const [peer, purse] of this.#memory) {
      this.#refill(purse, nowMs);
      if (purse.left === this.#bounds.max) this.#memory.delete(peer);
    }
  }

  #refill(purse: Purse, nowMs: number): void {
    const { max, perMs } = this.#bounds;
    purse.left = Math.min(max, purse.left + (nowMs - purse.atMs) * perMs);
    purse.atMs = nowMs;
  }
}
