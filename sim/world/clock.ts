/**
 * One node's clocks over virtual time. Drift moves both the monotonic and the wall clock; offsets and jumps move
 * the wall clock alone.
 */

import type { Now } from "../../core/ports.ts";

/** The wall clock of a node without offset at virtual time 0: 2026-01-01T00:00:00Z. */
export const epochMs = 1_767_225_600_000;

export class NodeClock {
  #offsetMs: number;
  #driftPpm: number;
  /** Since this virtual time the drift is what it is; the monotonic clock stood here then. */
  #sinceUs = 0;
  #monotonicUs = 0;

  constructor(offsetMs: number, driftPpm: number) {
    this.#offsetMs = offsetMs;
    this.#driftPpm = driftPpm;
  }

  now(timeUs: number): Now {
    const monotonicMs = Math.floor(this.#monotonicAt(timeUs) / 1_000);
    return { monotonicMs, wallMs: Math.max(0, epochMs + monotonicMs + this.#offsetMs) };
  }

  /** The first virtual time, not before `timeUs`, at which the monotonic clock has reached a value. */
  timeOf(monotonicMs: number, timeUs: number): number {
    const targetUs = monotonicMs * 1_000;
    const aheadUs = targetUs - this.#monotonicUs;
    let due =
      this.#sinceUs + Math.max(0, Math.floor((aheadUs * 1_000_000) / (1_000_000 + this.#driftPpm)) - 1);
    while (this.#monotonicAt(due) < targetUs) due += 1;
    return Math.max(timeUs, due);
  }

  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** From now on the clocks run fast by this many parts per million. */
  drift(ppm: number, timeUs: number): void {
    this.#monotonicUs = this.#monotonicAt(timeUs);
    this.#sinceUs = timeUs;
    this.#driftPpm = ppm;
  }

  get driftPpm(): number {
    return this.#driftPpm;
  }

  #monotonicAt(timeUs: number): number {
    const elapsed = timeUs - this.#sinceUs;
    return this.#monotonicUs + elapsed + Math.floor((elapsed * this.#driftPpm) / 1_000_000);
  }
}
