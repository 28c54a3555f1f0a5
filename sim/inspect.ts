/** Where every node of a run stands at a moment, as plain JSON. Looking changes nothing. */

import { toHex } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import type { Replica } from "../core/replica.ts";
import { isLive } from "../core/state/entity.ts";
import { floorAbove } from "../core/state/reader.ts";
import type { Violation } from "./oracles/oracles.ts";
import { visibleAt } from "./oracles/visible.ts";
import type { Simulation } from "./simulation.ts";
import type { SimNode } from "./world/sim-node.ts";

export interface RunState {
  readonly scenario: string;
  readonly seed: number;
  readonly atMs: number;
  /** Events handled so far. */
  readonly event: number;
  readonly nodes: readonly NodeState[];
  /** By context: nodes that stand on the same heads, the largest group first, with what one of them holds. */
  readonly groups: Readonly<Record<string, readonly GroupState[]>>;
  readonly violations: readonly Violation[];
}

export interface NodeState {
  readonly id: string;
  readonly status: "absent" | "up" | "paused" | "down" | "left";
  readonly wallMs: number;
  readonly connected: readonly string[];
  /** Sync sessions and transfers of state that are open. */
  readonly sessions: number;
  readonly unsyncedBatches: number;
  /** Inputs that wait until it can handle them. */
  readonly inbox: number;
  readonly contexts: Readonly<Record<string, ReplicaState>>;
}

export interface ReplicaState {
  readonly heads: readonly string[];
  readonly root: string;
  readonly deltas: number;
  readonly pending: number;
  /** Deltas that others wait for here. */
  readonly missing: readonly string[];
  readonly entities: number;
  readonly owed: number;
  readonly parked: number;
}

export interface GroupState {
  readonly nodes: readonly string[];
  readonly heads: readonly string[];
  readonly root: string;
  /** What is seen at each place where something lives. */
  readonly values: Readonly<Record<string, Json>>;
}

/** O(nodes + entities of each group). */
export function inspect(simulation: Simulation): RunState {
  const { plan, world, violations } = simulation;
  const contexts = plan.contexts.map(({ id }) => id);
  return {
    ...{ scenario: plan.name, seed: plan.seed, atMs: world.nowUs / 1_000, event: world.events },
    nodes: world.nodes.map((node) => nodeState(simulation, node)),
    groups: Object.fromEntries(contexts.map((context) => [context, groupsOf(simulation, context)])),
    violations: violations.slice(),
  };
}

function nodeState({ world, plan }: Simulation, node: SimNode): NodeState {
  const { core } = node;
  const contexts = plan.contexts.flatMap(({ id }) => {
    const replica = replicaOf(world.contextIds.get(id), node);
    return replica === null ? [] : [[id, replicaState(replica)] as const];
  });
  return {
    id: node.id,
    status: node.isPaused ? "paused" : node.status,
    wallMs: node.clock.now(world.nowUs).wallMs,
    connected: core?.peers.connected() ?? [],
    sessions: core === null ? 0 : core.sync.sessions.table.count + core.sync.states.count,
    unsyncedBatches: node.disk.unsyncedCount,
    inbox: node.inbox.length,
    contexts: Object.fromEntries(contexts),
  };
}

type ContextKey = Parameters<ReadonlyMap<Replica["contextId"], Replica>["get"]>[0] | undefined;

function replicaOf(contextId: ContextKey, node: SimNode): Replica | null {
  return (contextId && node.core?.replicas().get(contextId)) ?? null;
}

function replicaState(replica: Replica): ReplicaState {
  const { deltas, state, owed } = replica;
  return {
    heads: replica.heads().map(toHex),
    root: replica.isInitialized ? toHex(replica.stateRoot()) : "",
    deltas: deltas.graph.count,
    pending: deltas.pending.count,
    missing: deltas.missing().map(toHex),
    entities: state.liveCount,
    owed: owed.waitingCount,
    parked: owed.parkedCount,
  };
}

function groupsOf({ world }: Simulation, context: string): readonly GroupState[] {
  const groups = new Map<string, { readonly replica: Replica; readonly nodes: string[] }>();
  for (const node of world.nodes) {
    const replica = replicaOf(world.contextIds.get(context), node);
    if (replica === null) continue;
    const heads = replica.heads().join("");
    const group = groups.get(heads) ?? { replica, nodes: [] };
    groups.set(heads, group);
    group.nodes.push(node.id);
  }
  return Array.from(groups.values())
    .sort((a, b) => b.nodes.length - a.nodes.length)
    .map(({ replica, nodes }) => ({
      nodes,
      heads: replica.heads().map(toHex),
      root: replica.isInitialized ? toHex(replica.stateRoot()) : "",
      values: valuesOf(replica),
    }));
}

function valuesOf({ state, isInitialized }: Replica): Readonly<Record<string, Json>> {
  if (!isInitialized) return {};
  const entities = Array.from(state.leaves({}), (leaf) => state.entityOf(leaf));
  const live = entities.filter((entity) => isLive(entity, floorAbove(state, entity.collection)));
  return Object.fromEntries(visibleAt(state, live));
}
