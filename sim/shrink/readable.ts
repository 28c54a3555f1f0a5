/** A shrunk scenario as a person would write it: what defaults say is left out, as long as the plan stays the same. */

import type { Plan } from "../plan/plan.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import type { ExplicitScenario } from "./explicit.ts";

type Step = (scenario: Scenario) => Scenario;

const steps: readonly Step[] = [
  withoutEmpty,
  (scenario) => ({
    ...scenario,
    nodes: Array.isArray(scenario.nodes) ? scenario.nodes.length : scenario.nodes,
  }),
  ({ network, ...rest }) => {
    const { topology, ...conditions } = network ?? {};
    return withoutEmpty({ ...rest, network: conditions });
  },
  ({ contexts = [], ...rest }) => ({ ...rest, contexts: contexts.map(({ members, ...context }) => context) }),
  ({ workload = [], ...rest }) => ({ ...rest, workload: workload.map(({ context, ...call }) => call) }),
  ({ contexts, ...rest }) => rest,
  ({ faults = [], ...rest }) => ({
    ...rest,
    faults: faults.map((fault) => {
      if (fault.kind !== "join") return fault;
      const { contexts, ...join } = fault;
      return join;
    }),
  }),
  ({ faults = [], ...rest }) => ({
    ...rest,
    faults: faults.map((fault) =>
      "groups" in fault && fault.groups.length > 1 ? { ...fault, groups: fault.groups.slice(0, -1) } : fault,
    ),
  }),
  unbracketed,
  withoutEmpty,
];

export function readable(scenario: ExplicitScenario, planOf: (scenario: Scenario) => Plan): Scenario {
  const wanted = JSON.stringify(planOf(scenario));
  const isSame = (candidate: Scenario) => {
    try {
      return JSON.stringify(planOf(candidate)) === wanted;
    } catch (error) {
      if (error instanceof ScenarioError) return false;
      throw error;
    }
  };
  return steps.reduce<Scenario>((current, step) => {
    const next = step(current);
    return isSame(next) ? next : current;
  }, scenario);
}

/** Without lists and objects that hold nothing. */
function withoutEmpty(scenario: Scenario): Scenario {
  const isEmpty = (value: unknown) =>
    typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(
    Object.entries(scenario).filter(([, value]) => !isEmpty(value)),
  ) as unknown as Scenario;
}

/** A single node stands without brackets. */
function unbracketed(scenario: Scenario): Scenario {
  const single = (value: unknown) =>
    Array.isArray(value) && value.length === 1 && typeof value[0] === "string" ? value[0] : value;
  const faults = (scenario.faults ?? []).map((fault) =>
    Object.fromEntries(
      Object.entries(fault).map(([key, value]) => [
        key,
        ["nodes", "from", "to"].includes(key) ? single(value) : value,
      ]),
    ),
  );
  return { ...scenario, faults: faults as unknown as NonNullable<Scenario["faults"]> };
}
