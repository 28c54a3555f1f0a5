/** Where every node stands at a moment, for people. */

import type { Json } from "../../core/json.ts";
import { counted } from "../counted.ts";
import type { GroupState, NodeState, RunState } from "../inspect.ts";
import type { SimulationEvent } from "../simulation.ts";
import { formatViolation } from "./report.ts";

/** Of values that differ between groups, and of groups. */
const shownMax = 12;

/** Several lines: the moment, what was handled last, each node, and where groups of nodes differ. */
export function formatState(
  { scenario, seed, atMs, event, nodes, groups, violations }: RunState,
  last: SimulationEvent | null,
): string {
  const lines = [
    `${scenario}  seed ${seed}  at ${(atMs / 1_000).toFixed(6)} s, after event ${event}`,
    ...(last === null ? [] : [`  last: ${formatEvent(last)}`]),
    ...nodes.map(formatNode),
    ...Object.entries(groups).flatMap(([context, of]) => formatGroups(context, of)),
    ...violations.map(formatViolation),
  ];
  return `${lines.join("\n")}\n`;
}

function formatEvent({ event, node, input, effects }: SimulationEvent): string {
  const did = effects.map(({ kind }) => kind).join(", ");
  return `event ${event}, ${node} handled ${input.kind}${did === "" ? " and did nothing" : `: ${did}`}`;
}

function formatNode({ id, status, connected, sessions, unsyncedBatches, contexts }: NodeState): string {
  if (status === "absent" || status === "left" || status === "down") return `  ${id}  ${status}`;
  const about = `${counted(connected.length, "peer")}, ${counted(sessions, "session")}, ${counted(unsyncedBatches, "batch", "batches")} not synced`;
  const held = Object.entries(contexts).map(
    ([context, { heads, root, deltas, pending, missing, entities, owed }]) => {
      const waits =
        missing[0] === undefined ? "" : ` (lacks ${missing.length}: ${missing[0].slice(0, 12)} …)`;
      const debts = owed === 0 ? "" : `, ${owed} owed`;
      return `\n      ${context}: root ${root.slice(0, 12)}, heads ${heads.map((head) => head.slice(0, 8)).join(" ")}, ${counted(deltas, "delta")}, ${pending} pending${waits}, ${counted(entities, "entity", "entities")}${debts}`;
    },
  );
  return `  ${id}  ${status}, ${about}${held.join("")}`;
}

/** Which nodes agree, and of the first two groups what they see otherwise. */
function formatGroups(context: string, groups: readonly GroupState[]): readonly string[] {
  const [first, second] = groups;
  if (first === undefined || second === undefined) return [`  context ${context}: all that are up agree`];
  const places = new Set([...Object.keys(first.values), ...Object.keys(second.values)]);
  const differing = Array.from(places).filter(
    (place) => JSON.stringify(first.values[place]) !== JSON.stringify(second.values[place]),
  );
  return [
    `  context ${context}: ${groups.length} groups stand on different heads`,
    ...groups
      .slice(0, shownMax)
      .map(({ nodes, root }) => `    root ${root.slice(0, 12)}: ${nodes.join(" ")}`),
    ...(groups.length > shownMax ? [`    … and ${groups.length - shownMax} more groups`] : []),
    ...differing
      .slice(0, shownMax)
      .map(
        (place) =>
          `    ${place}: ${show(first.values[place])} in the first, ${show(second.values[place])} in the second`,
      ),
    ...(differing.length > shownMax ? [`    … and ${differing.length - shownMax} more values`] : []),
  ];
}

function show(value: Json | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
}
