/** Sees to it that the members of each context can reach each other without the help of strangers. */

import { stream } from "../random.ts";
import { type ScenarioPath, showCount } from "../scenario/scenario-error.ts";
import type { ResolvedContext } from "./contexts.ts";
import type { Link, Links } from "./links.ts";
import type { Resolving } from "./resolving.ts";
import type { Presence } from "./topology.ts";

/** Adds links drawn by seed until the members of each context hold together, whenever they join, and whoever leaves. */
export function connectContexts(links: Links, presence: Presence, resolving: Resolving): void {
  const missing = resolving.contexts.all.flatMap((context) => [
    ...linksBetweenParts(context, links, resolving),
    ...linksOfJoining(context, { links, presence }, resolving),
  ]);
  for (const [a, b] of missing) links.add(a, b);
  for (const atUs of presence.leaveTimesUs()) {
    for (const { id, everMembers } of resolving.contexts.all) {
      const members = Array.from(everMembers).filter((node) => presence.isThere(node, atUs));
      for (const [a, b] of linksBetweenParts({ id: `${id}/${atUs}`, members }, links, resolving))
        links.add(a, b);
    }
  }
  for (const context of resolving.contexts.all) {
    for (const members of stayingIn(context, presence, resolving)) {
      for (const [a, b] of linksBetweenParts({ id: `${context.id}/staying`, members }, links, resolving))
        links.add(a, b);
    }
  }
}

/**
 * Who must reach each other though others cease to be members, and so pass nothing on: those who stay; and with them
 * each that comes by an invitation, for the next one may never come. None where members do not change.
 */
function stayingIn(
  { everMembers, members, joining, outsiders }: ResolvedContext,
  presence: Presence,
  { untilUs }: Resolving,
): readonly (readonly number[])[] {
  const named = [...members, ...joining];
  if (outsiders.length === 0 && everMembers.size === named.length) return [];
  const stays = (node: number) => !outsiders.includes(node) && presence.isThere(node, untilUs);
  const staying = named.filter(stays);
  const invited = Array.from(everMembers).filter((node) => !named.includes(node) && stays(node));
  return [staying, ...invited.map((node) => [...staying, node])];
}

/** One link from each part of some members to a part before it, in an order drawn. */
function linksBetweenParts(
  { id, members }: Pick<ResolvedContext, "id" | "members">,
  links: Links,
  { seed }: Resolving,
): readonly Link[] {
  const draws = stream(seed, `topology-context/${id}`);
  const parts = draws.shuffle(links.components(members));
  return parts
    .slice(1)
    .map((part, index) => [draws.pick(part), draws.pick(parts[draws.between(0, index)] ?? part)]);
}

/** One link for each joining member whom the topology linked to no member that is there when it comes. */
function linksOfJoining(
  { id, members, joining, everMembers }: ResolvedContext,
  { links, presence }: { readonly links: Links; readonly presence: Presence },
  { seed, roster }: Resolving,
): readonly Link[] {
  return joining.flatMap((node): readonly Link[] => {
    const isLinked = links
      .neighbours(node)
      .some((other) => everMembers.has(other) && presence.finds(node, other));
    if (isLinked) return [];
    const present = [...members, ...joining].filter((other) => presence.finds(node, other));
    if (present.length === 0) return [];
    const draws = stream(seed, `topology-context/${id}/${roster.idOf(node)}`);
    return [[node, draws.pick(present)]];
  });
}

/** Reports each context whose members the links leave apart: those there at the start, all that join, or all that stay. */
export function reportApart(
  links: Links,
  { path, presence }: { readonly path: ScenarioPath; readonly presence: Presence },
  resolving: Resolving,
): void {
  const { contexts, roster, problems } = resolving;
  for (const context of contexts.all) {
    const { id, members, joining } = context;
    const parts = [members, [...members, ...joining], ...stayingIn(context, presence, resolving)]
      .map((nodes) => links.components(nodes))
      .find((found) => found.length > 1);
    const [first = [], second = []] = parts ?? [];
    if (parts === undefined) continue;
    const names = [first, second].map((part) => showNodes(part.map((node) => roster.idOf(node))));
    const message = `the members of context "${id}" are left apart: ${names[0]} cannot reach ${names[1]}, expected links by which each reaches each over members`;
    problems.add("topology", path, message);
  }
}

function showNodes(ids: readonly string[]): string {
  return ids.length <= 3
    ? ids.join(", ")
    : `${ids.slice(0, 2).join(", ")} and ${showCount(ids.length - 2)} more`;
}
