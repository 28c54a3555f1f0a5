/** What a turn removes from the store for good: as much as one commit may hold, and no more. */

import type { Turn } from "../turn.ts";

/** Records removed in one turn. */
const recordsMax = 2_048;

export class Removal {
  readonly #turn: Turn;
  #left = recordsMax;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  get hasRoom(): boolean {
    return this.#left > 0;
  }

  /** Undefined where it is gone, with what this turn removed. */
  read(key: string): Uint8Array | undefined {
    return this.#turn.read(key);
  }

  remove(key: string): void {
    this.#turn.remove(key);
    this.#left -= 1;
  }

  /** Of numbered records that go from the last to the first: the first number that is gone. O(log numbers). */
  firstGone(from: number, until: number, keyOf: (number: number) => string): number {
    let [low, high] = [from, until];
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.read(keyOf(middle)) === undefined) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
