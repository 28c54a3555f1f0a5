// Small runs for tests: short, but with something of everything in them.

import { planOf } from "../../sim/host/simulate.ts";
import type { Plan } from "../../sim/plan/plan.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";

/** Six nodes, two contexts, and most of what can go wrong, in twenty seconds. */
export const stormy: Scenario = {
  name: "stormy",
  nodes: 6,
  contexts: [{ id: "kv" }, { id: "some", members: ["n0", "n2", "n4"] }],
  network: {
    latency: { kind: "lognormal", medianMs: 30, p99Ms: 200 },
    ...{ loss: 0.1, duplicate: 0.05, reorder: 0.1, bandwidthKbps: 2_000 },
    keepalive: "1s",
  },
  clocks: { offsetMs: [-2_000, 2_000], driftPpm: [-200, 200] },
  disk: { syncMs: [1, 30] },
  config: {
    ...{ heartbeatMs: 2_000, syncFrequencyMs: 1_500, syncIntervalMs: 500, syncTimeoutMs: 2_000 },
    ...{ pendingAgeMaxMs: 5_000, cleanupMs: 1_000, clockSkewWarnMs: 1_000 },
  },
  workload: [
    {
      rate: "10/s",
      until: "14s",
      context: "kv",
      method: "set",
      args: { key: "k{int 0 20}", value: "{node}-{seq}" },
    },
    { rate: "2/s", until: "14s", context: "kv", method: "remove", args: { key: "k{int 0 20}" } },
    {
      rate: "3/s",
      until: "14s",
      context: "some",
      method: "set",
      args: { key: "k{int 0 3}", value: "{seq}" },
    },
  ],
  faults: [
    { at: "2s", until: "6s", kind: "partition", split: 0.5 },
    { at: "4s", until: "5s", kind: "crash", nodes: "n1", disk: "lose-unsynced" },
    { at: "7s", until: "9s", kind: "pause", nodes: "n2" },
    { at: "8s", until: "10s", kind: "crash", nodes: ["n3", "n4"], disk: "torn" },
    { at: "10s", kind: "clock-jump", nodes: "n0", byMs: -60_000 },
    { at: "11s", kind: "join", nodes: "late" },
    { at: "12s", until: "14s", kind: "oneway", from: "n0..n2", to: "n3..n5" },
    { at: "13s", kind: "leave", nodes: "n5" },
  ],
  expect: [{ converged: { within: "20s" } }],
  until: "40s",
};

/** Stormy, with a context whose events nodes owe handlers. */
export const owing: Scenario = {
  ...stormy,
  // Old bodies go all the while, so that states are given as well.
  config: { ...stormy.config, compactAboveDeltas: 30, compactKeepDeltas: 4, compactMs: 300 },
  contexts: [...(stormy.contexts ?? []), { id: "lots", app: "auction", members: "n0..n4" }],
  workload: [
    ...(stormy.workload ?? []),
    {
      ...{ at: "100ms", node: "n0", context: "lots", method: "offer" },
      args: { item: "lamp", title: "a lamp", forMs: 30_000 },
    },
    {
      ...{ from: "1s", until: "14s", rate: "3/s", nodes: "n0..n4", context: "lots", method: "bid" },
      args: { item: "lamp", amount: "10{seq}" },
    },
  ],
};

/** The beginning of it: enough where a run is repeated many times. */
export const breezy: Scenario = {
  ...{ ...stormy, name: "breezy", until: "7s", expect: [] },
  workload: [
    {
      rate: "10/s",
      until: "6s",
      context: "kv",
      method: "set",
      args: { key: "k{int 0 20}", value: "{node}-{seq}" },
    },
    { rate: "3/s", until: "6s", context: "some", method: "remove", args: { key: "k{int 0 3}" } },
  ],
  faults: [
    { at: "1s", until: "3s", kind: "partition", split: 0.5 },
    { at: "2s", until: "4s", kind: "crash", nodes: "n1", disk: "lose-unsynced" },
    { at: "4s", kind: "join", nodes: "late" },
  ],
};

/** Two nodes and a few writes in three seconds. */
export const tiny: Scenario = {
  name: "tiny",
  nodes: 2,
  workload: [{ rate: "4/s", until: "2s", method: "set", args: { key: "k{int 0 3}", value: "{node}-{seq}" } }],
  until: "3s",
};

export function stormyPlan(seed: number): Plan {
  return planOf(stormy, seed);
}

export function breezyPlan(seed: number): Plan {
  return planOf(breezy, seed);
}
