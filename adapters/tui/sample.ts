/** A look at a simulation's nodes at this moment. Changes nothing. */

import type { ContextId, Hash } from "../../core/ids.ts";
import type { Simulation } from "../../sim/simulation.ts";
import type { SimNode } from "../../sim/world/sim-node.ts";
import type { NodeMark } from "./view-model.ts";

export interface NodeSample {
  readonly mark: NodeMark;
  /** The root of its state in the context; null for a node that has none now. */
  readonly root: Hash | null;
  /** Deltas applied in the context. */
  readonly applied: number;
}

/** Every node's place in a context, by index. O(nodes): roots are cached where they are. */
export function sampleNodes(simulation: Simulation, contextId: ContextId): readonly NodeSample[] {
  const isMember = membersOf(simulation, contextId);
  return simulation.world.nodes.map((node) => sampleNode(node, contextId, isMember));
}

/** How many different roots the nodes that run have. */
export function countRoots(simulation: Simulation, contextId: ContextId): number {
  const roots = new Set<Hash>();
  for (const { root } of sampleNodes(simulation, contextId)) {
    if (root !== null) roots.add(root);
  }
  return roots.size;
}

/** Deltas that wait for parents, on all nodes, in all contexts. */
export function countPending(simulation: Simulation): number {
  let pending = 0;
  for (const { core } of simulation.world.nodes) {
    if (core === null) continue;
    for (const replica of core.replicas().values()) pending += replica.deltas.pending.count;
  }
  return pending;
}

/** Messages of every kind sent so far. */
export function countMessages(simulation: Simulation): number {
  return Object.values(simulation.world.counters.messages).reduce((sum, count) => sum + count, 0);
}

/** Who has a role, as the honest node that applied most knows it. */
function membersOf({ world }: Simulation, contextId: ContextId): (node: SimNode) => boolean {
  const replicas = world.judged.flatMap(({ core }) => core?.replicas().get(contextId) ?? []);
  const counts = replicas.map(({ deltas }) => deltas.graph.count);
  const most = replicas[counts.indexOf(Math.max(0, ...counts))];
  if (most === undefined || !most.isInitialized) return () => true;
  return ({ author, core }) =>
    most.governance.members.roleNow(author) !== null ||
    (core?.replicas().get(contextId)?.governance.comingIn.invitation ?? null) !== null;
}

function sampleNode(node: SimNode, contextId: ContextId, isMember: (node: SimNode) => boolean): NodeSample {
  const { core, status } = node;
  if (status !== "up" || core === null)
    return { mark: status === "up" ? "down" : status, root: null, applied: 0 };
  const replica = core.replicas().get(contextId);
  if (replica === undefined || !isMember(node)) return { mark: "outside", root: null, applied: 0 };
  if (!replica.isInitialized) return { mark: "joining", root: null, applied: 0 };
  return { mark: markOf(node, core), root: replica.stateRoot(), applied: replica.deltas.graph.count };
}

/** Of a node that runs and has the context. */
function markOf({ isPaused, impairment }: SimNode, { sync }: NonNullable<SimNode["core"]>): NodeMark {
  if (isPaused) return "paused";
  if (impairment.behaviours.length > 0) return "byzantine";
  return sync.sessions.table.count + sync.states.count > 0 ? "syncing" : "up";
}
