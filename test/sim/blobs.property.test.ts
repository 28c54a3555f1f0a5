// Blobs under any faults: who asks for one gets it whole and right, or is told why not, and never waits for ever.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { refuseToExplore } from "../../sim/explore/limits.ts";
import { createPlanSimulation, planOf, simulate } from "../../sim/host/simulate.ts";
import type { Scenario, ScenarioFault, WorkloadEntry } from "../../sim/scenario/scenario.ts";
import { holds } from "../laws.ts";

const mib = 1_048_576;
const honest = ["n0", "n1", "n2", "n3"];
/** Puts it, and keeps its disk. */
const putter = "n0";
const patienceMs = 3_000;

const times = fc
  .tuple(fc.integer({ min: 500, max: 9_000 }), fc.integer({ min: 300, max: 6_000 }))
  .map(([at, length]) => ({ at, until: Math.min(at + length, 11_000) }));
const others = fc.constantFrom("n1", "n2", "n3");
const anyone = fc.constantFrom(...honest);

const faults: fc.Arbitrary<ScenarioFault> = fc.oneof(
  fc.tuple(times, anyone).map(([when, node]) => ({ kind: "partition" as const, ...when, groups: [[node]] })),
  fc.tuple(times, others).map(([when, node]) => ({ kind: "pause" as const, ...when, nodes: node })),
  times.map((when) => ({ kind: "loss" as const, ...when, rate: 0.3 })),
  times.map((when) => ({ kind: "corrupt" as const, ...when, rate: 0.02 })),
  times.map((when) => ({ kind: "bandwidth" as const, ...when, kbps: 8_000 })),
  fc.tuple(times, anyone).map(([when, node]) => ({ kind: "disk-full" as const, ...when, nodes: node })),
  fc
    .tuple(times, anyone)
    .map(([when, node]) => ({ kind: "disk-slow" as const, ...when, nodes: node, syncMs: 200 })),
  fc
    .tuple(times, others, fc.constantFrom("keep", "lose-unsynced", "torn", "corrupt", "wipe", "rollback"))
    .map(([when, nodes, disk]) => ({ kind: "crash" as const, ...when, nodes, disk: disk as "torn" })),
);

/** Of some overlapping faults of one kind on one node, which no scenario may have, the first. */
function withoutOverlaps(drawn: readonly ScenarioFault[]): readonly ScenarioFault[] {
  const taken = new Set<string>();
  return drawn.filter((fault) => {
    if (fault.kind !== "crash" && fault.kind !== "pause") return true;
    const name = `${fault.kind} ${String(fault.nodes)}`;
    return !taken.has(name) && taken.add(name);
  });
}

const workloads: fc.Arbitrary<readonly WorkloadEntry[]> = fc
  .array(fc.tuple(fc.integer({ min: 1_500, max: 11_000 }), anyone), { minLength: 2, maxLength: 6 })
  .map((gets) => gets.map(([at, node]) => ({ at, node, method: "get-blob", args: { name: "film" } })));

const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    drawn: fc.array(faults, { maxLength: 4 }),
    gets: workloads,
    bytes: fc.integer({ min: 1, max: 4 * mib }),
    isLying: fc.boolean(),
  })
  .map(({ drawn, gets, bytes, isLying }) => ({
    name: "blobs",
    nodes: 5,
    config: { syncTimeoutMs: patienceMs, blobEvictionMs: 2_000, blobCacheAgeMaxMs: 4_000 },
    workload: [
      { at: 200, node: putter, method: "put-blob", args: { name: "film", bytes } },
      // So that it has something to lie about.
      { at: 700, node: "n4", method: "get-blob", args: { name: "film" } },
      ...gets,
      // All is well again, and everybody has had the reference.
      ...honest.map((node) => ({ at: 40_000, node, method: "get-blob", args: { name: "film" } })),
    ],
    faults: [
      ...withoutOverlaps(drawn),
      ...(isLying
        ? [
            {
              kind: "byzantine" as const,
              at: 0,
              nodes: "n4",
              behaviour: ["false-blob", "stall"] as const,
            },
          ]
        : []),
    ],
    expect: [{ converged: { within: "25s" } }],
    until: 60_000,
  }));

test("a fetch ends with the right bytes or a named refusal, whatever happens, and with the bytes once all is well", () => {
  let lied = 0;
  holds(
    fc.property(scenarios, fc.nat(1_000_000), (scenario, seed) => {
      const simulation = createPlanSimulation(planOf(scenario, seed));
      const result = simulation.finish();
      const { blobClients, nodes } = simulation.world;
      assert.equal(result.violations, []);
      assert.equal(
        Array.from(blobClients.memory.tasks.values(), ({ node }) => nodes[node]?.id).filter(
          (id) => id !== "n4",
        ),
        [],
        "somebody still waits",
      );
      const isPut = blobClients.memory.had.size > 0;
      for (const node of nodes)
        if (isPut && honest.includes(node.id))
          assert.ok(blobClients.had(node, "kv", "film"), `${node.id} never got it`);
      lied += Number((result.probes["fault-false-blob"] ?? 0) > 0);
    }),
    { share: 0.1 },
  );
  assert.ok(lied > 0, "nobody lied in any run");
});

const steady: Scenario = {
  name: "steady",
  nodes: 4,
  workload: [
    { at: 500, node: "n0", method: "put-blob", args: { name: "film", bytes: 3 * mib + 5 } },
    { at: 1_500, nodes: "n1..n3", method: "get-blob", args: { name: "film" } },
    { at: 1_600, node: "n3", method: "get-blob", args: { name: "film" } },
  ],
  network: { bandwidthKbps: 50_000 },
  expect: [{ blob: { name: "film", nodes: ["n0", "n3"] } }],
  until: 10_000,
};

test("who asks for a blob whose only holder is cut off is refused in time, and gets it later", () => {
  const get = (at: number) => ({ at, node: "n1", method: "get-blob", args: { name: "film" } });
  const { probes, refused, outcome } = simulate(
    {
      ...steady,
      config: { syncTimeoutMs: patienceMs },
      workload: [...(steady.workload?.slice(0, 1) ?? []), get(1_500), get(8_000)],
      faults: [{ at: 1_400, until: 6_000, kind: "partition", groups: ["n0"] }],
      expect: [{ blob: { name: "film", nodes: "n1" } }],
    },
    { seed: 1 },
  );
  assert.equal([outcome, refused, probes["blob-unavailable"]], ["passed", 1, 1]);
});

test("a node whose store is older than what was put on it reads it from its own disk once it hears of it again", () => {
  const { outcome, refused, probes } = simulate(
    {
      ...steady,
      nodes: 2,
      workload: [
        { at: 500, node: "n0", method: "put-blob", args: { name: "film", bytes: 2 * mib } },
        { at: 8_000, node: "n0", method: "get-blob", args: { name: "film" } },
        { at: 9_000, node: "n1", method: "get-blob", args: { name: "film" } },
      ],
      faults: [{ at: 3_000, until: 4_000, kind: "crash", nodes: "n0", disk: "rollback", copiedAt: [0] }],
      expect: [{ blob: { name: "film" } }, { "probe-counted": { name: "blob-recovered", atLeast: 1 } }],
      until: 12_000,
    },
    { seed: 1 },
  );
  assert.equal([outcome, refused, probes["blob-chunk-fetched"]], ["passed", 0, 2], "n1 alone fetched it");
});

test("a blob comes over a link on which each chunk takes longer than a silent peer is waited for", () => {
  const { outcome, refused } = simulate(
    {
      ...steady,
      nodes: 2,
      network: { bandwidthKbps: 400 },
      workload: [
        { at: 500, node: "n0", method: "put-blob", args: { name: "film", bytes: 2 * mib } },
        { at: 1_500, node: "n1", method: "get-blob", args: { name: "film" } },
      ],
      expect: [{ blob: { name: "film" } }],
      until: 60_000,
    },
    { seed: 1 },
  );
  assert.equal([outcome, refused], ["passed", 0]);
});

test("a run with blobs on their way can be copied at any moment, and ends alike", () => {
  const plan = planOf(steady, 3);
  const expected = createPlanSimulation(plan).finish();
  assert.is(expected.outcome, "passed");
  const simulation = createPlanSimulation(plan);
  for (const share of [0.3, 0.5, 0.6, 0.7, 0.8]) {
    while (simulation.world.events < share * expected.events) simulation.step();
    assert.equal(simulation.fork().finish(), expected, `from ${share}`);
  }
});

test("an expectation of a blob fails where nobody got it", () => {
  const { violations } = simulate({ ...steady, expect: [{ blob: { name: "film" } }] }, { seed: 1 });
  assert.ok(violations.length > 0 && violations.every(({ oracle }) => oracle === "blob"));
});

test("what is wrong with a call on blobs is said with its place", () => {
  const plan = (args: object, method = "put-blob") =>
    planOf({ ...steady, workload: [{ at: 0, method, args: args as never }] }, 1);
  assert.throws(() => plan({ name: "a" }), /found null as bytes, expected a whole number from 0/);
  assert.throws(() => plan({ bytes: 5 }), /found null as name, expected text/);
  assert.throws(() => plan({ name: "a", size: 1 }, "get-blob"), /found "size", expected name/);
  assert.throws(() => plan({}, "get-blobs"), /did you mean "?get-blob/);
});

test("a plan with blobs is not explored, as its calls take many steps each", () => {
  const few = planOf({ ...steady, nodes: 2, workload: steady.workload?.slice(0, 1) ?? [], expect: [] }, 1);
  assert.match(refuseToExplore(few) ?? "", "found put-blob, which takes many steps");
});

test.run();
