/**
 * The inputs that wait for the core, in order. Bounded: frames and requests wait for room, gossip is refused and
 * counted, and what may not be lost (who is there, which streams end) is always taken, being few.
 */

import type { Intake, NetworkInput } from "../adapters/libp2p/port.ts";
import type { ChunkInput, Input } from "../core/input.ts";

/** Inputs that may wait, besides those that may not be lost. */
export const intakeMax = 1_000;
/** Said once each time the intake fills up this far. */
const warnAt = 0.8 * intakeMax;

export class InputQueue implements Intake {
  readonly #arrived: () => void;
  readonly #filling: (length: number) => void;
  #inputs: Input[] = [];
  readonly #waiting: { readonly input: Input; readonly taken: () => void }[] = [];
  #refused = 0;
  #isWarned = false;
  #isClosed = false;

  constructor(about: { readonly arrived: () => void; readonly filling: (length: number) => void }) {
    this.#arrived = about.arrived;
    this.#filling = about.filling;
  }

  get length(): number {
    return this.#inputs.length;
  }

  /** Gossip messages refused since the start because there was no room. */
  get refused(): number {
    return this.#refused;
  }

  push(input: NetworkInput | ChunkInput | { readonly kind: "start" } | { readonly kind: "woken" }): void {
    this.#add(input);
  }

  pushWhenRoom(input: Input): Promise<void> {
    if (this.#isClosed || this.#inputs.length < intakeMax) {
      this.#add(input);
      return Promise.resolve();
    }
    return new Promise((taken) => {
      this.#waiting.push({ input, taken });
    });
  }

  offer(input: NetworkInput): boolean {
    if (this.#inputs.length < intakeMax) {
      this.#add(input);
      return true;
    }
    this.#refused += 1;
    return false;
  }

  /** The next input, or undefined. */
  take(): Input | undefined {
    const input = this.#inputs.shift();
    if (this.#inputs.length < warnAt) this.#isWarned = false;
    const next = this.#inputs.length < intakeMax ? this.#waiting.shift() : undefined;
    if (next !== undefined) {
      this.#add(next.input);
      next.taken();
    }
    return input;
  }

  /** Drops what waits, and takes nothing more. Whoever waits for room is let go. */
  close(): void {
    this.#isClosed = true;
    this.#inputs = [];
    for (const { taken } of this.#waiting.splice(0)) taken();
  }

  #add(input: Input): void {
    if (this.#isClosed) return;
    this.#inputs.push(input);
    if (this.#inputs.length >= warnAt && !this.#isWarned) {
      this.#isWarned = true;
      this.#filling(this.#inputs.length);
    }
    this.#arrived();
  }
}
