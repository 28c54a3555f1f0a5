/** Who can still reach whom in a partition: named groups, or a split drawn by seed. */

import { mix32, seedWord, textWord } from "../random.ts";
import type { NodeReference } from "../scenario/scenario.ts";
import type { ScenarioPath } from "../scenario/scenario-error.ts";
import type { Resolving } from "./resolving.ts";

type Groups = readonly (readonly number[])[];

/** At least two groups, every node of the plan in one of them. `name` tells this draw from others. */
export function resolveGroups(
  fault: { readonly groups: readonly NodeReference[] } | { readonly split: number },
  { path, name }: { readonly path: ScenarioPath; readonly name: string },
  resolving: Resolving,
): Groups {
  const groups =
    "groups" in fault
      ? namedGroups(fault.groups, [...path, "groups"], resolving)
      : splitGroups(fault.split, name, resolving);
  if (groups.filter((group) => group.length > 0).length < 2) {
    const message = "leaves all nodes in one group, expected nodes on at least two sides";
    resolving.problems.add("no-effect", [...path, "groups" in fault ? "groups" : "split"], message);
  }
  return groups;
}

/** The groups as named, and whoever is in none of them as one more. */
function namedGroups(
  references: readonly NodeReference[],
  path: ScenarioPath,
  { roster, problems }: Resolving,
): Groups {
  const taken = new Set<number>();
  const groups = references.map((reference, index) => {
    const group = roster.resolve(reference, [...path, index]);
    const twice = group.find((node) => taken.has(node));
    if (twice !== undefined) {
      const message = `found "${roster.idOf(twice)}", which another group has, expected each node once`;
      problems.add("duplicate-name", [...path, index], message);
    }
    for (const node of group) taken.add(node);
    return group;
  });
  const rest = roster.nodes.map((_, node) => node).filter((node) => !taken.has(node));
  return rest.length === 0 ? groups : [...groups, rest];
}

/**
 * Every node draws a number from its own name; those with the lowest are one side. So a node more or less moves
 * no other, or at most one. Of the nodes there at the start the part is exact, and neither side is empty.
 */
function splitGroups(part: number, name: string, { seed, roster }: Resolving): Groups {
  const drawn = roster.nodes.map(({ id }) => mix32(seedWord(seed), textWord(name), textWord(id), 0));
  const ranked = roster.initial.toSorted((a, b) => (drawn[a] as number) - (drawn[b] as number) || a - b);
  const size = Math.max(1, Math.min(ranked.length - 1, Math.round(ranked.length * part)));
  const first = new Set(ranked.slice(0, size));
  const isFirst = (node: number) =>
    node < roster.initialCount ? first.has(node) : (drawn[node] as number) < part * 0x1_0000_0000;
  const nodes = roster.nodes.map((_, node) => node);
  return [nodes.filter(isFirst), nodes.filter((node) => !isFirst(node))];
}
