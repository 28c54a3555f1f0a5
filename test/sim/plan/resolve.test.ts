import { test } from "uvu";
import * as assert from "uvu/assert";
import { resolvePlan } from "../../../sim/plan/resolve.ts";
import { ScenarioError } from "../../../sim/scenario/scenario-error.ts";
import { applications, planOf, problemsOf } from "./examples.ts";

test("a scenario that says nothing gets every default", () => {
  assert.equal(planOf({ nodes: 2 }), {
    name: "example",
    seed: 1,
    untilUs: 120_000_000,
    nodes: ["n0", "n1"].map((id) => ({
      id,
      config: {},
      clockOffsetMs: 0,
      clockDriftPpm: 0,
      joinsAtUs: null,
    })),
    links: [[0, 1]],
    contexts: [{ id: "kv", application: "kv-store", members: [0, 1], outsiders: [] }],
    network: {
      latency: { kind: "constant", ms: 20 },
      ...{ loss: 0, duplicate: 0, reorder: 0, bandwidthKbps: null, keepaliveMs: 10_000 },
      gossip: { d: 6, dLow: 4, dHigh: 12, dLazy: 6, heartbeatMs: 1_000 },
    },
    diskSyncUs: [1_000, 1_000],
    operations: [],
    faults: [],
    expectations: [],
  });
});

test("what a scenario says takes the place of the defaults, key by key", () => {
  const plan = planOf({
    seed: 9,
    until: "2m",
    network: { loss: 0.5, bandwidthKbps: 100, keepalive: "3s", gossip: { d: 3, dLow: 2 } },
    disk: { syncMs: [0.25, 3] },
  });
  assert.is(plan.seed, 9);
  assert.is(plan.untilUs, 120_000_000);
  assert.equal(plan.network, {
    ...planOf({}).network,
    ...{ loss: 0.5, bandwidthKbps: 100, keepaliveMs: 3_000 },
    gossip: { d: 3, dLow: 2, dHigh: 12, dLazy: 6, heartbeatMs: 1_000 },
  });
  assert.equal(plan.diskSyncUs, [250, 3_000]);
});

test("a seed that is handed in overrides the scenario's", () => {
  assert.is(planOf({ seed: 9 }, 4).seed, 4);
  for (const seed of [-1, 1.5, 2 ** 53, Number.NaN]) {
    assert.throws(
      () => resolvePlan({ name: "a", nodes: 1 }, { applications, seed }),
      /seed: found .* expected a whole/,
    );
  }
});

test("a list names its nodes, counts them out, and configures each", () => {
  const plan = planOf({
    nodes: [{ id: "hub" }, { id: "edge", count: 3, config: { heartbeatMs: 50 } }, { id: "one", count: 1 }],
    config: { heartbeatMs: 70, cleanupMs: 80 },
  });
  assert.equal(
    plan.nodes.map(({ id }) => id),
    ["hub", "edge0", "edge1", "edge2", "one0"],
  );
  assert.equal(plan.nodes[0]?.config, { heartbeatMs: 70, cleanupMs: 80 });
  assert.equal(plan.nodes[3]?.config, { heartbeatMs: 50, cleanupMs: 80 });
});

test("clocks are drawn within their range, each node's own, and its own setting goes first", () => {
  const plan = planOf({
    nodes: [
      { id: "n", count: 50 },
      { id: "fixed", clock: { offsetMs: 99, driftPpm: [7, 7] } },
    ],
    clocks: { offsetMs: [-500, 500], driftPpm: [-100, 100] },
  });
  const drawn = plan.nodes.slice(0, 50);
  assert.ok(drawn.every(({ clockOffsetMs: ms }) => Number.isInteger(ms) && ms >= -500 && ms <= 500));
  assert.ok(drawn.every(({ clockDriftPpm: ppm }) => Number.isInteger(ppm) && ppm >= -100 && ppm <= 100));
  assert.ok(new Set(drawn.map(({ clockOffsetMs }) => clockOffsetMs)).size > 30);
  assert.equal([plan.nodes[50]?.clockOffsetMs, plan.nodes[50]?.clockDriftPpm], [99, 7]);
});

test("a clock's drift is drawn apart from its offset", () => {
  const range: readonly [number, number] = [-1_000, 1_000];
  const both = planOf({ nodes: 20, clocks: { offsetMs: range, driftPpm: range } }).nodes;
  const alone = planOf({ nodes: 20, clocks: { driftPpm: range } }).nodes;
  assert.ok(both.some(({ clockOffsetMs, clockDriftPpm }) => clockOffsetMs !== clockDriftPpm));
  assert.equal(
    alone.map(({ clockDriftPpm }) => clockDriftPpm),
    both.map(({ clockDriftPpm }) => clockDriftPpm),
  );
});

test("expectations name contexts and nodes, and times in ms", () => {
  const plan = planOf({
    expect: [
      { converged: { within: "10s" } },
      { converged: { within: "500ms", nodes: "n1..n2", context: "kv" } },
      { value: { key: "a", equals: { deep: [1, null] }, nodes: ["n3", "n0"] } },
      { entities: { context: "kv", equals: 3 } },
      { "fault-counted": { kind: "crash", atLeast: 2 } },
    ],
  });
  assert.equal(plan.expectations, [
    { kind: "converged", withinMs: 10_000, nodes: null, context: null },
    { kind: "converged", withinMs: 500, nodes: [1, 2], context: "kv" },
    { kind: "value", context: "kv", key: "a", equals: { deep: [1, null] }, nodes: [0, 3] },
    { kind: "entities", context: "kv", equals: 3 },
    { kind: "fault-counted", fault: "crash", atLeast: 2 },
  ]);
});

const contexts = [{ id: "kv" }, { id: "few", members: "n0..n1" }];
const mistakes: readonly (readonly [
  title: string,
  scenario: Parameters<typeof problemsOf>[0],
  problem: string,
])[] = [
  [
    "an id twice",
    { nodes: [{ id: "n", count: 3 }, { id: "n1" }] },
    'nodes[1].id: there is a node "n1" already, expected each id once',
  ],
  ["a node called all", { nodes: [{ id: "all" }] }, 'nodes[0].id: found "all", expected an id'],
  [
    "a context twice",
    { contexts: [{ id: "a" }, { id: "a" }] },
    'contexts[1].id: there is a context "a" already',
  ],
  [
    "an unknown application",
    { contexts: [{ id: "a", app: "kv-stroe" }] },
    'contexts[0].app: found "kv-stroe", expected an application: kv-store; did you mean "kv-store"?',
  ],
  [
    "an unknown member",
    { contexts: [{ id: "a", members: ["n0", "m1"] }] },
    'contexts[0].members[1]: found "m1", expected a node: n0, n1, n2, n3; did you mean "n1"?',
  ],
  [
    "a context left out among several",
    { contexts, expect: [{ entities: { equals: 1 } }] },
    'expect[0].entities: missing key "context": there are several, expected one of kv, few',
  ],
  [
    "an unknown context",
    { contexts, expect: [{ entities: { context: "fwe", equals: 1 } }] },
    'expect[0].entities.context: found "fwe", expected a context: kv, few; did you mean "few"?',
  ],
  [
    "a stranger in an expectation",
    { contexts, expect: [{ value: { context: "few", key: "a", equals: 1, nodes: "n3" } }] },
    'expect[0].value.nodes: found "n3", never a member of context "few"',
  ],
  [
    "an offset range the wrong way round",
    { clocks: { offsetMs: [5, -5] } },
    "clocks.offsetMs: found [5, -5], expected [min, max] with min not above max",
  ],
  [
    "a node's drift range the wrong way round",
    { nodes: [{ id: "a", clock: { driftPpm: [2, 1] } }] },
    "nodes[0].clock.driftPpm: found [2, 1]",
  ],
  ["a disk range the wrong way round", { disk: { syncMs: [5, 1] } }, "disk.syncMs: found [5, 1]"],
  [
    "a p99 below the median",
    { network: { latency: { kind: "lognormal", medianMs: 4, p99Ms: 3 } } },
    "network.latency.p99Ms: found 3, expected at least medianMs, 4",
  ],
  [
    "a uniform latency the wrong way round",
    { network: { latency: { kind: "uniform", minMs: 4, maxMs: 3 } } },
    "network.latency.maxMs: found 3, expected at least minMs, 4",
  ],
  [
    "gossip knobs that contradict",
    { network: { gossip: { d: 20 } } },
    "network.gossip: found dLow 4, d 20, dHigh 12, expected dLow not above d",
  ],
  ["no time to run", { until: 0 }, "until: found 0, expected a duration above 0"],
  ["too long a run", { until: "9000h" }, 'until: found "9000h", expected a duration: '],
  [
    "more nodes than a run can hold",
    {
      nodes: [
        { id: "a", count: 9_000 },
        { id: "b", count: 9_000 },
      ],
    },
    "nodes: makes 18,000 nodes, expected at most 10,000",
  ],
];

for (const [title, scenario, problem] of mistakes) {
  test(`refused: ${title}`, () => {
    const found = problemsOf(scenario);
    assert.is(found.length, 1, found.join("\n"));
    assert.is(found[0]?.slice(0, problem.length), problem);
  });
}

test("refused: a value expected of an application that has no get", () => {
  const silent = { name: "silent", methods: {}, handlers: {} };
  const scenario = {
    name: "example",
    nodes: 2,
    contexts: [{ id: "a", app: "silent" }],
    expect: [{ value: { key: "k", equals: 1 } }],
  };
  assert.throws(
    () => resolvePlan(scenario, { applications: [...applications, silent] }),
    'expect[0].value: a is a silent, which has no method "get" to read a value with',
  );
});

test("all problems are told at once, in the order of the scenario", () => {
  assert.throws(
    () =>
      planOf({
        until: "10s",
        contexts: [{ id: "a", app: "nope" }],
        workload: [{ at: "20s", node: "x", method: "set" }],
        faults: [{ kind: "crash", at: "5s", until: "4s", nodes: "y" }],
      }),
    (error: unknown) => {
      assert.instance(error, ScenarioError);
      const { problems, code } = error as ScenarioError;
      assert.is(code, "unknown-name");
      assert.equal(
        problems.map(({ code, path }) => `${code} ${path.join(".")}`),
        [
          "unknown-name contexts.0.app",
          "schedule workload.0.at",
          "unknown-name workload.0.node",
          "schedule faults.0.until",
          "unknown-name faults.0.nodes",
        ],
      );
      return true;
    },
  );
});

test.run();
