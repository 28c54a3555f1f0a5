/**
 * How far in virtual time a run may be at a moment of real time: the speed limit, pause, and the direction.
 * Knows real time only as it is told.
 */

/** Virtual seconds per second that the keys go through; beyond the last there is no limit. */
const speeds: readonly number[] = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, Number.POSITIVE_INFINITY];
/** A run that fell behind by more than this does not race to catch up. */
const behindMaxMs = 200;
/** Backwards there is always a limit, or it were over at once. */
const backwardsLimitMax = 100;

export class Pace {
  isPaused = false;
  isBackwards = false;
  #limit: number;
  /** The limit counts from here. */
  #anchor: { readonly realMs: number; readonly timeUs: number };

  constructor(limit: number, realMs: number) {
    this.#limit = limit;
    this.#anchor = { realMs, timeUs: 0 };
  }

  /** Virtual seconds per second; infinite for none. */
  get limit(): number {
    return this.isBackwards ? Math.min(this.#limit, backwardsLimitMax) : this.#limit;
  }

  /** Where virtual time may be by now, when it is at `timeUs`: at least that, or at most that backwards. */
  targetUs(realMs: number, timeUs: number): number {
    if (this.isPaused) return timeUs;
    const { limit } = this;
    if (limit === Number.POSITIVE_INFINITY) return limit;
    const sinceUs = (realMs - this.#anchor.realMs) * limit * 1_000;
    const dueUs = this.#anchor.timeUs + (this.isBackwards ? -sinceUs : sinceUs);
    if (Math.abs(dueUs - timeUs) > behindMaxMs * limit * 1_000) this.restart(realMs, timeUs);
    return this.isBackwards ? Math.max(0, Math.min(dueUs, timeUs)) : Math.max(dueUs, timeUs);
  }

  setPaused(isPaused: boolean, realMs: number, timeUs: number): void {
    this.isPaused = isPaused;
    this.restart(realMs, timeUs);
  }

  reverse(realMs: number, timeUs: number): void {
    this.isBackwards = !this.isBackwards;
    this.restart(realMs, timeUs);
  }

  faster(realMs: number, timeUs: number): void {
    this.#change(
      speeds.find((speed) => speed > this.#limit),
      realMs,
      timeUs,
    );
  }

  slower(realMs: number, timeUs: number): void {
    this.#change(
      speeds.findLast((speed) => speed < this.#limit),
      realMs,
      timeUs,
    );
  }

  /** It is at `timeUs` now, however it came there. */
  restart(realMs: number, timeUs: number): void {
    this.#anchor = { realMs, timeUs };
  }

  #change(limit: number | undefined, realMs: number, timeUs: number): void {
    this.#limit = limit ?? this.#limit;
    this.restart(realMs, timeUs);
  }
}
