/**
 * One node's clocks over virtual time. Drift moves both the monotonic and the wall clock; offsets and jumps move
 * the wall clock alone.
 */

import type { Now } from "../../core/ports.ts";

/** The wall clock of a node without offset at virtual time 0: 2026-01-01T00:00:00Z. */
export const epochMs = 1_767_225_600_000;

export interface ClockMemory {
  offsetMs: number;
  driftPpm: number;
  /** Since this virtual time the drift is what it is; the monotonic clock stood here then. */
  sinceUs: number;
  monotonicUs: number;
}

export class NodeClock {
  readonly memory: ClockMemory;

  constructor(offsetMs: number, driftPpm: number, memory?: ClockMemory) {
    this.memory = memory ?? { offsetMs, driftPpm, sinceUs: 0, monotonicUs: 0 };
  }

  now(timeUs: number): Now {
    const monotonicMs = Math.floor(this.#monotonicAt(timeUs) / 1_000);
    return { monotonicMs, wallMs: Math.max(0, epochMs + monotonicMs + this.memory.offsetMs) };
  }

  /** The first virtual time, not before `timeUs`, at which the monotonic clock has reached a value. */
  timeOf(monotonicMs: number, timeUs: number): number {
    const targetUs = monotonicMs * 1_000;
    const aheadUs = targetUs - this.memory.monotonicUs;
    let due =
      this.memory.sinceUs +
      Math.max(0, Math.floor((aheadUs * 1_000_000) / (1_000_000 + this.memory.driftPpm)) - 1);
    while (this.#monotonicAt(due) < targetUs) due += 1;
    return Math.max(timeUs, due);
  }

  jump(byMs: number): void {
    this.memory.offsetMs += byMs;
  }

  /** From now on the clocks run fast by this many parts per million. */
  drift(ppm: number, timeUs: number): void {
    this.memory.monotonicUs = this.#monotonicAt(timeUs);
    this.memory.sinceUs = timeUs;
    this.memory.driftPpm = ppm;
  }

  get driftPpm(): number {
    return this.memory.driftPpm;
  }

  #monotonicAt(timeUs: number): number {
    const elapsed = timeUs - this.memory.sinceUs;
    return this.memory.monotonicUs + elapsed + Math.floor((elapsed * this.memory.driftPpm) / 1_000_000);
  }
}
