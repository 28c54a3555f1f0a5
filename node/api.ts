/** What the HTTP API shows of a node. */

import { publicKeyOfSeed } from "../adapters/crypto/identity.ts";
import {
  type ContextView,
  HttpError,
  type NodeApi,
  namedAsOutside,
  type ParkedView,
  type PeerView,
  parkedShownMax,
} from "../adapters/http/api.ts";
import { toBase58 } from "../adapters/http/base58.ts";
import type { Network } from "../adapters/libp2p/port.ts";
import type { Application } from "../core/app/application.ts";
import { byteString, type ContextId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import type { NodeCore } from "../core/node.ts";
import type { Entry } from "../core/owed/work.ts";
import type { Replica } from "../core/replica.ts";
import { blobsOf, incompleteBlobsOf, keptBlobsOf } from "./blob-views.ts";
import { limitContexts } from "./context-limit.ts";
import { type Driver, StoppedError } from "./driver.ts";
import type { Metrics } from "./metrics.ts";
import type { ReconvergeNode } from "./node.ts";
import { readinessOf } from "./readiness.ts";
import type { NodeConfig } from "./settings.ts";
import type { StoreCopy } from "./store-copy.ts";
import { standingOf, syncView } from "./sync-view.ts";
import type { Watch } from "./watch.ts";

/** The API of a node that is being put together. */
export function createApi(about: {
  readonly node: ReconvergeNode;
  readonly core: NodeCore;
  readonly driver: Driver;
  readonly network: Network;
  readonly watch: Watch;
  readonly metrics: Metrics;
  readonly storeCopy: StoreCopy;
  readonly config: NodeConfig;
  readonly seed: Uint8Array;
  readonly applications: readonly Application[];
}): NodeApi {
  const { node, core, driver, network, watch, metrics, storeCopy, config, seed, applications } = about;
  const startedMs = performance.now();
  const query = <T>(read: (core: NodeCore) => T) => saidWhy(driver.query(read));
  return {
    author: byteString(publicKeyOfSeed(seed)),
    peer: node.peer,
    call: limitContexts(async (call) => namedAsOutside(await saidWhy(driver.request(call))), core.replicas()),
    contexts: () => query(() => Array.from(core.replicas().values(), (each) => viewOf(each, core))),
    context: (contextId) =>
      query(() => {
        const replica = core.replicas().get(contextId);
        return replica === undefined ? null : viewOf(replica, core);
      }),
    members: (contextId) =>
      query(() => {
        const governance = core.replicas().get(contextId)?.governance;
        if (governance === undefined) return null;
        const { ownRole, members } = governance;
        return { ownRole, others: members.others, named: members.all() };
      }),
    parked: (contextId) =>
      query(() => (core.replicas().get(contextId)?.owed.parked(parkedShownMax) ?? []).map(parkedView)),
    blobs: (contextId) => query(() => blobsOf(core, contextId)),
    keptBlobs: () => query(() => keptBlobsOf(core)),
    peers: () => peersOf(core),
    listen: (isWanted) => node.events.subscribe(({ contextId }) => isWanted(contextId)),
    standing: (contextId) => query(() => standingOf(core, contextId)),
    state: () => node.state,
    metrics: () => metrics.text({ core, driver, network }),
    beginStoreCopy: () => storeCopy.begin(),
    storeCopy: () => storeCopy.state,
    status: (): JsonObject => ({
      name: config.name,
      state: node.state,
      peer: node.peer,
      key: toBase58(byteString(publicKeyOfSeed(seed))),
      addresses: [...node.addresses()],
      api: node.apiUrl,
      uptimeMs: Math.round(performance.now() - startedMs),
      applications: applications.map(({ name }) => name),
      contexts: core.replicas().size,
      peers: core.peers.connectedCount,
      sessions: core.sync.sessions.table.count,
      blobs: core.blobs.shelf.all().size,
      blobsIncomplete: incompleteBlobsOf(core).map(toBase58),
      readiness: Array.from(core.replicas().keys(), (contextId) => ({
        context: toBase58(contextId),
        ...readinessOf(core, contextId),
      })).filter(({ state }) => state !== "ready"),
      conduct: conductView(core),
      intake: { waiting: driver.intake.length, refusedGossip: driver.intake.refused },
      memoryBytes: process.memoryUsage.rss(),
      sync: syncView(core),
      counts: Object.fromEntries(watch.counts),
      faults: Object.fromEntries(watch.faults),
    }),
  };
}

/** The same, but that a node which has stopped is an answer of the API. */
async function saidWhy<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    throw new HttpError(error.isForWantOfRoom ? 507 : 503, error.message);
  }
}

function viewOf(replica: Replica, core: NodeCore): ContextView {
  return {
    id: replica.contextId,
    application: replica.application,
    stateRoot: replica.stateRoot(),
    heads: replica.heads(),
    applied: replica.deltas.graph.count,
    pending: replica.deltas.pending.count,
    stranded: replica.deltas.stranded.count,
    entities: replica.state.storedCount,
    owed: replica.owed.waitingCount,
    parked: replica.owed.parkedCount,
    checkpoint: { sealed: replica.closing.sealed, waitsFor: replica.closing.waitsFor },
    tombstoneRetentionMs: replica.closing.retentionMs,
    ownRole: replica.governance.ownRole,
    isInvited: replica.governance.comingIn.invitation !== null,
    readiness: readinessOf(core, replica.contextId),
  };
}

/** Peers that made mistakes lately, or are refused for a time. */
function conductView(core: NodeCore): readonly JsonObject[] {
  const standings = Array.from(core.conduct.standings(Math.floor(performance.now())));
  return standings.map(([peer, { points, bannedForMs, bans }]) => ({ peer, points, bannedForMs, bans }));
}

function parkedView({ work, attempts, lastError }: Entry): ParkedView {
  const tried = { attempts, lastError: lastError ?? "" };
  return work.kind === "handler"
    ? { kind: work.kind, name: work.handler, about: work.name, ...tried }
    : { kind: work.kind, name: work.method, about: toBase58(work.contextId), ...tried };
}

function peersOf(core: NodeCore): readonly PeerView[] {
  const contexts = new Map<string, ContextId[]>(core.peers.connected().map((peer) => [peer, []]));
  for (const contextId of core.replicas().keys())
    for (const peer of core.peers.subscribers(contextId)) contexts.get(peer)?.push(contextId);
  return Array.from(contexts, ([peer, subscribed]) => ({ peer, contexts: subscribed }));
}
