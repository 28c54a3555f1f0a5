/** Draws and runs the scenario of one seed: what fuzzing does in this process, and in each worker. */

import { finishWithin } from "../budget.ts";
import { drawScenario } from "../fuzz/draw-scenario.ts";
import { findProfile, type Profile } from "../fuzz/profiles.ts";
import { Executed, type FuzzRun, fuzzedEventsMax, tieBreakOf } from "../fuzz/run.ts";
import type { RunResult } from "../result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { createSimulation, measured, planOf, runPlan } from "./simulate.ts";
import { UsageError } from "./usage.ts";

export interface FuzzTask {
  readonly seed: number;
  readonly profile: string;
}

/** Of so many seeds one runs twice, with and without sharing, to compare the traces. */
const checkedEvery = 32;

export function runSeed({ seed, profile }: FuzzTask): FuzzRun<RunResult> {
  const scenario = scenarioOf(seed, parseProfile(profile));
  const executed = new Executed();
  const simulation = createSimulation(scenario, { onEvent: executed.onEvent });
  const result = measured(() => finishWithin(simulation, fuzzedEventsMax));
  const run = { result, executed: executed.names(simulation), tieBreak: tieBreakOf(simulation) };
  if (seed % checkedEvery !== 0 || result.outcome !== "passed") return run;
  const { result: checked } = runPlan({ plan: planOf(scenario), applications: [], isChecked: true });
  return { ...run, result: checked };
}

export function scenarioOf(seed: number, profile: Profile): Scenario {
  return drawScenario(seed, profile, `fuzz-${profile.name}-${seed}`);
}

export function parseProfile(name: string): Profile {
  const found = findProfile(name);
  if (typeof found === "string") throw new UsageError(`--profile: ${found}`);
  return found;
}
