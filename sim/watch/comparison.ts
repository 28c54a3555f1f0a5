/** How two runs of one plan end: both are run to their ends, in slices, and their results set beside each other. */

import type { SimulationResult } from "../result.ts";
import type { Simulation } from "../simulation.ts";

/** One thing that may differ, in words, for each of the two. */
export interface Difference {
  readonly what: string;
  readonly first: string;
  readonly second: string;
  /** Does it say how it ended, and not merely by which way? */
  readonly isEnding: boolean;
}

const eventsBetweenLooks = 50;
const ofTheWay: ReadonlySet<string> = new Set(["propagation p99", "events"]);

export class Comparison {
  readonly #runs: readonly [Simulation, Simulation];
  readonly #results: (SimulationResult | null)[] = [null, null];
  readonly #untilUs: number;

  /** Takes over both runs. */
  constructor(first: Simulation, second: Simulation) {
    this.#runs = [first, second];
    this.#untilUs = first.plan.untilUs;
  }

  /** Runs on, as far as there is time. True when both have ended. */
  advance(isTimeUp: () => boolean): boolean {
    for (const [index, run] of this.#runs.entries()) {
      for (let events = 1; this.#results[index] === null; events += 1) {
        if (!run.step()) this.#results[index] = run.finish();
        else if (events % eventsBetweenLooks === 0 && isTimeUp()) return false;
      }
    }
    return true;
  }

  /** From 0 to 1. */
  get progress(): number {
    const parts = this.#runs.map(({ world }, index) =>
      this.#results[index] === null ? Math.min(1, world.nowUs / this.#untilUs) : 1,
    );
    return parts.reduce((sum, part) => sum + part, 0) / parts.length;
  }

  /** What both came to, those that differ first; null until both have ended. */
  differences(): readonly Difference[] | null {
    const [first, second] = this.#results;
    if (first == null || second == null) return null;
    const rows = describeEnding(first).map(([what, words], index) => ({
      what,
      first: words,
      second: describeEnding(second)[index]?.[1] ?? "",
      isEnding: !ofTheWay.has(what),
    }));
    const differs = (row: Difference) => row.first !== row.second;
    return [...rows.filter(differs), ...rows.filter((row) => !differs(row))];
  }
}

function describeEnding(result: SimulationResult): readonly (readonly [string, string])[] {
  const { outcome, violations, convergedAtMs, acknowledged, skipped, events, propagationMs } = result;
  const [violation] = violations;
  return [
    ["outcome", outcome],
    ["converged", convergedAtMs === null ? "never" : `at ${(convergedAtMs / 1_000).toFixed(1)} s`],
    ["violations", violation === undefined ? "none" : `${violations.length}, first ${violation.oracle}`],
    ...Object.entries(result.contexts).flatMap(([id, { root, deltas, entities }]) => [
      [`root of ${id}`, root === null ? "members disagree" : root.slice(0, 8)] as const,
      [`deltas in ${id}`, String(deltas)] as const,
      [`entities in ${id}`, String(entities)] as const,
    ]),
    ["writes acknowledged", String(acknowledged)],
    ["writes without a node", String(skipped)],
    ["propagation p99", propagationMs.p99 === null ? "none" : `${propagationMs.p99} ms`],
    ["events", String(events)],
  ];
}
