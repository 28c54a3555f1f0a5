/** Sees to it that the members of each context can reach each other without the help of strangers. */

import { stream } from "../random.ts";
import { type ScenarioPath, showCount } from "../scenario/scenario-error.ts";
import type { ResolvedContext } from "./contexts.ts";
import type { Link, Links } from "./links.ts";
import type { Resolving } from "./resolving.ts";
import type { Presence } from "./topology.ts";

/**
 * Adds links drawn by seed until the members of each context hold together, whenever they join, whoever leaves, and
 * without those who are ever byzantine: the others hang up on them.
 */
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
    const relied = staying(context, (node) => presence.stays(node) && presence.isHonest(node));
    for (const members of [...togetherIn(context, presence), ...relied]) {
      for (const [a, b] of linksBetweenParts({ id: `${context.id}/staying`, members }, links, resolving))
        links.add(a, b);
    }
  }
}

/** The sets of a context's members each of which must hold together by itself. */
function togetherIn(context: ResolvedContext, presence: Presence): readonly (readonly number[])[] {
  const { members, joining, everMembers, outsiders } = context;
  const named = [...members, ...joining];
  const isFixed = outsiders.length === 0 && everMembers.size === named.length;
  return [members, named, ...(isFixed ? [] : staying(context, (node) => presence.stays(node)))];
}

/**
 * Who must reach each other though others cease to be members, or are hung up on, and so pass nothing on: those who
 * stay; and with them each that comes by an invitation, for the next one may never come.
 */
function staying(
  { everMembers, members, joining, outsiders }: ResolvedContext,
  isRelied: (node: number) => boolean,
): readonly (readonly number[])[] {
  const named = [...members, ...joining];
  const stays = (node: number) => !outsiders.includes(node) && isRelied(node);
  const invited = Array.from(everMembers).filter((node) => !named.includes(node) && stays(node));
  const all = named.filter(stays);
  return [all, ...invited.map((node) => [...all, node])];
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
  { id, members, joining }: ResolvedContext,
  { links, presence }: { readonly links: Links; readonly presence: Presence },
  { seed, roster }: Resolving,
): readonly Link[] {
  return joining.flatMap((node): readonly Link[] => {
    const present = [...members, ...joining].filter((other) => presence.finds(node, other));
    const neighbours = links.neighbours(node);
    if (present.length === 0 || present.some((other) => neighbours.includes(other))) return [];
    const draws = stream(seed, `topology-context/${id}/${roster.idOf(node)}`);
    return [[node, draws.pick(present)]];
  });
}

/** Reports each context whose members the links leave apart: those there at the start, all that ever are, or all that stay. */
export function reportApart(
  links: Links,
  { path, presence }: { readonly path: ScenarioPath; readonly presence: Presence },
  resolving: Resolving,
): void {
  const { contexts, roster, problems } = resolving;
  for (const context of contexts.all) {
    const parts = togetherIn(context, presence)
      .map((nodes) => links.components(nodes))
      .find((found) => found.length > 1);
    const [first = [], second = []] = parts ?? [];
    if (parts === undefined) continue;
    const names = [first, second].map((part) => showNodes(part.map((node) => roster.idOf(node))));
    const message = `the members of context "${context.id}" are left apart: ${names[0]} cannot reach ${names[1]}, expected links by which each reaches each over members`;
    problems.add("topology", path, message);
  }
}

function showNodes(ids: readonly string[]): string {
  return ids.length <= 3
    ? ids.join(", ")
    : `${ids.slice(0, 2).join(", ")} and ${showCount(ids.length - 2)} more`;
}
