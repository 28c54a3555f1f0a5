/** "This is where I stand": what opens a session on both sides, and what is chosen from it. */

import { areSameHeads, type HeadsSummary } from "../dag/heads.ts";
import { type Fault, fault } from "../fault.ts";
import type { PeerId } from "../ids.ts";
import { hlcMsMax } from "../limits.ts";
import type { Replica } from "../replica.ts";
import type { Turn } from "../turn.ts";
import { type Handshake, recentBytes, recentMax, type SyncProtocol } from "../wire/sync-message.ts";
import type { Frontier } from "./frontiers.ts";
import { ownProtocols, selectProtocol } from "./selection.ts";

export function createHandshake(
  replica: Replica,
  turn: Turn,
  {
    frontiers = [],
    chosen = null,
    peer = null,
  }: {
    readonly frontiers?: readonly Frontier[];
    readonly chosen?: SyncProtocol | null;
    /** To whom it is said. */
    readonly peer?: PeerId | null;
  } = {},
): Handshake {
  const { graph } = replica.deltas;
  const [newest] = frontiers;
  const recent = newest === undefined ? [] : graph.recent(newest.count, recentMax);
  return {
    kind: "handshake",
    contextId: replica.contextId,
    ...replica.standing(),
    protocols: ownProtocols,
    chosen,
    frontiers: frontiers.map(({ name }) => name),
    recent: recent.map((id) => id.slice(0, recentBytes)),
    stateRoot: replica.stateRoot(),
    appliedCount: graph.count,
    horizon: graph.count - replica.deltas.bodyCount,
    entityCount: replica.state.storedCount,
    invitation: peer === null ? null : replica.governance.comingIn.invitationFor(peer),
    wallMs: Math.min(hlcMsMax, Math.max(0, Math.floor(turn.now.wallMs))),
  };
}

/** A responder's: with the protocol it chooses; null when there is none that both can run. */
export function answerHandshake(
  replica: Replica,
  theirs: Handshake,
  {
    frontiers,
    forced = null,
    turn,
  }: { readonly frontiers: readonly Frontier[]; readonly forced?: SyncProtocol | null; readonly turn: Turn },
): Handshake | null {
  const ours = createHandshake(replica, turn);
  const shared = sharedFrontier(frontiers, theirs);
  const gap = {
    agrees: areSameHeads(replica.standing(), theirs),
    holdsTheirs: holdsHeads(replica, theirs),
    sharesFrontier: shared !== null,
    ours,
    theirs,
  };
  const chosen = selectProtocol(gap, theirs.protocols, forced);
  if (chosen === null) return null;
  const named = chosen === "delta-warm" && shared !== null ? [shared] : [];
  return createHandshake(replica, turn, { chosen, frontiers: named });
}

/** What is wrong with the answer to an own handshake; null when nothing is. */
export function findMistake(ours: Handshake, theirs: Handshake): Fault | null {
  switch (theirs.chosen) {
    case null:
      return fault("malformed", "a handshake that answers and chooses no protocol");
    case "none":
      return areSameHeads(ours, theirs) ? null : fault("malformed", "none is chosen where heads differ");
    case "delta-warm": {
      const [name] = theirs.frontiers;
      const isOffered = name !== undefined && ours.frontiers.includes(name);
      return isOffered ? null : fault("malformed", "a frontier is chosen that was not offered");
    }
    case "delta-known":
    case "delta-cold":
    case "hash-comparison":
    case "level-wise":
    case "snapshot":
      return null;
  }
}

/** The newest of one's own frontiers that the other names too. */
export function sharedFrontier(own: readonly Frontier[], theirs: Handshake): Frontier | null {
  return own.find(({ name }) => theirs.frontiers.includes(name)) ?? null;
}

/** Are all heads of the other applied here? Then what it lacks is known exactly. */
export function holdsHeads(replica: Replica, { heads, headCount }: HeadsSummary): boolean {
  return headCount === heads.length && heads.every((head) => replica.deltas.graph.has(head));
}

/** Does the other have heads this node has never been given? */
export function isAhead(replica: Replica, theirs: Handshake): boolean {
  return theirs.headCount > theirs.heads.length || theirs.heads.some((head) => !replica.deltas.holds(head));
}
