/** One node of a run, looked at closely: where it stands, what it waits for, whom it hears, and what it lacks. */

import type { ContextId, DeltaId } from "../../core/ids.ts";
import { topicOf } from "../../core/ids.ts";
import type { Replica } from "../../core/replica.ts";
import type { SessionMemory } from "../../core/sync/session.ts";
import type { Simulation } from "../simulation.ts";
import { epochMs } from "../world/clock.ts";
import type { SimNode } from "../world/sim-node.ts";
import { type DeltaInWords, deltaInWords } from "./delta-words.ts";
import { type DifferingValue, differingValues } from "./differing-values.ts";
import { type LinkState, linkStates } from "./link-states.ts";

export interface NodeDetail {
  readonly id: string;
  readonly status: "absent" | "up" | "paused" | "down" | "left";
  readonly standing: Standing | null;
  readonly clock: { readonly errorMs: number; readonly driftPpm: number };
  readonly disk: { readonly unsynced: number; readonly isFailing: boolean };
  /** Inputs that wait until it can handle them. */
  readonly inbox: number;
  readonly behaviours: readonly string[];
  /** What it is to be woken for, the first first. */
  readonly timers: readonly { readonly purpose: string; readonly inMs: number }[];
  readonly sessions: readonly SessionDetail[];
  readonly states: number;
  readonly peers: readonly PeerDetail[];
}

/** In the shown context; null for a node that does not run or has none of it. */
export interface Standing {
  readonly heads: readonly DeltaId[];
  readonly applied: number;
  readonly entities: number;
  /** Deltas that wait for their parents, those parents, and what could be applied at once. */
  readonly pending: number;
  readonly missing: readonly DeltaId[];
  readonly ready: number;
  /** Of what can be applied: is it to be woken for it? */
  readonly isApplyingSoon: boolean;
  readonly owed: number;
  readonly parked: number;
  /** Its latest deltas, the latest first. */
  readonly recent: readonly DeltaInWords[];
  readonly lacks: Lacks | null;
}

/** Against a node of the largest group that stands on the same heads; null where it is in that group and agrees. */
export interface Lacks {
  readonly majority: number;
  readonly against: string;
  readonly missing: number;
  readonly first: readonly DeltaInWords[];
  readonly beyond: number;
  /** With the same deltas, and another state: what is there. */
  readonly values: readonly DifferingValue[];
}

export interface SessionDetail {
  readonly peer: string;
  readonly role: SessionMemory["role"];
  readonly purpose: SessionMemory["purpose"];
  readonly protocol: string | null;
  readonly state: SessionMemory["state"];
  readonly sent: number;
  readonly toSend: number;
  readonly gained: number;
}

export interface PeerDetail {
  readonly id: string;
  readonly isConnected: boolean;
  readonly isSubscribed: boolean;
  readonly isInMesh: boolean;
  readonly to: LinkState;
  readonly from: LinkState;
}

const recentMax = 40;
const missingShownMax = 12;

/** O(peers + what it lacks). */
export function detailOf(simulation: Simulation, index: number, contextId: ContextId): NodeDetail {
  const { world } = simulation;
  const node = world.node(index);
  const { core, clock, disk } = node;
  const now = clock.now(world.nowUs);
  return {
    id: node.id,
    status: node.isPaused ? "paused" : node.status,
    standing: standingOf(simulation, node, contextId),
    clock: { errorMs: now.wallMs - epochMs - Math.floor(world.nowUs / 1_000), driftPpm: clock.driftPpm },
    disk: { unsynced: disk.unsyncedCount, isFailing: node.isDiskFailing },
    inbox: node.inbox.length,
    behaviours: node.impairment.behaviours,
    timers: Array.from(core?.timers() ?? [], ([name, dueMs]) => ({
      purpose: timerInWords(simulation, name),
      inMs: dueMs - now.monotonicMs,
    })).sort((a, b) => a.inMs - b.inMs),
    sessions: Array.from(core?.openSessions() ?? [], sessionOf),
    states: core?.sync.states.count ?? 0,
    peers: peersOf(simulation, node, contextId),
  };
}

function standingOf(simulation: Simulation, node: SimNode, contextId: ContextId): Standing | null {
  const replica = node.core?.replicas().get(contextId);
  if (replica === undefined || !replica.isInitialized) return null;
  const { deltas, state, owed } = replica;
  const words = (id: DeltaId) => deltaInWords(simulation, node, id);
  const { graph } = deltas;
  const shown = Math.min(recentMax, graph.count);
  return {
    heads: replica.heads(),
    applied: graph.count,
    entities: state.liveCount,
    pending: deltas.pending.count,
    missing: deltas.missing(),
    ready: deltas.readyCount,
    isApplyingSoon: node.core?.timers().has(`apply-ready:${contextId}`) ?? false,
    owed: owed.waitingCount,
    parked: owed.parkedCount,
    recent: Array.from({ length: shown }, (_, back) => words(graph.at(graph.count - 1 - back).id)),
    lacks: lacksOf(simulation, replica, node),
  };
}

function lacksOf(simulation: Simulation, replica: Replica, node: SimNode): Lacks | null {
  const majority = majorityOf(simulation, replica.contextId);
  if (majority === null || majority.node === node) return null;
  const { graph } = majority.replica.deltas;
  const missing = graph.since(replica.heads()).filter((id) => !replica.deltas.graph.has(id));
  const beyond = replica.deltas.graph.since(majority.replica.heads()).filter((id) => !graph.has(id)).length;
  const isSame = missing.length === 0 && beyond === 0;
  const values = isSame ? differingValues(replica, majority.replica) : [];
  if (isSame && values.length === 0) return null;
  return {
    majority: majority.size,
    against: majority.node.id,
    missing: missing.length,
    first: missing.slice(0, missingShownMax).map((id) => deltaInWords(simulation, majority.node, id)),
    beyond,
    values,
  };
}

interface Majority {
  readonly node: SimNode;
  readonly replica: Replica;
  readonly size: number;
}

/** Of the honest nodes that run: one of those that most have the heads and the state of. O(nodes). */
function majorityOf({ world }: Simulation, contextId: ContextId): Majority | null {
  const groups = new Map<string, Majority>();
  for (const node of world.judged) {
    const replica = node.core?.replicas().get(contextId);
    if (replica === undefined || !replica.isInitialized) continue;
    const key = `${replica.stateRoot()}${replica.heads().join("")}`;
    const group = groups.get(key);
    groups.set(key, group === undefined ? { node, replica, size: 1 } : { ...group, size: group.size + 1 });
  }
  // Of groups of one size the one that has more.
  const rank = ({ size, replica }: Majority) => [size, replica.deltas.graph.count] as const;
  return Array.from(groups.values()).reduce<Majority | null>((most, group) => {
    if (most === null) return group;
    const [[a, x], [b, y]] = [rank(group), rank(most)];
    return a > b || (a === b && x > y) ? group : most;
  }, null);
}

function sessionOf(session: Readonly<SessionMemory>): SessionDetail {
  const { peer, role, purpose, protocol, state, sent, outgoing, gained } = session;
  return { peer, role, purpose, protocol, state, sent, toSend: outgoing.length, gained };
}

function peersOf({ world }: Simulation, node: SimNode, contextId: ContextId): readonly PeerDetail[] {
  const topic = topicOf(contextId);
  const { core } = node;
  const subscribers = new Set<string>(core?.peers.subscribers(contextId) ?? []);
  const connected = new Set<string>(core?.peers.connected() ?? []);
  const mesh = world.meshOf(node.index, topic);
  return Array.from(world.connections.neighbours(node.index), (other) => {
    const { id } = world.node(other);
    return {
      ...{ id, isConnected: connected.has(id), isSubscribed: subscribers.has(id) },
      isInMesh: mesh.has(other),
      ...linkStates(world, node.index, other),
    };
  });
}

/** `periodic-sync`, `dial n3`: what it is for, and whom it concerns where that says something. */
function timerInWords({ world }: Simulation, name: string): string {
  const colon = name.indexOf(":");
  const [purpose, subject] = [name.slice(0, colon), name.slice(colon + 1)];
  if (purpose === "dial") return `dial ${subject}`;
  const several = world.contextIds.size > 1;
  const context = Array.from(world.contextIds).find(([, contextId]) => contextId === subject)?.[0];
  return several && context !== undefined ? `${purpose} ${context}` : purpose;
}
