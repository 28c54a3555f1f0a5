/**
 * When a node is asked: as soon as something happens on it, and now and then for what is no news; every second where
 * it cannot be listened to.
 */

import type { NodeSource } from "./node-source.ts";

const askEveryMs = 1_000;
/** Of a node that says itself when something happens in its contexts. */
const askListenedEveryMs = 5_000;
/** However much happens on it. */
const askAgainMs = 100;

export class Asking {
  readonly #source: NodeSource;
  #isUnderWay = false;
  #isListenedTo = false;
  #hasNews = false;
  #endedMs = Number.NEGATIVE_INFINITY;

  constructor(source: NodeSource) {
    this.#source = source;
  }

  isDue(nowMs: number): boolean {
    if (this.#isUnderWay) return false;
    const everyMs = this.#hasNews ? askAgainMs : this.#isListenedTo ? askListenedEveryMs : askEveryMs;
    return nowMs - this.#endedMs >= everyMs;
  }

  begin(): void {
    this.#isUnderWay = true;
    this.#hasNews = false;
  }

  /** From an answer on it is listened to. */
  end(nowMs: number, didAnswer: boolean): void {
    this.#isUnderWay = false;
    this.#endedMs = nowMs;
    if (didAnswer && !this.#isListenedTo) void this.#listen();
  }

  async #listen(): Promise<void> {
    this.#isListenedTo = true;
    try {
      await this.#source.listen(() => {
        this.#hasNews = true;
      });
    } catch {
      // Why it says nothing more, its next answer tells, which is asked for at once.
    } finally {
      this.#isListenedTo = false;
    }
  }
}
