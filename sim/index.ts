/** The simulator as a library: `import { simulate, defineScenario } from "reconverge/sim"`. */

export { checkDeterminism, type DeterminismCheck, type Divergence } from "./determinism.ts";
export type { CallTemplate } from "./fuzz/calls.ts";
export { type ArbitraryScenarioOptions, arbitraryScenario } from "./host/arbitrary.ts";
export { describeScenarioError, type LoadedScenario, loadScenario } from "./host/scenario-file.ts";
export {
  createPlanSimulation,
  createSimulation,
  hostCrypto,
  planOf,
  type SimulateOptions,
  simulate,
} from "./host/simulate.ts";
export { validateScenario } from "./host/validate.ts";
export { type GroupState, inspect, type NodeState, type ReplicaState, type RunState } from "./inspect.ts";
export type { Violation } from "./oracles/oracles.ts";
export type { Plan } from "./plan/plan.ts";
export { type ResolveOptions, resolvePlan } from "./plan/resolve.ts";
export type { ContextResult, RunOutcome, RunResult, SimulationResult } from "./result.ts";
export { defineScenario, type Scenario } from "./scenario/scenario.ts";
export { ScenarioError, type ScenarioProblem } from "./scenario/scenario-error.ts";
export { Simulation, type SimulationEvent, type SimulationOptions } from "./simulation.ts";
export type { Listeners, Snapshot } from "./snapshot.ts";
export { type Moment, Timeline, type TimelineOptions } from "./timeline.ts";
