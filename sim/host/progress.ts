/** How far long work is, on stderr, when that is a terminal. */

import type { Simulation } from "../simulation.ts";

const showEveryMs = 100;

export class Progress {
  readonly #runs: number;
  readonly #isShown = process.stderr.isTTY === true;
  readonly #startMs = performance.now();
  #runStartMs = performance.now();
  #done = 0;
  #shownMs = 0;

  constructor(runs: number) {
    this.#runs = runs;
  }

  /** Shows the run under way: virtual time, events a second, nodes that agree, and when it may end. */
  show(simulation: Simulation): void {
    if (!this.#isDue()) return;
    const { world, plan } = simulation;
    const elapsedMs = performance.now() - this.#runStartMs;
    const share = Math.max(world.nowUs / plan.untilUs, 1e-6);
    const parts = [
      `${this.#prefix()}${plan.name} seed ${plan.seed}`,
      `${seconds(world.nowUs / 1_000)} of ${seconds(plan.untilUs / 1_000)} virtual`,
      `${Math.round((world.events / elapsedMs) * 1_000).toLocaleString("en")} events/s`,
      `${simulation.overall.largestGroup()} of ${plan.nodes.length} nodes agree`,
      `about ${seconds((elapsedMs / share) * (1 - share))} left`,
    ];
    process.stderr.write(`\r\u001b[2K${parts.join(" · ")}`);
  }

  /** A run has ended. */
  finished(): void {
    this.#done += 1;
    this.#runStartMs = performance.now();
    if (this.#runs === 1 || !this.#isDue()) return;
    const leftMs = ((performance.now() - this.#startMs) / this.#done) * (this.#runs - this.#done);
    process.stderr.write(`\r\u001b[2K${this.#done} of ${this.#runs} runs · about ${seconds(leftMs)} left`);
  }

  /** Makes room for a line of output. */
  clear(): void {
    if (this.#isShown && this.#shownMs > 0) process.stderr.write("\r\u001b[2K");
  }

  #isDue(): boolean {
    const nowMs = performance.now();
    if (!this.#isShown || nowMs - this.#shownMs < showEveryMs) return false;
    this.#shownMs = nowMs;
    return true;
  }

  #prefix(): string {
    return this.#runs === 1 ? "" : `run ${this.#done + 1} of ${this.#runs} · `;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
