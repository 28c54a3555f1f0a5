// Small scenarios for the tests of planning, and the ways a test looks at what comes of them.

import { kvStore } from "../../../core/app/built-in/kv-store.ts";
import { validateScenario } from "../../../sim/host/validate.ts";
import type { Plan } from "../../../sim/plan/plan.ts";
import { resolvePlan } from "../../../sim/plan/resolve.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { ScenarioError } from "../../../sim/scenario/scenario-error.ts";

export const applications = [kvStore];

/** The plan of a scenario of which a test says only what matters to it. Four nodes unless told otherwise. */
export function planOf(scenario: Partial<Scenario>, seed?: number): Plan {
  const whole = validateScenario({ name: "example", nodes: 4, ...scenario });
  return resolvePlan(whole, seed === undefined ? { applications } : { applications, seed });
}

/** What is wrong with it: one line for each problem. Empty when nothing is. */
export function problemsOf(scenario: Partial<Scenario>): readonly string[] {
  try {
    planOf(scenario);
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split("\n");
    throw error;
  }
}

export function links(plan: Plan): readonly string[] {
  return plan.links.map((link) => link.map((node) => plan.nodes[node]?.id).join("-"));
}

/** Whether every one of the nodes reaches every other over links between them. */
export function isConnected(nodes: readonly number[], all: readonly (readonly [number, number])[]): boolean {
  const reached = new Set(nodes.slice(0, 1));
  const within = new Set(nodes);
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const [a, b] of all) {
      if (reached.has(a) && within.has(b)) reached.add(b);
      if (reached.has(b) && within.has(a)) reached.add(a);
    }
  }
  return reached.size === nodes.length;
}
