/** How large a plan may be to be explored, every interleaving of it. */

import { counted } from "../counted.ts";
import { isBlobMethod } from "../plan/blob-operations.ts";
import { isMemberMethod } from "../plan/member-calls.ts";
import type { Plan } from "../plan/plan.ts";

export const exploredMax = { nodes: 3, operations: 6 };

/** Why a plan cannot be explored, or null when it can. */
export function refuseToExplore({ nodes, operations, faults }: Plan): string | null {
  const { nodes: nodesMax, operations: operationsMax } = exploredMax;
  if (nodes.length > nodesMax)
    return `found ${nodes.length} nodes, expected at most ${nodesMax} to try every interleaving`;
  if (operations.length > operationsMax)
    return `found ${operations.length} calls in the workload, expected at most ${operationsMax} to try every interleaving`;
  if (operations.length === 0) return "found no calls in the workload, expected 1 to 6 of them";
  const blob = operations.find(({ method }) => isBlobMethod(method));
  if (blob !== undefined) return `found ${blob.method}, which takes many steps: expected calls of one each`;
  const members = operations.find(({ method }) => isMemberMethod(method));
  if (members !== undefined)
    return `found ${members.method}, which changes who is a member: expected calls of the application alone`;
  const late = nodes.find(({ joinsAtUs }) => joinsAtUs !== null);
  if (late !== undefined)
    return `found the node ${late.id}, which joins later: all must be there from the start`;
  if (faults.length === 0) return null;
  const kinds = Array.from(new Set(faults.map(({ kind }) => kind))).join(", ");
  return `found ${counted(faults.length, "fault")} (${kinds}), expected none: every order of calls and deliveries is tried, and nothing else. \`sim\` runs faults, and --set 'faults=[]' leaves them out`;
}
