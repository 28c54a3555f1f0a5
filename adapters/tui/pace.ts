/**
 * How far in virtual time a run may be at a moment of real time: the speed limit, pause, and single steps.
 * Knows real time only as it is told.
 */

/** Virtual seconds per second that the keys go through; beyond the last there is no limit. */
const speeds: readonly number[] = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, Number.POSITIVE_INFINITY];
/** A run that fell behind by more than this does not race to catch up. */
const behindMaxMs = 200;

export class Pace {
  isPaused = false;
  #limit: number;
  /** The limit counts from here. */
  #anchor: { readonly realMs: number; readonly timeUs: number };
  /** Where a step ends, while paused. */
  #stepUntilUs = 0;

  constructor(limit: number, realMs: number) {
    this.#limit = limit;
    this.#anchor = { realMs, timeUs: 0 };
  }

  /** Virtual seconds per second; infinite for none. */
  get limit(): number {
    return this.#limit;
  }

  /** Where virtual time may be by now, when it is at `timeUs`. */
  targetUs(realMs: number, timeUs: number): number {
    if (this.isPaused) return Math.max(this.#stepUntilUs, timeUs);
    if (this.#limit === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const dueUs = this.#anchor.timeUs + (realMs - this.#anchor.realMs) * this.#limit * 1_000;
    if (dueUs - timeUs > behindMaxMs * this.#limit * 1_000) this.#restart(realMs, timeUs);
    return Math.max(dueUs, timeUs);
  }

  togglePause(realMs: number, timeUs: number): void {
    this.isPaused = !this.isPaused;
    this.#stepUntilUs = timeUs;
    this.#restart(realMs, timeUs);
  }

  /** Goes on by so much and stands still. */
  step(stepUs: number, timeUs: number): void {
    const fromUs = this.isPaused ? Math.max(this.#stepUntilUs, timeUs) : timeUs;
    this.isPaused = true;
    this.#stepUntilUs = fromUs + stepUs;
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

  #change(limit: number | undefined, realMs: number, timeUs: number): void {
    this.#limit = limit ?? this.#limit;
    this.#restart(realMs, timeUs);
  }

  #restart(realMs: number, timeUs: number): void {
    this.#anchor = { realMs, timeUs };
  }
}
