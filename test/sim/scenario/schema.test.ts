import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { configExpectation, configKeys, tunables } from "../../../core/config.ts";
import { validateScenario } from "../../../sim/host/validate.ts";
import { defineScenario, type Scenario } from "../../../sim/scenario/scenario.ts";
import { ScenarioError } from "../../../sim/scenario/scenario-error.ts";
import { scenarioSchema } from "../../../sim/scenario/schema.ts";
import { faultKinds } from "../../../sim/scenario/schema-faults.ts";

const published: unknown = JSON.parse(
  readFileSync(new URL("../../../sim/scenario/scenario.schema.json", import.meta.url), "utf8"),
);

/** Every key of the format, and every kind of what has kinds, typed as TypeScript knows it. */
const everything: Scenario = defineScenario({
  $schema: "scenario.schema.json",
  name: "everything",
  description: "All there is to say.",
  seed: 7,
  nodes: [
    { id: "n", count: 20, config: { heartbeatMs: 100 }, clock: { offsetMs: [-1, 1], driftPpm: 3 } },
    { id: "x" },
  ],
  contexts: [
    { id: "kv", app: "kv-store", members: "all" },
    { id: "few", members: ["n0..n4", "x"] },
  ],
  network: {
    topology: { kind: "random-regular", degree: 4 },
    latency: { kind: "lognormal", medianMs: 40, p99Ms: 150 },
    ...{ loss: 0.01, duplicate: 0, reorder: 1, bandwidthKbps: 50_000, keepalive: "10s" },
    gossip: { d: 6, dLow: 4, dHigh: 12, dLazy: 6, heartbeatMs: 1000 },
  },
  clocks: { offsetMs: [-500, 500], driftPpm: [-100, 100] },
  disk: { syncMs: [0.5, 5] },
  config: { syncFrequencyMs: 10_000 },
  workload: [
    {
      from: "1s",
      until: 61_000,
      rate: "12/s",
      nodes: "all",
      context: "kv",
      method: "set",
      args: { key: "{seq}" },
    },
    { at: "5s", node: "n3", context: "kv", method: "set", args: { key: "a", value: [null, { b: true }] } },
    { rate: 0.5, context: "few", method: "len" },
  ],
  faults: [
    { at: "1s", until: "2s", kind: "partition", split: 0.5 },
    { at: "1s", kind: "partition", groups: ["n0..n3", ["n4", "n5"]] },
    { at: "1s", until: "9s", kind: "flap", period: "2s", split: 0.2 },
    { at: "1s", until: "2s", kind: "oneway", from: "n0", to: "all" },
    { at: "1s", until: "2s", kind: "loss", rate: 0.5, nodes: "n0" },
    { at: "1s", until: "2s", kind: "duplicate", rate: 0.5 },
    { at: "1s", until: "2s", kind: "reorder", rate: 0.5 },
    { at: "1s", until: "2s", kind: "corrupt", rate: 0.1 },
    { at: "1s", until: "2s", kind: "latency", addMs: 10 },
    { at: "1s", until: "2s", kind: "latency", latency: { kind: "uniform", minMs: 1, maxMs: 2 }, nodes: "n0" },
    { at: "1s", until: "2s", kind: "bandwidth", kbps: 100, nodes: ["n0"] },
    { at: "1s", until: "2s", kind: "crash", nodes: "n0", disk: "torn" },
    { at: "1s", until: "2s", kind: "pause", nodes: "n1" },
    { at: "1s", until: "2s", kind: "slow", nodes: "n1", factor: 10 },
    { at: "1s", until: "2s", kind: "disk-slow", nodes: "n1", syncMs: [10, 200] },
    { at: "1s", until: "2s", kind: "disk-full", nodes: "n1" },
    { at: "1s", until: "2s", kind: "disk-fail", nodes: "n1", rate: 0.1 },
    { at: "1s", until: "2s", kind: "byzantine", nodes: "n1", behaviour: "lie" },
    { at: "3s", until: "4s", kind: "byzantine", nodes: "n1", behaviour: ["junk", "stall"] },
    { at: "1s", kind: "clock-jump", nodes: "n1", byMs: -100 },
    { at: "1s", until: "2s", kind: "clock-drift", nodes: "n1", ppm: 100 },
    { at: "1s", kind: "join", nodes: "n20..n21", contexts: ["kv"] },
    { at: "3s", kind: "leave", nodes: "n2" },
  ],
  expect: [
    { converged: { within: "10s", nodes: "n0..n3", context: "kv" } },
    { value: { context: "kv", key: "gone", equals: null, nodes: "n3" } },
    { entities: { context: "kv", equals: 12 } },
    { "fault-counted": { kind: "loss", atLeast: 1 } },
    { "probe-counted": { name: "sync-none", atLeast: 1, atMost: 9 } },
  ],
  until: "180s",
});

function problemsOf(data: unknown): readonly string[] {
  try {
    validateScenario(data);
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split("\n");
    throw error;
  }
}

test("the published schema is current: `npm run schema` writes it", () => {
  assert.equal(published, JSON.parse(JSON.stringify(scenarioSchema)));
});

test("everything that the types know, the schema knows", () => {
  assert.equal(problemsOf(everything), []);
  assert.equal(Array.from(new Set(everything.faults?.map(({ kind }) => kind))), faultKinds);
});

test("the schema means the same to a validator that knows no discriminators", () => {
  const plain = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(
    published as object,
  );
  assert.ok(plain(everything), JSON.stringify(plain.errors));
  for (const faults of [[{ kind: "crash", at: 1 }], [{ kind: "partitio", at: 1 }], [{ at: 1 }], [1]]) {
    assert.not.ok(plain({ ...everything, faults }), JSON.stringify(faults));
  }
});

test("each kind of latency and of topology is known by name", () => {
  for (const latency of [
    { kind: "constant", ms: 1 },
    { kind: "uniform", minMs: 1, maxMs: 2 },
    { kind: "exponential", meanMs: 1 },
    { kind: "lognormal", medianMs: 1, p99Ms: 2 },
  ]) {
    assert.equal(problemsOf({ name: "a", nodes: 2, network: { latency } }), []);
  }
  for (const topology of [
    ...["random-regular", "full", "ring", "line", "star"].flatMap((kind) => [kind, { kind }]),
    { links: [["n0", "n1"]] },
    { kind: "links", links: [["n0", "n1"]] },
  ]) {
    assert.equal(problemsOf({ name: "a", nodes: 2, network: { topology } }), []);
  }
});

test("configuration has the core's keys and bounds", () => {
  for (const key of configKeys) {
    const { min, max } = tunables[key];
    for (const value of [min, max, min - 1, max + 1, min + 0.5, "1"]) {
      const accepted = problemsOf({ name: "a", nodes: 1, config: { [key]: value } }).length === 0;
      assert.is(accepted, configExpectation(key, value) === null, `${key}: ${value}`);
    }
  }
});

test("a number outside its bounds is refused", () => {
  const bad: readonly object[] = [
    { seed: -1 },
    { seed: 2 ** 53 },
    { seed: 1.5 },
    { nodes: 0 },
    { nodes: [] },
    { nodes: [{ id: "a", count: 0 }] },
    { network: { loss: 1.01 } },
    { network: { loss: -0.01 } },
    { network: { bandwidthKbps: 0 } },
    { network: { latency: { kind: "exponential", meanMs: 0 } } },
    { network: { topology: { kind: "random-regular", degree: 0 } } },
    { network: { topology: { kind: "ring", degree: 2 } } },
    { until: -1 },
    { disk: { syncMs: -1 } },
    { clocks: { offsetMs: [1] } },
    { clocks: { offsetMs: 0.5 } },
    { faults: [{ at: 1, kind: "partition", split: 0 }] },
    { faults: [{ at: 1, kind: "partition", split: 1 }] },
    { faults: [{ at: 1, kind: "partition" }] },
    { faults: [{ at: 1, kind: "partition", split: 0.5, groups: ["n0"] }] },
    { faults: [{ at: 1, kind: "latency" }] },
    { faults: [{ at: 1, kind: "join", nodes: "n9", until: 2 }] },
    { faults: [{ at: 1, kind: "crash", nodes: [] }] },
    { workload: [{ method: "set" }] },
    { workload: [{ at: 1, rate: 1, method: "set" }] },
    { expect: [{}] },
    { expect: [{ entities: { equals: 1 }, converged: { within: 1 } }] },
  ];
  for (const change of bad) {
    assert.is(problemsOf({ name: "a", nodes: 2, ...change }).length > 0, true, JSON.stringify(change));
  }
});

test.run();
