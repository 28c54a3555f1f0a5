/** Random networks, clocks and disks: sound ones and bad ones, of which each has only some marks. */

import type { Stream } from "../random.ts";
import type {
  LatencyDistribution,
  NumberOrRange,
  ScenarioClock,
  ScenarioNetwork,
  Topology,
} from "../scenario/scenario.ts";

/** Those of the parts that a coin keeps. */
export function someOf<Parts extends object>(parts: Parts, draws: Stream): Partial<Parts> {
  return Object.fromEntries(Object.entries(parts).filter(() => draws.chance(0.5))) as Partial<Parts>;
}

export function drawNetwork(
  nodes: number,
  about: { readonly draws: Stream; readonly hasTopology: boolean; readonly hasConditions: boolean },
): ScenarioNetwork {
  const { draws } = about;
  // With the default nodes notice a cut late, and every run takes longer.
  const keepalive = draws.chance(0.8) ? { keepalive: draws.pick([300, 1_000, 3_000]) } : {};
  const topology = about.hasTopology ? { topology: drawTopology(nodes, draws) } : {};
  if (!about.hasConditions) return { ...topology, ...keepalive };
  const conditions = {
    latency: drawLatency(draws),
    loss: draws.pick([0.01, 0.1, 0.3]),
    duplicate: draws.pick([0.01, 0.2, 0.5]),
    reorder: draws.pick([0.01, 0.2, 0.5]),
    bandwidthKbps: draws.pick([500, 2_000, 50_000]),
    gossip: draws.pick([
      { d: 2, dLow: 1, dHigh: 3, dLazy: 1 },
      { d: 3, dLow: 2, dHigh: 4, dLazy: 2, heartbeatMs: 300 },
      { d: 1, dLow: 1, dHigh: 1, dLazy: 0, heartbeatMs: 3_000 },
    ]),
  };
  return { ...topology, ...keepalive, ...someOf(conditions, draws) };
}

function drawTopology(nodes: number, draws: Stream): Topology {
  const kind = draws.pick(["full", "ring", "line", "star", "random-regular"] as const);
  if (kind !== "random-regular") return { kind };
  const degrees = [2, 3, 4, 6].filter((degree) => degree < nodes && (degree * nodes) % 2 === 0);
  return degrees.length === 0 ? { kind: "full" } : { kind, degree: draws.pick(degrees) };
}

export function drawLatency(draws: Stream): LatencyDistribution {
  const ms = draws.pick([0, 1, 20, 100, 400]);
  const choices: readonly LatencyDistribution[] = [
    { kind: "constant", ms },
    { kind: "uniform", minMs: 0, maxMs: 2 * ms },
    { kind: "exponential", meanMs: Math.max(1, ms) },
    { kind: "lognormal", medianMs: Math.max(1, ms), p99Ms: Math.max(1, ms) * 4 },
  ];
  return draws.pick(choices);
}

export function drawClocks(draws: Stream): ScenarioClock {
  const offsetMs = draws.pick([50, 2_000, 600_000, 86_400_000]);
  const driftPpm = draws.pick([100, 5_000, 100_000]);
  return someOf({ offsetMs: [-offsetMs, offsetMs], driftPpm: [-driftPpm, driftPpm] } as const, draws);
}

export function drawDiskSync(draws: Stream): NumberOrRange {
  return draws.pick<NumberOrRange>([0, 0.1, [1, 30], [50, 300], 800]);
}
