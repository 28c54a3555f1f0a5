/** The network of a plan: what the scenario says, and the defaults where it says nothing. */

import type { LatencyDistribution, NumberOrRange, Scenario } from "../scenario/scenario.ts";
import type { Problems, ScenarioPath } from "../scenario/scenario-error.ts";
import { checkRange } from "./nodes.ts";
import type { GossipPlan, PlanNetwork } from "./plan.ts";
import { readDuration } from "./resolving.ts";

const gossipDefaults: GossipPlan = { d: 6, dLow: 4, dHigh: 12, dLazy: 6, heartbeatMs: 1_000 };
const latencyDefault: LatencyDistribution = { kind: "constant", ms: 20 };
const keepaliveDefault = "10s";
const diskSyncDefaultMs = 1;

export function resolveNetwork({ network = {} }: Scenario, problems: Problems): PlanNetwork {
  const latency = network.latency ?? latencyDefault;
  checkLatency(latency, ["network", "latency"], problems);
  const gossip = { ...gossipDefaults, ...network.gossip };
  checkGossip(gossip, problems);
  const keepaliveUs = readDuration(network.keepalive ?? keepaliveDefault, ["network", "keepalive"], problems);
  return {
    latency,
    loss: network.loss ?? 0,
    duplicate: network.duplicate ?? 0,
    reorder: network.reorder ?? 0,
    bandwidthKbps: network.bandwidthKbps ?? null,
    keepaliveMs: keepaliveUs / 1_000,
    gossip,
  };
}

/** How long a sync of the disk takes, from and to, in whole microseconds. */
export function resolveDiskSync({ disk }: Scenario, problems: Problems): readonly [number, number] {
  return syncUsOf(disk?.syncMs ?? diskSyncDefaultMs, ["disk", "syncMs"], problems);
}

export function syncUsOf(
  syncMs: NumberOrRange,
  path: ScenarioPath,
  problems: Problems,
): readonly [number, number] {
  checkRange(syncMs, path, problems);
  const [minMs, maxMs] = typeof syncMs === "number" ? [syncMs, syncMs] : syncMs;
  return [Math.round(minMs * 1_000), Math.round(maxMs * 1_000)];
}

/** Reports a distribution whose parameters contradict each other. */
export function checkLatency(latency: LatencyDistribution, path: ScenarioPath, problems: Problems): void {
  if (latency.kind === "uniform" && latency.minMs > latency.maxMs) {
    problems.add(
      "bad-value",
      [...path, "maxMs"],
      `found ${latency.maxMs}, expected at least minMs, ${latency.minMs}`,
    );
  }
  if (latency.kind === "lognormal" && latency.medianMs > latency.p99Ms) {
    const message = `found ${latency.p99Ms}, expected at least medianMs, ${latency.medianMs}`;
    problems.add("bad-value", [...path, "p99Ms"], message);
  }
}

function checkGossip({ d, dLow, dHigh }: GossipPlan, problems: Problems): void {
  if (dLow <= d && d <= dHigh) return;
  const message = `found dLow ${dLow}, d ${d}, dHigh ${dHigh}, expected dLow not above d, and d not above dHigh`;
  problems.add("bad-value", ["network", "gossip"], message);
}
