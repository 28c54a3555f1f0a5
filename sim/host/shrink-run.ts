/** Shrinks a run in a worker thread, so that the main thread hears of signals and of the time meanwhile. */

import type { MessagePort } from "node:worker_threads";
import { counted } from "../counted.ts";
import type { Plan } from "../plan/plan.ts";
import { type Shrinking, type ShrinkProgress, shrink } from "../shrink/shrink.ts";
import { nodeIds } from "../shrink/without.ts";
import { importAll } from "./scenario-applications.ts";
import { createPlanSimulation, planOf, withBuiltIn } from "./simulate.ts";

export interface ShrinkTask {
  readonly plan: Plan;
  readonly applicationFiles: readonly string[];
  /** The same files as the result is to name them. */
  readonly namedFiles: readonly string[];
  /** One number, shared between threads: not 0 once it is cut off. */
  readonly cutOff: Int32Array;
  /** Told how far it is, in a line, now and then. */
  readonly port: MessagePort;
}

const tellEveryMs = 100;

export async function shrinkRun({ plan, port, cutOff, ...files }: ShrinkTask): Promise<Shrinking> {
  const applications = withBuiltIn(await importAll(files.applicationFiles));
  let toldMs = 0;
  return shrink(plan, {
    planOf: (scenario) => planOf(scenario, undefined, applications),
    simulationOf: (each) => createPlanSimulation(each, { applications }),
    applications: files.namedFiles,
    isCutOff: () => Atomics.load(cutOff, 0) !== 0,
    onProgress: (progress) => {
      const nowMs = performance.now();
      if (nowMs - toldMs < tellEveryMs) return;
      toldMs = nowMs;
      port.postMessage(describeProgress(progress));
    },
  });
}

function describeProgress({ pass, runs, scenario, eventsBefore, events }: ShrinkProgress): string {
  const left = [
    counted(nodeIds(scenario).length, "node"),
    counted(scenario.workload.length, "call"),
    counted(scenario.faults.length, "fault"),
    `${events} of ${counted(eventsBefore, "event")}`,
  ];
  return `shrinking ${pass} · ${counted(runs, "run")} · ${left.join(", ")}`;
}
