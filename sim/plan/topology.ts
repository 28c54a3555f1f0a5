/**
 * Who is linked to whom. First the nodes there at the start by the topology's rule, then each joining node by
 * the same rule, then whatever the members of each context lack to reach each other.
 *
 * 1. Each context's extra links depend on its own stream and on the topology, not on other contexts.
 */

import { stream } from "../random.ts";
import type { Topology } from "../scenario/scenario.ts";
import { type ScenarioPath, showCount } from "../scenario/scenario-error.ts";
import { connectContexts, reportApart } from "./context-links.ts";
import { type Link, Links } from "./links.ts";
import type { PlanFault } from "./plan.ts";
import { randomRegularLinks } from "./random-regular.ts";
import type { Resolving } from "./resolving.ts";

const fullNodesMax = 16;
const degreeDefault = 8;
export const linksMax = 5_000_000;

type Shape =
  | { readonly kind: "random-regular"; readonly degree: number }
  | { readonly kind: "full" | "ring" | "line" | "star" }
  | { readonly kind: "links"; readonly links: readonly (readonly [string, string])[] };

/** `faults` tell who is gone when another joins. Each pair once, the lower index first, in rising order. */
export function resolveTopology(faults: readonly PlanFault[], resolving: Resolving): readonly Link[] {
  const { scenario, roster, problems } = resolving;
  const shape = shapeOf(scenario.network?.topology, roster.initialCount);
  const links = new Links(roster.nodes.length);
  const presence = new Presence(faults, resolving);
  if (shape.kind === "links") {
    const before = problems.count;
    addNamed(links, shape.links, resolving);
    const path = ["network", "topology", "links"];
    if (problems.count === before) reportApart(links, { path, presence }, resolving);
    return links.sorted();
  }
  if (!isPossible(shape, resolving)) return [];
  for (const [a, b] of initialLinks(shape, resolving)) links.add(a, b);
  for (let node = roster.initialCount; node < roster.nodes.length; node += 1) {
    for (const other of neighboursOfJoining(shape, { node, presence, resolving })) links.add(node, other);
  }
  connectContexts(links, presence, resolving);
  return links.sorted();
}

function shapeOf(topology: Topology | undefined, initialCount: number): Shape {
  if (topology === undefined) {
    return initialCount <= fullNodesMax
      ? { kind: "full" }
      : { kind: "random-regular", degree: degreeDefault };
  }
  const given = typeof topology === "string" ? { kind: topology } : topology;
  if ("links" in given) return { kind: "links", links: given.links };
  if (given.kind !== "random-regular") return { kind: given.kind };
  return { kind: given.kind, degree: ("degree" in given ? given.degree : undefined) ?? degreeDefault };
}

function addNamed(
  links: Links,
  named: readonly (readonly [string, string])[],
  { roster, problems }: Resolving,
): void {
  for (const [index, [first, second]] of named.entries()) {
    const path: ScenarioPath = ["network", "topology", "links", index];
    const a = roster.find(first, [...path, 0]);
    const b = roster.find(second, [...path, 1]);
    if (a === null || b === null) continue;
    if (a === b) problems.add("topology", path, `found a link from "${first}" to itself, expected two nodes`);
    links.add(a, b);
  }
}

/** Reports a topology that no such network can have. */
function isPossible(shape: Exclude<Shape, { kind: "links" }>, { roster, problems }: Resolving): boolean {
  const count = roster.initialCount;
  const path = ["network", "topology"];
  if (shape.kind === "full" && (count * (count - 1)) / 2 > linksMax) {
    const message = `full among ${showCount(count)} nodes makes ${showCount((count * (count - 1)) / 2)} links, expected at most ${showCount(linksMax)}`;
    problems.add("too-large", path, message);
    return false;
  }
  if (shape.kind !== "random-regular") return true;
  const { degree } = shape;
  const expected = expectedDegree(degree, count);
  if (expected === null) return true;
  problems.add("topology", [...path, "degree"], `found ${degree}, expected ${expected}`);
  return false;
}

/** What a degree should be that does not fit so many nodes; null for one that fits. */
function expectedDegree(degree: number, count: number): string | null {
  if (degree >= count) return `a degree below the number of nodes, ${count}`;
  if ((degree * count) % 2 === 1)
    return `an even degree: with ${count} nodes, ${degree} at each make no whole number of links`;
  if (degree === 1 && count > 2) return `at least 2: with 1 the ${count} nodes cannot all reach each other`;
  if ((degree * count) / 2 > linksMax) return `a degree that makes at most ${showCount(linksMax)} links`;
  return null;
}

function initialLinks(shape: Exclude<Shape, { kind: "links" }>, { seed, roster }: Resolving): Iterable<Link> {
  const count = roster.initialCount;
  switch (shape.kind) {
    case "random-regular":
      return randomRegularLinks(count, shape.degree, stream(seed, "topology"));
    case "full":
      return fullLinks(count);
    case "ring":
      return Array.from({ length: count }, (_, node): Link => [node, (node + 1) % count]);
    case "line":
      return Array.from({ length: count - 1 }, (_, node): Link => [node, node + 1]);
    case "star":
      return Array.from({ length: count - 1 }, (_, node): Link => [0, node + 1]);
  }
}

function* fullLinks(count: number): Iterable<Link> {
  for (let a = 0; a < count; a += 1) for (let b = a + 1; b < count; b += 1) yield [a, b];
}

interface Joining {
  readonly node: number;
  readonly presence: Presence;
  readonly resolving: Resolving;
}

/** Whom a joining node is linked to, of those that are there then. */
function neighboursOfJoining(
  shape: Exclude<Shape, { kind: "links" }>,
  { node, presence, resolving: { seed, roster } }: Joining,
): readonly number[] {
  const present = presence.before(node);
  switch (shape.kind) {
    case "random-regular":
      return stream(seed, `topology-join/${roster.idOf(node)}`)
        .shuffle(present)
        .slice(0, shape.degree);
    case "full":
      return present;
    case "ring":
      return [present[0], present.at(-1)].filter((other) => other !== undefined);
    case "line":
      return present.slice(-1);
    case "star":
      return present.slice(0, 1);
  }
}

/** Who is there when, and who can be relied upon. */
export class Presence {
  readonly #leftAtUs = new Map<number, number>();
  readonly #liars = new Set<number>();
  readonly #resolving: Resolving;

  constructor(faults: readonly PlanFault[], resolving: Resolving) {
    this.#resolving = resolving;
    for (const fault of faults) {
      if (fault.kind === "leave") for (const node of fault.nodes) this.#leftAtUs.set(node, fault.atUs);
      if (fault.kind === "byzantine") for (const node of fault.nodes) this.#liars.add(node);
    }
  }

  /** Those that came before this joining node and have not left when it comes, in the order of the roster. */
  before(node: number): readonly number[] {
    return Array.from({ length: node }, (_, other) => other).filter((other) => this.finds(node, other));
  }

  /** When nodes leave, in order, each moment once. */
  leaveTimesUs(): readonly number[] {
    return Array.from(new Set(this.#leftAtUs.values())).sort((a, b) => a - b);
  }

  /** Whether a node has come and not left at this moment, its own leaving counted as done. */
  isThere(node: number, atUs: number): boolean {
    const joinedAtUs = this.#resolving.roster.nodes[node]?.joinsAtUs ?? 0;
    return joinedAtUs <= atUs && (this.#leftAtUs.get(node) ?? Number.POSITIVE_INFINITY) > atUs;
  }

  /** Whether a node is there at the end. */
  stays(node: number): boolean {
    return this.isThere(node, this.#resolving.untilUs);
  }

  /** Whether a node is never byzantine. */
  isHonest(node: number): boolean {
    return !this.#liars.has(node);
  }

  /** Whether the other is there when this joining node comes. */
  finds(node: number, other: number): boolean {
    const leftAtUs = this.#leftAtUs.get(other) ?? Number.POSITIVE_INFINITY;
    return other < node && leftAtUs > (this.#resolving.roster.nodes[node]?.joinsAtUs ?? 0);
  }
}
