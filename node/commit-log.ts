/** Makes staged commits durable, many with one sync: what is staged while a flush runs goes with the next. */

import type { Store } from "../adapters/level/store.ts";
import { commitRetryDelaysMs } from "../core/commit-retry.ts";

export interface CommitLogSink {
  /** So many more commits are durable, which took so long. */
  durable(commits: number, tookMs: number): void;
  /** A flush failed and will be tried again. */
  retrying(error: unknown): void;
  /** A flush failed for good: nothing more becomes durable. */
  gaveUp(error: unknown): void;
}

export class CommitLog {
  readonly #store: Store;
  readonly #sink: CommitLogSink;
  #staged = 0;
  #isGivenUp = false;
  #flushing: Promise<void> | null = null;

  constructor(store: Store, sink: CommitLogSink) {
    this.#store = store;
    this.#sink = sink;
  }

  /** Commits were staged: they are to become durable soon. */
  staged(commits: number): void {
    this.#staged += commits;
  }

  /** Begins a flush unless one is under way, which is followed by another as long as something is staged. */
  flush(): void {
    if (this.#staged === 0 || this.#flushing !== null || this.#isGivenUp) return;
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = null;
    });
  }

  /** Resolves once everything staged is durable, or was given up. */
  async settled(): Promise<void> {
    this.flush();
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    while (this.#staged > 0) {
      const fromMs = performance.now();
      const commits = await this.#flushOnce();
      if (commits === null) return;
      this.#staged -= commits;
      this.#sink.durable(commits, performance.now() - fromMs);
    }
  }

  /** Commits that became durable, or null when that was given up. */
  async #flushOnce(): Promise<number | null> {
    for (const delayMs of commitRetryDelaysMs) {
      try {
        return await this.#store.flush();
      } catch (error) {
        this.#sink.retrying(error);
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
    return await this.#store.flush().catch((error: unknown) => {
      this.#isGivenUp = true;
      this.#sink.gaveUp(error);
      return null;
    });
  }
}
