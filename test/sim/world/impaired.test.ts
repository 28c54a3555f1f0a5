// Nodes whose disks or pace fail them: what production would do, the simulated driver does; nothing acknowledged is lost.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPlanSimulation, createSimulation, planOf } from "../../../sim/host/simulate.ts";
import type { SimulationResult } from "../../../sim/result.ts";
import type { Scenario, ScenarioFault } from "../../../sim/scenario/scenario.ts";

const base: Omit<Scenario, "name"> = {
  nodes: 3,
  workload: [
    { rate: "10/s", until: "20s", nodes: "n1", method: "set", args: { key: "k{int 0 9}", value: "{seq}" } },
  ],
  expect: [{ converged: { within: "20s" } }],
  until: "60s",
};

function run(faults: readonly ScenarioFault[], more: Partial<Scenario> = {}): SimulationResult {
  return createPlanSimulation(planOf({ name: "impaired", ...base, ...more, faults }, 3)).finish();
}

test("a full disk stops its node, which comes back when there is room, with all it had acknowledged", () => {
  const result = run([{ at: "5s", until: "15s", kind: "disk-full", nodes: "n1" }]);
  assert.is(result.outcome, "passed", JSON.stringify(result.violations));
  assert.ok((result.probes["disk-gave-up"] ?? 0) > 0, "it gave up");
  assert.ok(result.refused > 0, "clients were told");
  assert.ok(result.skipped > 0, "and later found nobody");
  assert.is(result.acknowledged + result.refused + result.skipped, 200);
});

test("a disk that is full for less than the retries take is only waited for", () => {
  const result = run([{ at: "5s", until: "6s", kind: "disk-full", nodes: "n1" }]);
  assert.is(result.outcome, "passed", JSON.stringify(result.violations));
  assert.is(result.probes["disk-gave-up"], undefined);
  assert.is(result.acknowledged, 200);
});

test("a disk that fails half of its syncs delays answers and loses none", () => {
  const result = run([{ at: "5s", until: "15s", kind: "disk-fail", nodes: "n1", rate: 0.5 }]);
  assert.is(result.outcome, "passed", JSON.stringify(result.violations));
  assert.ok((result.faults["disk-fail"] ?? 0) > 0);
});

test("while a disk is slow, what its node says waits for it", () => {
  const slow = run([{ at: "1s", until: "19s", kind: "disk-slow", nodes: "n1", syncMs: 700 }]);
  assert.is(slow.outcome, "passed", JSON.stringify(slow.violations));
  assert.ok((slow.propagationMs.p50 ?? 0) > 500, `${slow.propagationMs.p50}`);
  assert.ok((run([]).propagationMs.p50 ?? 0) < 100);
});

test("a slow node answers in order and late, and loses nothing", () => {
  const result = run([{ at: "1s", until: "19s", kind: "slow", nodes: "n1", factor: 2_000 }], {
    workload: [
      { rate: "10/s", until: "20s", nodes: "n1", method: "set", args: { key: "k", value: "{seq}" } },
    ],
    expect: [{ value: { key: "k", equals: "199" } }],
  });
  assert.is(result.outcome, "passed", JSON.stringify(result.violations));
  assert.is(result.acknowledged, 200);
  assert.ok((result.faults.slow ?? 0) > 40);
});

test("a crash in the middle of a restart by the disk keeps the node down until it is over", () => {
  const simulation = createSimulation({
    ...{ name: "both", ...base },
    faults: [
      { at: "5s", until: "9s", kind: "disk-full", nodes: "n1" },
      { at: "8s", until: "25s", kind: "crash", nodes: "n1" },
    ],
  });
  simulation.runUntil(24_900_000);
  assert.is(simulation.world.node(1).status, "down");
  assert.is(simulation.finish().outcome, "passed");
});

test("a wiped node joins its contexts anew, as a new incarnation of the same author", () => {
  const simulation = createSimulation({
    ...{ name: "wiped", ...base },
    faults: [{ at: "8s", until: "10s", kind: "crash", nodes: "n1", disk: "wipe" }],
  });
  const incarnations = () => {
    const own = [...(simulation.world.node(0).core?.replicas().values() ?? [])].flatMap(({ deltas }) =>
      deltas.graph.heads().map((id) => simulation.world.node(0).disk.get(`d${id}`)),
    );
    return own.map((sealed) => (sealed === undefined ? null : simulation.world.codec.openDelta(sealed)));
  };
  simulation.runUntil(7_900_000);
  const before = incarnations();
  const result = simulation.finish();
  const after = incarnations();
  assert.is(result.outcome, "passed", JSON.stringify(result.violations));
  const [a, b] = [before[0], after[0]];
  assert.ok(a?.kind === "delta" && b?.kind === "delta" && a.author === b.author);
  assert.ok(a?.kind === "delta" && b?.kind === "delta" && a.incarnation !== b.incarnation);
});

test("what only a wiped disk had is forgiven and counted; without the wipe it is owed", () => {
  const alone: ScenarioFault = { at: "1s", until: "30s", kind: "partition", groups: ["n1"] };
  const wiped = run([alone, { at: "25s", until: "26s", kind: "crash", nodes: "n1", disk: "wipe" }]);
  assert.is(wiped.outcome, "passed", JSON.stringify(wiped.violations));
  assert.ok(wiped.forgiven >= 180, `${wiped.forgiven} forgiven`);
  const crashed = run([alone, { at: "25s", until: "26s", kind: "crash", nodes: "n1", disk: "keep" }]);
  assert.is(crashed.forgiven, 0);
  assert.is(crashed.contexts.kv?.deltas, 201);
});

test("a wiped disk that was about to let a body go is forgiven what only it had", () => {
  const result = createSimulation({
    ...{ name: "wiped-while-compacting", nodes: 1, disk: { syncMs: 800 }, until: "2.2s" },
    config: { compactKeepDeltas: 1, compactAboveDeltas: 1, compactMs: 1_000 },
    workload: [
      { at: 0, method: "set", args: { key: "a", value: 1 } },
      { at: "1.8s", method: "set", args: { key: "b", value: 2 } },
    ],
    faults: [{ kind: "crash", at: "2.1s", until: "2.15s", nodes: "n0", disk: "wipe" }],
  }).finish();
  assert.equal(result.violations, []);
  assert.is(result.forgiven, result.acknowledged);
});

test("what a rollback takes of a disk that nobody else has is forgiven, and no more", () => {
  const alone: ScenarioFault = { at: "1s", until: "30s", kind: "partition", groups: ["n1"] };
  const result = run([alone, { at: "25s", until: "26s", kind: "crash", nodes: "n1", disk: "rollback" }]);
  assert.is(result.outcome, "passed", JSON.stringify(result.violations));
  assert.ok(result.forgiven > 0 && result.forgiven < 200, `${result.forgiven} forgiven`);
  assert.is((result.contexts.kv?.deltas ?? 0) - 1 + result.forgiven, result.acknowledged);
});

test.run();
