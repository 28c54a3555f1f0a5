/**
 * How long a sound core may take to converge once calls and faults are over: computed from the scenario. Generous, for
 * it must never blame a sound core; what is broken does not converge at all, or only after the next hour's timer.
 */

import { type ConfigKey, tunables } from "../../core/config.ts";
import { isBlobMethod } from "../plan/blob-operations.ts";
import { parseDurationUs } from "../scenario/duration.ts";
import type { LatencyDistribution, Scenario, ScenarioNetwork } from "../scenario/scenario.ts";

const keepaliveDefaultMs = 10_000;
/** Before anything else: nodes redial, handlers that failed are tried again. */
const spareMs = 6_000;
/** A new session a hop: news is announced, wanted, and asked for once more when the peer was busy. */
const hopMs = 1_000;
const crossingsPerHop = 12;
/** Nothing is said before it is on the disk, and a disk syncs one group of commits after the other. */
const syncsPerHop = 4;
/** Neighbours that ask one node at a time; those it has no session for wait and ask again. */
const askersPerHop = 4;
const shortHopsMax = 8;
/** Bytes that a call makes cross a link, over gossip, sync and control: what the largest arguments come to, and more. */
const bytesPerCall = 20_000;
/** What a call leaves in a state, in bytes of a transfer. */
const stateBytesPerCall = 600;
/** What a delta of a checkpoint or an answer leaves in a history, in bytes of a transfer. */
const pastBytesPerDelta = 60;

export function convergenceBoundMs(scenario: Scenario, activeMs: number): number {
  const network = scenario.network ?? {};
  const config = (key: ConfigKey) => scenario.config?.[key] ?? tunables[key].default;
  const nodes = typeof scenario.nodes === "number" ? scenario.nodes : scenario.nodes.length;
  // Each failure doubles the wait, so that it is never longer than what went before.
  const backoffMs = Math.min(config("syncBackoffMaxMs"), 2 * activeMs);
  const repairMs = config("syncFrequencyMs") + config("syncIntervalMs") + config("syncTimeoutMs") + backoffMs;
  const keepaliveMs = (parseDurationUs(network.keepalive ?? keepaliveDefaultMs) ?? 0) / 1_000;
  const hops = hopsOf(network, nodes);
  const sessionMs = hopMs + crossingsPerHop * slowestMs(network) + syncsPerHop * slowestSyncMs(scenario);
  const sessions = hops * Math.ceil(askersPerHop / config("syncSessionsMax"));
  const hopsMs = (sessions + sessionsOfHub(network, nodes, config("syncSessionsMax"))) * sessionMs;
  const kbps = narrowestKbps(scenario);
  const calls = (scenario.workload ?? []).reduce((sum, entry) => sum + callsOf(entry, activeMs), 0);
  const transferMs = ((calls * bytesPerCall + blobBytesOf(scenario, activeMs)) * 8) / kbps;
  // Where bodies go, states move instead: a page each time there and back, and on from whoever has all of it.
  const checkpoints = Math.floor(calls / config("checkpointEveryDeltas"));
  const stateBytes = calls * stateBytesPerCall + checkpoints * nodes * pastBytesPerDelta;
  const pages = stateBytes / config("snapshotPageBytes");
  const pageMs = 2 * (slowestMs(network) + slowestSyncMs(scenario));
  const statesMs = scenario.config?.compactAboveDeltas === undefined ? 0 : hops * pages * pageMs;
  // A checkpoint, and then the answers to it, are deltas that all have to get.
  const pastMs = checkpoints > 0 ? 2 * (config("checkpointDelayMaxMs") + hopsMs) : 0;
  const boundMs = spareMs + keepaliveMs + 2 * repairMs + hopsMs + transferMs + statesMs + pastMs;
  return Math.ceil(boundMs / 1_000) * 1_000;
}

/** From one end of the network to the other, or more: members of a context may be linked by detours. */
function hopsOf({ topology }: ScenarioNetwork, nodes: number): number {
  const kind = typeof topology === "object" ? topology.kind : topology;
  const isLong = kind === "line" || kind === "ring" || kind === "links";
  return 2 + (isLong ? nodes : Math.min(nodes, shortHopsMax));
}

/** In the middle of a star are all one after the other, to bring what they have and again for what the others brought. */
function sessionsOfHub({ topology }: ScenarioNetwork, nodes: number, sessionsMax: number): number {
  const kind = typeof topology === "object" ? topology.kind : topology;
  return kind === "star" ? 2 * Math.ceil((nodes - 1) / sessionsMax) : 0;
}

/** What was queued while links were narrow leaves at that rate, however wide they are when it does. */
function narrowestKbps({ network = {}, faults = [] }: Scenario): number {
  const narrowed = faults.flatMap((fault) => (fault.kind === "bandwidth" ? [fault.kbps] : []));
  return Math.min(network.bandwidthKbps ?? Number.POSITIVE_INFINITY, ...narrowed);
}

/** What a crossing of a link rarely exceeds. */
export function slowestMs({ latency, loss = 0 }: ScenarioNetwork): number {
  const retransmissionsMs = loss > 0 ? 1_000 : 0;
  return retransmissionsMs + (latency === undefined ? 20 : tailMs(latency));
}

/** The longest a sync of a disk takes. */
export function slowestSyncMs({ disk }: Pick<Scenario, "disk">): number {
  return Math.max(0, ...[disk?.syncMs ?? 0].flat());
}

function tailMs(latency: LatencyDistribution): number {
  switch (latency.kind) {
    case "constant":
      return latency.ms;
    case "uniform":
      return latency.maxMs;
    case "exponential":
      return 8 * latency.meanMs;
    case "lognormal":
      return 2 * latency.p99Ms;
  }
}

/** Each blob call may move the largest of them, and what is slow is asked of another as well. */
function blobBytesOf({ workload = [] }: Scenario, activeMs: number): number {
  const largest = Math.max(
    0,
    ...workload.map(({ method, args }) => (isPut(method) ? Number(args?.bytes) : 0)),
  );
  const calls = workload.filter(({ method }) => isBlobMethod(method));
  return 2 * largest * calls.reduce((sum, entry) => sum + callsOf(entry, activeMs), 0);
}

const isPut = (method: string) => method === "put-blob";

function callsOf(entry: NonNullable<Scenario["workload"]>[number], activeMs: number): number {
  if (!("rate" in entry)) return 1;
  const perMinute = Number(String(entry.rate).split("/")[0]);
  return (perMinute * (Number(entry.until ?? activeMs) - Number(entry.from ?? 0))) / 60_000;
}
