/** Runs plans one after the other in this process, or several at a time in worker threads; results come in order. */

import { Piscina } from "piscina";
import type { Plan } from "../plan/plan.ts";
import type { SimulationOptions } from "../simulation.ts";
import type { Progress } from "./progress.ts";
import type { ScenarioApplications } from "./scenario-applications.ts";
import { type Ran, runPlan } from "./simulate.ts";
import type { WorkerTask } from "./worker.ts";

export interface Runs {
  readonly plans: readonly LoadedPlan[];
  /** Whether each plan runs twice, to compare. */
  readonly isChecked: boolean;
  /** Whether each leaves a recording. */
  readonly isRecorded: boolean;
  /** After so many events a run ends as "budget". */
  readonly eventsMax: number;
  /** Told of all that happens, where runs are in this process. */
  readonly onEvent?: SimulationOptions["onEvent"];
  readonly progress: Progress;
}

/** A plan, and the applications its scenario brings along. */
export interface LoadedPlan extends ScenarioApplications {
  readonly plan: Plan;
}

/** Between looks at the clock. */
const eventsPerSlice = 2_000;

export async function* runInProcess({ plans, progress, ...how }: Runs): AsyncGenerator<Ran> {
  for (const { plan, applications } of plans) {
    yield runPlan({ plan, applications, ...how }, (simulation) => {
      const hasLeft = () => simulation.world.events + eventsPerSlice <= how.eventsMax;
      while (hasLeft() && simulation.runUntil(plan.untilUs, eventsPerSlice)) progress.show(simulation);
    });
    progress.finished();
  }
}

/** A thread loads this module's neighbour; from a checkout it has to register the TypeScript loader first. */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.mjs" : "./worker.js";

/** So many threads at most, begun as there is work for them, each of which does tasks by a function of `worker.ts`. */
export function createPool<Task, Result>(name: string, workers: number): Piscina<Task, Result> {
  const filename = new URL(workerFile, import.meta.url).href;
  return new Piscina<Task, Result>({ filename, name, minThreads: 1, maxThreads: workers });
}

export async function* runInWorkers(
  { plans, isChecked, isRecorded, eventsMax, progress }: Runs,
  workers: number,
): AsyncGenerator<Ran> {
  const pool = createPool<WorkerTask, Ran>("runInWorker", workers);
  try {
    const running = plans.map(async ({ plan, applicationFiles }) => {
      const ran = await pool.run({ plan, applicationFiles, isChecked, isRecorded, eventsMax });
      progress.finished();
      return ran;
    });
    // A failure is told when its turn comes; until then nobody else is waiting for it.
    for (const run of running) run.catch(() => undefined);
    for (const run of running) yield await run;
  } finally {
    await pool.destroy();
  }
}
