/** How far a context is on this node, and why it is no further. */

import type { ContextId } from "../core/ids.ts";
import type { NodeCore } from "../core/node.ts";
import type { Replica } from "../core/replica.ts";

export const readinessStates = ["bootstrapping", "catching-up", "ready", "degraded"] as const;

export interface Readiness {
  readonly state: (typeof readinessStates)[number];
  /** A clause for people; empty when it is ready. */
  readonly why: string;
}

/** O(peers of the context). */
export function readinessOf(core: NodeCore, contextId: ContextId): Readiness {
  const replica = core.replicas().get(contextId);
  const peers = core.peers.subscribers(contextId).length;
  if (replica === undefined) return { state: "bootstrapping", why: "it is not on this node" };
  if (core.sync.states.isReceiving(contextId))
    return {
      state: replica.isInitialized ? "catching-up" : "bootstrapping",
      why: "a peer's state is being received",
    };
  if (!replica.isInitialized) {
    const why = peers === 0 ? "no connected peer has it" : `${peers} peers that have it are being asked`;
    const reasons = [refusedBy(core, contextId) ?? why, whatIsStranded(replica)];
    return { state: "bootstrapping", why: reasons.filter((reason) => reason !== null).join("; ") };
  }
  const { ownRole, comingIn } = replica.governance;
  if (ownRole === null)
    return comingIn.invitation === null
      ? { state: "degraded", why: "this node is no member of it" }
      : { state: "catching-up", why: "this node is invited, and has to meet a member" };
  const degraded = whatIsWrong(core, contextId);
  if (degraded !== null) return { state: "degraded", why: degraded };
  const { graph, pending } = replica.deltas;
  const theirs = core.sync.sessions.table.appliedBy(contextId) ?? 0;
  if (theirs > graph.count)
    return { state: "catching-up", why: `${graph.count} of ${theirs} deltas are here` };
  if (pending.count > 0)
    return { state: "catching-up", why: `${pending.count} deltas wait for their parents` };
  return { state: "ready", why: "" };
}

/** Did all who are there and have the context refuse this node when they were last asked? */
function refusedBy(core: NodeCore, contextId: ContextId): string | null {
  const verdicts = core.sync.verdicts(contextId);
  const asked = core.peers.subscribers(contextId).flatMap((peer) => verdicts.get(peer)?.last?.outcome ?? []);
  const isRefused = asked.length > 0 && asked.every((outcome) => outcome === "refused");
  return isRefused
    ? `all peers that have it (${asked.length}) refuse to sync, most likely as they take this node for no member`
    : null;
}

/** What keeps a context from being of use or from agreeing with others, although there is something; or null. */
function whatIsWrong(core: NodeCore, contextId: ContextId): string | null {
  const replica = core.replicas().get(contextId);
  if (replica?.hasApplication === false)
    return `its application "${replica.application}" is not installed here`;
  const connected = Array.from(core.sync.verdicts(contextId)).filter(([peer]) =>
    core.peers.isConnected(peer),
  );
  const differing = connected.find(([, { isRootEqual }]) => isRootEqual === false);
  if (differing !== undefined) return `its state differs from that of ${differing[0]} on the same heads`;
  const tried = connected.filter(([, { last }]) => last !== null);
  if (tried.length > 0 && tried.every(([, { last }]) => last?.outcome === "failed"))
    return `the last session with each of ${tried.length} peers failed`;
  const parked = replica?.owed.parkedCount ?? 0;
  if (parked > 0) return `${parked} handlers or calls failed too often and are parked`;
  return refusedBy(core, contextId) ?? (replica === undefined ? null : whatIsStranded(replica));
}

/** Of a damaged store, what could be read but is not applied; null where there is no such thing. */
export function whatIsStranded({ deltas: { stranded } }: Replica): string | null {
  const { count, refused } = stranded;
  const [reason] = refused.values();
  const waiting = `${count - refused.size} deltas that repair could read wait for others that it could not: no peer has given these yet, and the store keeps what waits`;
  const unfit = `${refused.size} deltas that repair could read are kept in the store, but not applied: ${reason}`;
  const said = [count > refused.size ? waiting : "", refused.size > 0 ? unfit : ""];
  return count === 0 ? null : said.filter((clause) => clause !== "").join("; ");
}
