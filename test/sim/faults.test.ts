// Every knob of a scenario that can go wrong is applied when it is set, and counted; a table over all of them.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import type { FaultKind, Plan } from "../../sim/plan/plan.ts";
import type { SimulationResult } from "../../sim/result.ts";
import { behaviours } from "../../sim/scenario/behaviours.ts";
import type { Scenario, ScenarioFault } from "../../sim/scenario/scenario.ts";

const base: Omit<Scenario, "name"> = {
  nodes: 4,
  workload: [{ rate: "10/s", until: "8s", method: "set", args: { key: "k{int 0 9}", value: "{seq}" } }],
  until: "12s",
};
const lasting = { at: "2s", until: "4s" };

/** One of each kind; a new kind does not compile until it is here. */
const table: { readonly [Kind in FaultKind]: ScenarioFault & { readonly kind: Kind } } = {
  partition: { ...lasting, kind: "partition", split: 0.5 },
  flap: { ...lasting, kind: "flap", split: 0.5, period: "500ms" },
  oneway: { ...lasting, kind: "oneway", from: "n0", to: "n1" },
  loss: { ...lasting, kind: "loss", rate: 0.5 },
  duplicate: { ...lasting, kind: "duplicate", rate: 0.5 },
  reorder: { ...lasting, kind: "reorder", rate: 0.5 },
  latency: { ...lasting, kind: "latency", addMs: 100 },
  bandwidth: { ...lasting, kind: "bandwidth", kbps: 100 },
  crash: { ...lasting, kind: "crash", nodes: "n1", disk: "torn" },
  pause: { ...lasting, kind: "pause", nodes: "n2" },
  "clock-jump": { at: "2s", kind: "clock-jump", nodes: "n0", byMs: 60_000 },
  "clock-drift": { ...lasting, kind: "clock-drift", nodes: "n0", ppm: 500 },
  corrupt: { ...lasting, kind: "corrupt", rate: 0.1 },
  slow: { ...lasting, kind: "slow", nodes: "n1", factor: 20 },
  "disk-slow": { ...lasting, kind: "disk-slow", nodes: "n1", syncMs: 300 },
  "disk-full": { ...lasting, kind: "disk-full", nodes: "n1" },
  "disk-fail": { ...lasting, kind: "disk-fail", nodes: "n1", rate: 0.5 },
  byzantine: { ...lasting, kind: "byzantine", nodes: "n3", behaviour: "lie" },
  join: { at: "2s", kind: "join", nodes: "late" },
  leave: { at: "2s", kind: "leave", nodes: "n3" },
};

function run(scenario: Omit<Scenario, "name">): { readonly plan: Plan; readonly result: SimulationResult } {
  const plan = planOf({ name: "faults", ...scenario }, 7);
  return { plan, result: createPlanSimulation(plan).finish() };
}

/** Knobs that a plan sets and a run never applied. */
function neverApplied(plan: Plan, { faults }: SimulationResult): readonly string[] {
  const shown = plan.faults.flatMap((fault) =>
    fault.kind === "byzantine" ? fault.behaviours.map((behaviour) => `byzantine-${behaviour}`) : [],
  );
  const rates = (["loss", "duplicate", "reorder"] as const).filter((knob) => plan.network[knob] > 0);
  const set = new Set<string>([...plan.faults.map(({ kind }) => kind), ...rates, ...shown]);
  return Array.from(set).filter((knob) => (faults[knob] ?? 0) === 0);
}

for (const behaviour of behaviours) {
  test(`a node that is byzantine by ${behaviour} is counted as such, and the others converge`, () => {
    const fault = { at: "1s", until: "8s", kind: "byzantine", nodes: "n3", behaviour } as const;
    // Streams carry deltas only where gossip did not.
    const cut = { at: "2s", until: "6s", kind: "partition", groups: ["n0..n1"] } as const;
    const expect: Scenario["expect"] = [{ converged: { within: "4s" } }];
    // Only who is asked for chunks can lie about them.
    const blobs = [
      { at: "500ms", node: "n3", method: "put-blob", args: { name: "photo", bytes: 300_000 } },
      { at: "1500ms", nodes: "n2", method: "get-blob", args: { name: "photo" } },
    ];
    const workload = [...(base.workload ?? []), ...(behaviour === "false-blob" ? blobs : [])];
    const { plan, result } = run({ ...base, workload, faults: [fault, cut], expect });
    assert.equal(neverApplied(plan, result), []);
    assert.equal(Object.keys(result.faults).sort(), ["byzantine", `byzantine-${behaviour}`, "partition"]);
    assert.is(result.faults.byzantine, result.faults[`byzantine-${behaviour}`]);
    assert.is(result.outcome, "passed", JSON.stringify(result.violations.slice(0, 2)));
  });
}

for (const disk of ["wipe", "rollback"] as const) {
  test(`a crash with the disk ${disk === "wipe" ? "wiped" : "rolled back"} is counted, and the node comes back`, () => {
    const faults = [{ ...lasting, kind: "crash", nodes: "n1", disk }] as const;
    const { result } = run({ ...base, faults, expect: [{ converged: { within: "4s" } }] });
    assert.equal(result.faults, { crash: 1 });
    assert.is(result.outcome, "passed", JSON.stringify(result.violations.slice(0, 2)));
  });
}

for (const [kind, fault] of Object.entries(table).filter(([kind]) => kind !== "byzantine")) {
  test(`${kind} is applied and counted, and nothing else is`, () => {
    const { plan, result } = run({ ...base, faults: [fault] });
    assert.equal(neverApplied(plan, result), []);
    assert.equal(Object.keys(result.faults), [kind]);
    assert.is(result.outcome, "passed", JSON.stringify(result.violations.slice(0, 2)));
  });
}

for (const knob of ["loss", "duplicate", "reorder"] as const) {
  test(`${knob} of the network is applied and counted`, () => {
    const { plan, result } = run({ ...base, network: { [knob]: 0.3 } });
    assert.equal(neverApplied(plan, result), []);
    assert.equal(Object.keys(result.faults), [knob]);
  });
}

test("without a fault nothing is counted", () => {
  assert.equal(run(base).result.faults, {});
});

test("a knob that is set and never applied is found", () => {
  const workload: Scenario["workload"] = [];
  const idle = { nodes: 2, workload, until: "12s" } as const;
  const cases: readonly (readonly ScenarioFault[])[] = [
    [{ at: "1ms", until: "2ms", kind: "reorder", rate: 1 }],
    [{ at: "1ms", until: "2ms", kind: "duplicate", rate: 1 }],
    [
      { at: "1s", kind: "leave", nodes: "n1" },
      { at: "2s", until: "3s", kind: "crash", nodes: "n1" },
    ],
  ];
  for (const faults of cases) {
    const { plan, result } = run({ ...idle, faults });
    assert.equal(neverApplied(plan, result), [faults.at(-1)?.kind]);
  }
});

test("a fault counts what it touched: links cut, nodes crashed, messages lost", () => {
  const { result: cut } = run({
    ...base,
    faults: [{ ...lasting, kind: "partition", groups: ["n0", "n1..n3"] }],
  });
  assert.is(cut.faults.partition, 3);
  const { result: flapping } = run({
    ...base,
    faults: [{ ...lasting, kind: "flap", groups: ["n0", "n1..n3"], period: "1s" }],
  });
  assert.is(flapping.faults.flap, 6);
  const { result: crashed } = run({ ...base, faults: [{ ...lasting, kind: "crash", nodes: ["n1", "n2"] }] });
  assert.is(crashed.faults.crash, 2);
});

test("a node that is down or gone takes no writes, and they are counted as skipped", () => {
  const { result } = run({
    ...base,
    workload: [
      {
        rate: "10/s",
        from: "50ms",
        until: "8s",
        node: "n1",
        method: "set",
        args: { key: "k", value: "{seq}" },
      },
    ],
    faults: [{ ...lasting, kind: "crash", nodes: "n1" }],
  });
  assert.is(result.skipped, 20);
  assert.is(result.acknowledged, 60);
});

test("a paused node answers when it is resumed, and loses nothing", () => {
  const { result } = run({
    ...base,
    workload: [{ rate: "10/s", until: "8s", node: "n2", method: "set", args: { key: "k", value: "{seq}" } }],
    faults: [{ ...lasting, kind: "pause", nodes: "n2" }],
    expect: [{ value: { key: "k", equals: "79" } }],
  });
  assert.is(result.acknowledged, 80);
  assert.is(result.outcome, "passed");
});

test("what a crash takes from the disk depends on the mode: nothing, a part, or at least a batch", () => {
  const lost = (disk: "keep" | "lose-unsynced" | "torn") => {
    const counts = Array.from({ length: 12 }, (_, seed) => {
      const faults = [{ at: "2s", until: "4s", kind: "crash", nodes: "n1", disk }] as const;
      const scenario = { ...base, disk: { syncMs: 400 }, faults, name: "crash" };
      return createPlanSimulation(planOf(scenario, seed)).finish().probes["disk-batches-lost"] ?? 0;
    });
    return { least: Math.min(...counts), most: Math.max(...counts) };
  };
  assert.equal(lost("keep"), { least: 0, most: 0 });
  assert.ok(lost("lose-unsynced").most > 0);
  assert.ok(lost("torn").least > 0);
});

test("a join that a crash took before it was durable is asked for again", () => {
  const scenario: Scenario = {
    ...{ name: "join", nodes: 1, until: "20s", disk: { syncMs: 400 } },
    workload: [{ at: "1s", node: "n0", method: "set", args: { key: "k", value: "v" } }],
    faults: [
      { at: "2s", kind: "join", nodes: "late" },
      { at: "2s", until: "4s", kind: "crash", nodes: "late", disk: "lose-unsynced" },
    ],
    expect: [{ converged: { within: "15s" } }],
  };
  for (const seed of [1, 2, 3]) {
    const { outcome, nodes } = createPlanSimulation(planOf(scenario, seed)).finish();
    assert.equal({ outcome, nodes }, { outcome: "passed", nodes: 2 });
  }
});

test("so is one that was lost as a full disk ended the process", () => {
  const scenario: Scenario = {
    ...{ name: "join", nodes: 1, until: "60s" },
    workload: [{ at: "1s", node: "n0", method: "set", args: { key: "k", value: "v" } }],
    faults: [
      { at: "2s", kind: "join", nodes: "late" },
      { at: "2s", until: "30s", kind: "disk-full", nodes: "late" },
    ],
    expect: [{ converged: { within: "30s" } }],
  };
  for (const seed of [1, 2, 3]) {
    const { outcome, nodes, faults } = createPlanSimulation(planOf(scenario, seed)).finish();
    assert.equal({ outcome, nodes }, { outcome: "passed", nodes: 2 });
    assert.ok((faults["disk-full"] ?? 0) > 0);
  }
});

test.run();
