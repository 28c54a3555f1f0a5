/** The simulator as a library on Node.js: a scenario in, a result out. */

import { createNodeIdentity } from "../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import type { Application } from "../../core/app/application.ts";
import { builtInApplications } from "../../core/app/built-in/index.ts";
import { eventsDefault, finishWithin } from "../budget.ts";
import type { SimCrypto } from "../crypto.ts";
import { checkDeterminism } from "../determinism.ts";
import type { Plan } from "../plan/plan.ts";
import { resolvePlan } from "../plan/resolve.ts";
import { Recorder, type Recording } from "../recording.ts";
import type { RunResult, SimulationResult } from "../result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { ScenarioError, type ScenarioProblem } from "../scenario/scenario-error.ts";
import { Simulation, type SimulationEvent, type SimulationOptions } from "../simulation.ts";
import type { LoadedScenario } from "./scenario-file.ts";
import { validateScenario } from "./validate.ts";

/** SHA-256 and Ed25519 of node:crypto. */
export const hostCrypto: SimCrypto = { crypto: nodeCrypto, identity: createNodeIdentity };

export interface SimulateOptions {
  /** Replaces the scenario's seed. A whole number from 0 to 2^53 - 1. */
  readonly seed?: number;
  /** Applications besides the built-in ones. */
  readonly applications?: readonly Application[];
  /** Called for every input a node handled. */
  readonly onEvent?: (event: SimulationEvent) => void;
  /** Whether nodes share decoding, hashing and verifying by content. Changes no result. Default true. */
  readonly isSharing?: boolean;
}

/**
 * Runs a scenario to its end. Throws `ScenarioError` when the scenario is not valid; what goes wrong in the run is
 * in the result.
 */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): RunResult {
  return measured(() => createSimulation(scenario, options).finish());
}

/** A run that has not begun, to be stepped through. Throws as `simulate` does. */
export function createSimulation(
  scenario: Scenario,
  { seed, applications = [], onEvent, isSharing }: SimulateOptions = {},
): Simulation {
  const all = withBuiltIn(applications);
  const options = { applications: all, onEvent, ...(isSharing === undefined ? {} : { isSharing }) };
  return createPlanSimulation(planOf(scenario, seed, all), options);
}

/** The plan of a scenario for a seed, with every choice made. Throws as `simulate` does. */
export function planOf(scenario: Scenario, seed?: number, applications = builtInApplications): Plan {
  const valid = validateScenario(scenario);
  if ((valid.applications ?? []).length > 0 && applications.length === builtInApplications.length)
    throw new ScenarioError([filesNotRead]);
  return resolvePlan(valid, { applications, ...(seed === undefined ? {} : { seed }) });
}

/** A library reads no files unless it is told to. */
const filesNotRead: ScenarioProblem = {
  code: "bad-application",
  path: ["applications"],
  about: "value",
  message:
    "found files, which only loadScenario reads: give the applications it loaded as the option `applications`",
};

/** The same for a scenario that was read from a file: what is wrong is told with its place there. */
export function planOfLoaded({ scenario, applications, describe }: LoadedScenario, seed?: number): Plan {
  try {
    return planOf(scenario, seed, withBuiltIn(applications));
  } catch (error) {
    if (error instanceof ScenarioError) throw new ScenarioError(error.problems, describe);
    throw error;
  }
}

/** All applications of a run. */
export function withBuiltIn(applications: readonly Application[]): readonly Application[] {
  return [...builtInApplications, ...applications];
}

/** A run of a plan that has not begun; unless told otherwise with the built-in applications alone. */
export function createPlanSimulation(
  plan: Plan,
  options: Omit<SimulationOptions, "crypto"> = {},
): Simulation {
  return new Simulation(plan, { crypto: hostCrypto, ...options });
}

/** A plan to run, with the applications besides the built-in ones; if it is checked, it runs twice, to compare. */
export interface PlannedRun {
  readonly plan: Plan;
  readonly applications: readonly Application[];
  readonly isChecked: boolean;
  /** Whether it leaves a recording, for a bundle. */
  readonly isRecorded?: boolean;
  /** After so many events it ends as "budget". */
  readonly eventsMax?: number;
  readonly onEvent?: SimulationOptions["onEvent"];
}

/** A result, and how to compare the run with another; no recording unless it was asked for. */
export interface Ran {
  readonly result: RunResult;
  readonly recording: Recording | null;
}

/** Steps that a caller takes between two looks at the clock. */
export type Stepper = (simulation: Simulation) => void;

export function runPlan(
  { plan, applications, isChecked, isRecorded = false, eventsMax = eventsDefault, onEvent }: PlannedRun,
  stepThrough: Stepper = () => {},
): Ran {
  const options = { crypto: hostCrypto, applications: withBuiltIn(applications), onEvent };
  let recording: Recording | null = null;
  const result = measured(() => {
    if (isChecked) {
      const checked = checkDeterminism(plan, options, eventsMax);
      recording = isRecorded ? checked.recording : null;
      return checked.result;
    }
    const recorder = isRecorded ? new Recorder() : null;
    const simulation = createPlanSimulation(plan, { ...options, traceListener: recorder?.listener });
    stepThrough(simulation);
    const finished = finishWithin(simulation, eventsMax);
    recording = recorder?.recording(simulation.world.trace) ?? null;
    return finished;
  });
  return { result, recording };
}

/** Adds what only the host can measure: real time, and the largest memory this process has had. */
export function measured(run: () => SimulationResult): RunResult {
  const startMs = performance.now();
  const result = run();
  return {
    ...result,
    wallMs: Math.round(performance.now() - startMs),
    peakRssBytes: process.resourceUsage().maxRSS * 1_024,
  };
}
