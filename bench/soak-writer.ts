/** Who writes in a soak, each key once, and remembers what was acknowledged. */

import { setTimeout } from "node:timers/promises";
import { median } from "./figures.ts";
import type { SoakCluster } from "./soak-cluster.ts";

/** Writes that may wait for their answers: nodes that do not keep up are written to less, and that is told. */
const waitingMax = 200;

export interface SoakWriterOptions {
  readonly cluster: SoakCluster;
  readonly perSecond: number;
  readonly chance: (below: number) => number;
  readonly isOver: () => boolean;
}

export class SoakWriter {
  readonly #options: SoakWriterOptions;
  readonly #acknowledged = new Map<string, number>();
  readonly #latenciesMs: number[] = [];
  #written = 0;
  #waiting = 0;
  #unanswered = 0;
  #startedMs = 0;
  #tookMs = 0;

  constructor(options: SoakWriterOptions) {
    this.#options = options;
  }

  /** Writes until it is over, by the clock: a beat that came late is made up for. */
  async run(): Promise<void> {
    const { perSecond, isOver } = this.#options;
    this.#startedMs = performance.now();
    const under = new Set<Promise<void>>();
    for (let number = 0; !isOver(); number += 1) {
      const dueMs = this.#startedMs + (number * 1_000) / perSecond;
      await setTimeout(Math.max(0, dueMs - performance.now()));
      if (this.#waiting >= waitingMax) continue;
      const writing: Promise<void> = this.#write(`key ${number}`, number).finally(() =>
        under.delete(writing),
      );
      under.add(writing);
    }
    this.#tookMs = performance.now() - this.#startedMs;
    await Promise.all(under);
  }

  summary(): string {
    const tookMs = this.#tookMs || performance.now() - this.#startedMs;
    const perSecond = ((this.#written * 1_000) / tookMs).toFixed(1);
    const latency = this.#latenciesMs.length === 0 ? "none" : `${median(this.#latenciesMs).toFixed(0)} ms`;
    return `${this.#written} writes (${perSecond}/s), ${this.#acknowledged.size} acknowledged (median ${latency}), ${this.#unanswered} without an answer`;
  }

  /** Acknowledged writes that are not among these entries. */
  missingIn(found: Readonly<Record<string, unknown>>): number {
    return Array.from(this.#acknowledged).filter(([key, value]) => found[key] !== value).length;
  }

  async #write(key: string, value: number): Promise<void> {
    const { cluster, chance } = this.#options;
    const member = cluster.anyUp(chance);
    if (member === null) return;
    const fromMs = performance.now();
    this.#written += 1;
    this.#waiting += 1;
    try {
      await cluster.set(member, key, value);
      this.#acknowledged.set(key, value);
      this.#latenciesMs.push(performance.now() - fromMs);
    } catch {
      // Killed meanwhile: whether it is kept is open.
      this.#unanswered += 1;
    } finally {
      this.#waiting -= 1;
    }
  }
}
