/** The simulator as a library: `reconverge/sim`. */

export {
  describeScenarioError,
  type LoadedScenario,
  type LoadOptions,
  loadScenario,
} from "./host/scenario-file.ts";
export { validateScenario } from "./host/validate.ts";
export type { Plan } from "./plan/plan.ts";
export { type ResolveOptions, resolvePlan } from "./plan/resolve.ts";
export { defineScenario, type Scenario } from "./scenario/scenario.ts";
export { ScenarioError, type ScenarioProblem } from "./scenario/scenario-error.ts";
