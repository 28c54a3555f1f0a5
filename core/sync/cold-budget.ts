/**
 * What cold sessions with one peer may cost: each makes a view of a whole history, so they are paid for by its
 * length. Many short histories cost little; a peer that opens one cold session after the other is answered `busy`.
 * Invariant 14.
 */

import type { PeerId } from "../ids.ts";

interface Purse {
  /** Deltas that may still be viewed; below 0 after a history longer than was left. */
  left: number;
  atMs: number;
}

/** Peers that have spent something lately. */
export type ColdBudgetMemory = Map<PeerId, Purse>;

/** About half a second of work at once, and a twentieth of the time from then on. */
const deltasMax = 2_000_000;
const deltasPerMs = 200;
/** A session costs as much at least, however short the history. */
const deltasMin = 500;

export class ColdBudget {
  readonly #memory: ColdBudgetMemory;

  constructor(memory: ColdBudgetMemory) {
    this.#memory = memory;
  }

  /** Pays for a view of so many deltas; false, and nothing is paid, when the peer has to wait. */
  pay(peer: PeerId, deltas: number, nowMs: number): boolean {
    const purse = this.#memory.get(peer) ?? { left: deltasMax, atMs: nowMs };
    this.#refill(purse, nowMs);
    if (purse.left <= 0) return false;
    purse.left -= Math.max(deltas, deltasMin);
    this.#memory.set(peer, purse);
    return true;
  }

  /** Forgets those who have spent nothing for long. */
  sweep(nowMs: number): void {
    for (const [peer, purse] of this.#memory) {
      this.#refill(purse, nowMs);
      if (purse.left === deltasMax) this.#memory.delete(peer);
    }
  }

  #refill(purse: Purse, nowMs: number): void {
    purse.left = Math.min(deltasMax, purse.left + (nowMs - purse.atMs) * deltasPerMs);
    purse.atMs = nowMs;
  }
}
