/** How syncing goes: of each context and peer, as `status` shows it, and of one context, as listeners are told. */

import type { ContextStanding } from "../adapters/http/api.ts";
import { toBase58 } from "../adapters/http/base58.ts";
import type { ContextId, PeerId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import type { NodeCore } from "../core/node.ts";

/** Rows shown; of more, those that end last are left out. */
const rowsMax = 200;

/** For each context and peer the last verdict, what is wrong first. */
export function syncView(core: NodeCore): readonly JsonObject[] {
  const rows = Array.from(core.replicas().keys()).flatMap((contextId) => {
    return Array.from(core.sync.verdicts(contextId), ([peer, { last, isRootEqual }]) => ({
      ...{ context: toBase58(contextId), peer, last, isRootEqual },
    })).filter(({ last }) => last !== null);
  });
  const rank = ({ last, isRootEqual }: (typeof rows)[number]) =>
    isRootEqual === false ? 0 : last?.outcome === "failed" ? 1 : 2;
  return rows
    .sort((a, b) => rank(a) - rank(b) || (b.last?.wallMs ?? 0) - (a.last?.wallMs ?? 0))
    .slice(0, rowsMax)
    .map(({ context, peer, last, isRootEqual }) => ({
      context,
      peer,
      protocol: last?.protocol ?? null,
      outcome: last?.outcome ?? null,
      at: new Date(last?.wallMs ?? 0).toISOString(),
      headsEqual: last?.areHeadsEqual ?? null,
      rootsEqual: isRootEqual,
    }));
}

/** O(peers of the context + open sessions). */
export function standingOf(core: NodeCore, contextId: ContextId): ContextStanding | null {
  const replica = core.replicas().get(contextId);
  if (replica === undefined) return null;
  const tracks = Array.from(core.sync.verdicts(contextId));
  const failed = tracks.find(([, { last }]) => last?.outcome === "failed");
  return {
    stateRoot: replica.stateRoot(),
    sync: {
      state: syncStateOf(core, contextId),
      failureCount: Math.max(0, ...tracks.map(([, { failures }]) => failures.attempts)),
      lastError: failed === undefined ? null : `the last session with ${failed[0]} failed`,
    },
  };
}

function syncStateOf(core: NodeCore, contextId: ContextId): ContextStanding["sync"]["state"] {
  if (core.sync.states.isReceiving(contextId)) return "receivingSnapshot";
  for (const session of core.openSessions()) if (session.contextId === contextId) return "syncing";
  const peers = core.peers.subscribers(contextId);
  if (peers.length === 0) return "waitingForPeers";
  const tracks = core.sync.verdicts(contextId);
  const isWaiting = (peer: PeerId) => (tracks.get(peer)?.failures.notBeforeMs ?? 0) > performance.now();
  return peers.every(isWaiting) ? "backingOff" : "idle";
}
