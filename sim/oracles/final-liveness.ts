/**
 * Final liveness: a run that expects no convergence of its own must still be able to come to it. When it is over, a
 * core of connected, honest, running nodes is healed and cut off from everybody else, and must converge within a
 * bound that follows from the scenario. Invariants 1 and 2.
 */

import type { ContextId } from "../../core/ids.ts";
import type { LatencyPlan, Plan } from "../plan/plan.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { World } from "../world/world.ts";

/** Of a context: its members in the core, who reach each other over links among themselves. */
export interface CorePart {
  readonly context: string;
  readonly contextId: ContextId;
  readonly nodes: readonly number[];
}

/** For each context the largest set of live honest members that are linked among themselves. */
export function coreOf(world: World): readonly CorePart[] {
  return Array.from(world.contextIds).flatMap(([context, contextId]) => {
    const members = world.judged.filter(
      (node) =>
        node.status === "up" &&
        world.isJudgedIn(node, contextId) &&
        node.core?.replicas().has(contextId) === true,
    );
    const [largest] = components(members, world.plan).toSorted((a, b) => b.length - a.length);
    return largest === undefined ? [] : [{ context, contextId, nodes: largest }];
  });
}

function components(members: readonly SimNode[], plan: Plan): readonly (readonly number[])[] {
  const unseen = new Set(members.map(({ index }) => index));
  const neighbours = neighboursIn(plan, unseen);
  return members.flatMap(({ index }) => {
    if (!unseen.delete(index)) return [];
    const reached = [index];
    for (const node of reached) {
      for (const next of neighbours.get(node) ?? []) if (unseen.delete(next)) reached.push(next);
    }
    return [reached];
  });
}

function neighboursIn(plan: Plan, nodes: ReadonlySet<number>): ReadonlyMap<number, readonly number[]> {
  const neighbours = new Map<number, number[]>(Array.from(nodes, (node) => [node, []]));
  for (const [low, high] of plan.links) {
    if (!nodes.has(low) || !nodes.has(high)) continue;
    neighbours.get(low)?.push(high);
    neighbours.get(high)?.push(low);
  }
  return neighbours;
}

/** A lost peer is dialled again at once for five minutes, then now and then; an unanswered dial is waited for so long. */
const redialMs = 30_000;
/** Round trips of the longest session, and waits for one that was busy. */
const sessionRoundTrips = 24;
const busyMs = 5_000;
/** What is computed leaves out chance: peers chosen at random, sessions that collide. */
const slack = 2;

/** How long a healed core may take, in microseconds of virtual time. */
export function boundUs(world: World, parts: readonly CorePart[]): number {
  const { network, untilUs, diskSyncUs } = world.plan;
  const nodes = Array.from(new Set(parts.flatMap((part) => part.nodes)), (node) => world.node(node));
  const longest = (key: "syncFrequencyMs" | "syncTimeoutMs" | "syncBackoffMaxMs") =>
    nodes.reduce((max, { config }) => Math.max(max, config[key]), 0);
  const roundTripMs = 2 * latencyMaxMs(network.latency);
  // A failing peer was put off for as long as it has failed, and no longer than the run was.
  const waitedMs = longest("syncTimeoutMs") + Math.min(longest("syncBackoffMaxMs"), untilUs / 1_000);
  const connectMs = network.keepaliveMs + redialMs + 2 * roundTripMs;
  const sessionMs = sessionRoundTrips * (roundTripMs + diskSyncUs[1] / 1_000) + busyMs;
  const hops = parts.reduce((max, { nodes: part }) => Math.max(max, diameter(world.plan, part)), 1);
  const { payload } = world.counters.bytes;
  const transferMs = network.bandwidthKbps === null ? 0 : (payload * 8) / network.bandwidthKbps;
  const hopMs = longest("syncFrequencyMs") + sessionMs;
  return Math.ceil(slack * 1_000 * (connectMs + waitedMs + hops * hopMs + transferMs));
}

/** What a latency hardly ever exceeds. */
function latencyMaxMs(latency: LatencyPlan): number {
  switch (latency.kind) {
    case "constant":
      return latency.ms;
    case "uniform":
      return latency.maxMs;
    case "exponential":
      return latency.meanMs * 10;
    case "lognormal":
      return latency.p99Ms * 3;
  }
}

/** At most twice too much: the farthest from one node, twice. O(links). */
function diameter(plan: Plan, nodes: readonly number[]): number {
  const neighbours = neighboursIn(plan, new Set(nodes));
  const [first] = nodes;
  if (first === undefined) return 0;
  const distance = new Map([[first, 0]]);
  let farthest = 0;
  for (const [node, hops] of distance) {
    farthest = hops;
    for (const next of neighbours.get(node) ?? []) if (!distance.has(next)) distance.set(next, hops + 1);
  }
  return 2 * farthest;
}
