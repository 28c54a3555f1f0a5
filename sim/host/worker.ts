/** What a worker thread does: one plan, one seed of fuzzing or one shrinking, and one result. */

import type { FuzzRun } from "../fuzz/run.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunResult } from "../result.ts";
import type { Shrinking } from "../shrink/shrink.ts";
import { type FuzzTask, runSeed } from "./fuzz-run.ts";
import { importAll } from "./scenario-applications.ts";
import { type ShrinkTask, shrinkRun } from "./shrink-run.ts";
import { type Ran, runPlan } from "./simulate.ts";

export interface WorkerTask {
  readonly plan: Plan;
  /** Applications are code, and cannot be handed from thread to thread: each imports the files itself. */
  readonly applicationFiles: readonly string[];
  readonly isChecked: boolean;
  readonly isRecorded: boolean;
  readonly eventsMax: number;
}

export async function runInWorker({ applicationFiles, ...task }: WorkerTask): Promise<Ran> {
  return runPlan({ ...task, applications: await importAll(applicationFiles) });
}

export function fuzzInWorker(task: FuzzTask): FuzzRun<RunResult> {
  return runSeed(task);
}

export function shrinkInWorker(task: ShrinkTask): Promise<Shrinking> {
  return shrinkRun(task);
}
