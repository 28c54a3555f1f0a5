/**
 * What of a plan can be explored: small ones, every interleaving of whose calls and deliveries is tried. What else a
 * plan asks for is refused rather than left out. When something happens has no meaning here: latencies, the disk's
 * times and `until` are read and count for nothing.
 */

import { counted } from "../counted.ts";
import { isBlobMethod } from "../plan/blob-operations.ts";
import { isMemberMethod } from "../plan/member-calls.ts";
import type { Plan, PlanNetwork } from "../plan/plan.ts";

export const exploredMax = { nodes: 3, operations: 6 };

/** What a network may do to messages, by chance. */
const troubles = ["loss", "duplicate", "reorder"] as const satisfies readonly (keyof PlanNetwork)[];

type Refusal = (plan: Plan) => string | null;

const refusals: readonly Refusal[] = [
  ({ nodes: { length } }) =>
    length > exploredMax.nodes
      ? `found ${length} nodes, expected at most ${exploredMax.nodes} to try every interleaving`
      : null,
  ({ operations: { length } }) =>
    length > exploredMax.operations
      ? `found ${length} calls in the workload, expected at most ${exploredMax.operations} to try every interleaving`
      : null,
  ({ operations: { length } }) =>
    length === 0 ? `found no calls in the workload, expected 1 to ${exploredMax.operations} of them` : null,
  firstOf(
    ({ operations }) => operations.find(({ method }) => isBlobMethod(method)),
    ({ method }) => `found ${method}, which takes many steps: expected calls of one each`,
  ),
  firstOf(
    ({ operations }) => operations.find(({ method }) => isMemberMethod(method)),
    ({ method }) => `found ${method}, which changes who is a member: expected calls of the application alone`,
  ),
  firstOf(
    ({ nodes }) => nodes.find(({ joinsAtUs }) => joinsAtUs !== null),
    ({ id }) => `found the node ${id}, which joins later: all must be there from the start`,
  ),
  ({ faults }) => {
    if (faults.length === 0) return null;
    const kinds = Array.from(new Set(faults.map(({ kind }) => kind))).join(", ");
    return `found ${counted(faults.length, "fault")} (${kinds}), expected none: every order of calls and deliveries is tried, and nothing else. \`sim\` runs faults, and --set 'faults=[]' leaves them out`;
  },
  firstOf(
    ({ network }) => troubles.find((trouble) => network[trouble] > 0),
    (trouble, { network }) =>
      `found network.${trouble} of ${network[trouble]}, expected 0: every message is delivered once, in every order. \`sim\` runs such networks, and --set network.${trouble}=0 leaves it out`,
  ),
  firstOf(
    ({ expectations }) => expectations.find(({ kind }) => kind !== "converged"),
    ({ kind }) =>
      `found an expectation of ${kind}, expected converged alone: that all agree is asked of every end, and nothing else. \`sim\` checks it, and --set 'expect=[]' leaves it out`,
  ),
];

/** Why a plan cannot be explored, or null when it can. */
export function refuseToExplore(plan: Plan): string | null {
  for (const refuse of refusals) {
    const why = refuse(plan);
    if (why !== null) return why;
  }
  return null;
}

/** Refuses what is found of its kind. */
function firstOf<T>(find: (plan: Plan) => T | undefined, refuse: (found: T, plan: Plan) => string): Refusal {
  return (plan) => {
    const found = find(plan);
    return found === undefined ? null : refuse(found, plan);
  };
}
