/** Runs plans one after the other in this process, or several at a time in worker threads; results come in order. */

import { Piscina } from "piscina";
import type { Plan } from "../plan/plan.ts";
import type { RunResult } from "../result.ts";
import type { Progress } from "./progress.ts";
import { createPlanSimulation, measured, runPlan } from "./simulate.ts";

export interface Runs {
  readonly plans: readonly Plan[];
  /** Whether each plan runs twice, to compare. */
  readonly isChecked: boolean;
  readonly progress: Progress;
}

/** Between looks at the clock. */
const eventsPerSlice = 2_000;

export async function* runInProcess({ plans, isChecked, progress }: Runs): AsyncGenerator<RunResult> {
  for (const plan of plans) {
    if (isChecked) {
      yield runPlan(plan, { isChecked });
    } else {
      yield measured(() => {
        const simulation = createPlanSimulation(plan);
        while (simulation.runUntil(plan.untilUs, eventsPerSlice)) progress.show(simulation);
        return simulation.finish();
      });
    }
    progress.finished();
  }
}

/** A thread loads this module's neighbour; from a checkout it has to register the TypeScript loader first. */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.mjs" : "./worker.js";

export async function* runInWorkers(
  { plans, isChecked, progress }: Runs,
  workers: number,
): AsyncGenerator<RunResult> {
  const pool = new Piscina<{ plan: Plan; isChecked: boolean }, RunResult>({
    filename: new URL(workerFile, import.meta.url).href,
    name: "runInWorker",
    minThreads: workers,
    maxThreads: workers,
  });
  try {
    const running = plans.map(async (plan) => {
      const result = await pool.run({ plan, isChecked });
      progress.finished();
      return result;
    });
    // A failure is told when its turn comes; until then nobody else is waiting for it.
    for (const run of running) run.catch(() => undefined);
    for (const run of running) yield await run;
  } finally {
    await pool.destroy();
  }
}
