/** Runs end: where they do not by themselves, by a number of events. Such a run has lost its way, and its outcome is "budget". */

import type { SimulationResult } from "./result.ts";
import type { Simulation } from "./simulation.ts";
import { summarize } from "./summary.ts";

/** Of a run unless it is told otherwise: some hours of work. */
export const eventsDefault = 1_000_000_000;

/** Runs to the end of the plan's time and judges, or until there were so many events in all. */
export function finishWithin(simulation: Simulation, eventsMax: number): SimulationResult {
  const left = Math.max(0, eventsMax - simulation.world.events);
  const isOver = !simulation.runUntil(simulation.plan.untilUs, left);
  if (isOver) return simulation.finish();
  const { nowUs, events: handled } = simulation.world;
  const violation = {
    ...{ oracle: "budget", invariant: null, node: null, atMs: nowUs / 1_000, event: handled },
    message: `more than ${eventsMax} events`,
  };
  const result = summarize(simulation);
  return { ...result, outcome: "budget", violations: [...result.violations, violation] };
}
