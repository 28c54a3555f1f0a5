/** How long to wait before something is tried again: 1 s, doubling up to a bound, with jitter of a half. */

import type { Random } from "./random.ts";

/** Plain data: part of the node's memory. */
export interface BackoffMemory {
  /** Since it was last forgotten. */
  attempts: number;
  notBeforeMs: number;
}

export function createBackoffMemory(): BackoffMemory {
  return { attempts: 0, notBeforeMs: 0 };
}

const startMs = 1_000;

export class Backoff {
  readonly #random: Random;
  readonly #maxMs: number;

  constructor(random: Random, maxMs: number) {
    this.#random = random;
    this.#maxMs = maxMs;
  }

  isDue({ notBeforeMs }: BackoffMemory, nowMs: number): boolean {
    return notBeforeMs <= nowMs;
  }

  /** Begins anew where nothing was attempted for the longest wait. */
  forgive(memory: BackoffMemory, nowMs: number): void {
    if (memory.notBeforeMs + this.#maxMs <= nowMs) memory.attempts = 0;
  }

  /** The next has to wait. */
  attempted(memory: BackoffMemory, nowMs: number): void {
    memory.attempts += 1;
    const doublings = Math.min(memory.attempts - 1, 20);
    const waitMs = Math.min(this.#maxMs, startMs * (1 << doublings));
    memory.notBeforeMs = nowMs + this.#random.between(Math.floor(waitMs / 2), waitMs);
  }
}
