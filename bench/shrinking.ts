/**
 * How small failures get, and how long that takes: for each planted bug the first seed of fuzzing that finds it is shrunk,
 * unless a node merely threw. Events are those of whole runs.
 */

import { drawScenario } from "../sim/fuzz/draw-scenario.ts";
import { everything, profiles } from "../sim/fuzz/profiles.ts";
import { createPlanSimulation, planOf } from "../sim/host/simulate.ts";
import type { Plan } from "../sim/plan/plan.ts";
import { type Shrinking, shrink } from "../sim/shrink/shrink.ts";
import { nodeIds } from "../sim/shrink/without.ts";
import { whileBroken } from "../test/sim/oracles/broken.ts";
import { type PlantedBug, plantedBugs } from "../test/sim/planted-bugs.ts";

/** Of this process's own time on a processor. */
const searchMs = 60_000;
const crash = "invariant-thrown";
/** One after the other. */
const searched = profiles.filter(({ name }) => ["default", "disk", "members", "network"].includes(name));

export function benchShrinking(): void {
  const parts = plantedBugs.flatMap((bug) => measure(bug) ?? []).sort((a, b) => a - b);
  const median = parts[Math.floor(parts.length / 2)] ?? 1;
  process.stdout.write(
    `${parts.length} of ${plantedBugs.length} found; median ${percent(1 - median)} fewer events\n`,
  );
}

/** The part of the events that is left, or null when the bug was not found in time. */
function measure({ name, breakages }: PlantedBug): number | null {
  return whileBroken(breakages, () => {
    const startMs = cpuMs();
    const plan = firstFailing(startMs);
    if (plan === null) {
      process.stdout.write(`${name}: not found in ${searchMs / 1_000} s\n`);
      return null;
    }
    const foundMs = cpuMs();
    const shrunk: Shrinking = shrink(plan, {
      planOf: (scenario) => planOf(scenario),
      simulationOf: createPlanSimulation,
    });
    if (shrunk.kind !== "shrunk") return null;
    const { events, eventsBefore, scenario, runs } = shrunk;
    const left = [
      `${events} of ${eventsBefore} events (${percent(1 - events / eventsBefore)} fewer)`,
      `${nodeIds(scenario).length} nodes, ${scenario.workload.length} calls, ${scenario.faults.length} faults`,
      `seed ${plan.seed} after ${Math.round(foundMs - startMs)} ms`,
      `${runs} runs in ${Math.round(cpuMs() - foundMs)} ms`,
    ];
    process.stdout.write(`${name}: ${left.join("; ")}\n`);
    return events / eventsBefore;
  });
}

function firstFailing(startMs: number): Plan | null {
  for (let seed = 1; cpuMs() - startMs < searchMs; seed += 1) {
    const plan = planOf(drawScenario(seed, searched[seed % searched.length] ?? everything));
    const [violation] = createPlanSimulation(plan).finish().violations;
    if (violation !== undefined && violation.oracle !== crash) return plan;
  }
  return null;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1_000);
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
