/**
 * START HERE: makes a plan of a scenario and a seed, with every choice made. Pure: the same scenario, seed and
 * applications give the same plan everywhere.
 *
 * 1. Every concern draws from a stream of its own, so that taking out a fault, a node or a workload entry leaves
 *    the draws of the others alone.
 * 2. All that is wrong with a scenario is told at once.
 */

import type { Application } from "../../core/app/application.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { Problems, showValue } from "../scenario/scenario-error.ts";
import { resolveContexts } from "./contexts.ts";
import { resolveExpectations } from "./expectations.ts";
import { resolveFaults } from "./faults.ts";
import { resolveDiskSync, resolveNetwork } from "./network.ts";
import { resolveRoster } from "./nodes.ts";
import type { Plan } from "./plan.ts";
import { type Resolving, readDuration } from "./resolving.ts";
import { resolveTopology } from "./topology.ts";
import { resolveWorkload } from "./workload.ts";

const seedDefault = 1;
const untilDefault = "120s";

export interface ResolveOptions {
  /** Takes the place of the scenario's own: a whole number from 0 to 2^53 - 1. */
  readonly seed?: number;
  /** What contexts may run, by name. */
  readonly applications: readonly Application[];
}

/**
 * The plan of a scenario that has the right form (see `validateScenario`). Throws a `ScenarioError` with all
 * problems of meaning: unknown names, impossible times, a network that cannot be. O(nodes + links + calls).
 */
export function resolvePlan(scenario: Scenario, options: ResolveOptions): Plan {
  const problems = new Problems();
  const seed = options.seed ?? scenario.seed ?? seedDefault;
  if (!Number.isSafeInteger(seed) || seed < 0) {
    problems.add(
      "bad-value",
      ["seed"],
      `found ${seed}, expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  const roster = resolveRoster(scenario, seed, problems);
  if (roster.initialCount === 0) problems.throwIfAny(scenario);
  const contexts = resolveContexts(scenario, { roster, applications: options.applications, problems });
  const untilUs = readEndOfRun(scenario, problems);
  const resolving: Resolving = { scenario, seed, untilUs, roster, contexts, problems };
  const network = resolveNetwork(scenario, problems);
  const diskSyncUs = resolveDiskSync(scenario, problems);
  const operations = resolveWorkload(resolving);
  const faults = resolveFaults(resolving);
  const links = resolveTopology(faults, resolving);
  const expectations = resolveExpectations(resolving);
  const settleUs = scenario.settle === undefined ? null : readDuration(scenario.settle, ["settle"], problems);
  problems.throwIfAny(scenario);
  return {
    ...{ name: scenario.name, seed, untilUs, ...(settleUs === null ? {} : { settleUs }) },
    ...{ nodes: roster.nodes, links },
    contexts: contexts.all.map(({ id, application, members, outsiders }) => ({
      ...{ id, application: application?.name ?? "", members, outsiders },
    })),
    ...{ network, diskSyncUs, operations, faults, expectations },
  };
}

/** Endless when what the scenario says is no time, so that nothing in it seems to come too late. */
function readEndOfRun({ until = untilDefault }: Scenario, problems: Problems): number {
  const before = problems.count;
  const us = readDuration(until, ["until"], problems);
  if (us > 0) return us;
  if (problems.count === before) {
    problems.add("bad-value", ["until"], `found ${showValue(until)}, expected a duration above 0`);
  }
  return Number.POSITIVE_INFINITY;
}
