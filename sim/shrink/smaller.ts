/** Every scenario that is one step smaller than another: what the passes of shrinking would try, with nobody to judge. */

import type { Violation } from "../oracles/oracles.ts";
import type { Plan } from "../plan/plan.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import type { ExplicitScenario } from "./explicit.ts";
import { reducingPasses } from "./passes.ts";
import { enoughTime } from "./passes-time.ts";

/** Nobody says what is wrong with the scenario: it is treated as one that must have the time to converge. */
const anything: Violation = {
  ...{ oracle: "converged", invariant: null, node: null },
  ...{ atMs: 0, event: 0, message: "" },
};

/** The large steps first. `planOf` throws a `ScenarioError` for what is not valid, which is left out. */
export function* smaller(
  current: ExplicitScenario,
  planOf: (scenario: Scenario) => Plan,
): Generator<ExplicitScenario> {
  const seen = new Set([JSON.stringify(current)]);
  for (const { run } of reducingPasses) {
    const candidates: ExplicitScenario[] = [];
    run({
      ...{ current, violation: anything },
      attempt: (candidate) => {
        const text = JSON.stringify(candidate);
        if (!seen.has(text)) candidates.push(candidate);
        seen.add(text);
        return false;
      },
    });
    for (const candidate of candidates) if (isFit(candidate, planOf)) yield candidate;
  }
}

function isFit(candidate: ExplicitScenario, planOf: (scenario: Scenario) => Plan): boolean {
  try {
    return enoughTime(planOf(candidate), anything);
  } catch (error) {
    if (error instanceof ScenarioError) return false;
    throw error;
  }
}
