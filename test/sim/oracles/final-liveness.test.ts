// A run that expects nothing must still be able to converge: what is healed at the end, what is left, and what is said.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSimulation, simulate } from "../../../sim/host/simulate.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { breakagesOf } from "../planted-bugs.ts";
import { breezy } from "../small-plans.ts";
import { ofOracle, runBroken } from "./broken.ts";

const base: Scenario = {
  name: "at the end",
  nodes: 6,
  workload: [
    { rate: "5/s", until: "9s", nodes: "n0..n3", method: "set", args: { key: "k{int 0 9}", value: "{seq}" } },
  ],
  until: "10s",
};

test("faults without an end are healed when the plan's time is over, and the nodes converge", () => {
  for (const fault of [
    { at: "1s", kind: "partition", split: 0.5 },
    { at: "1s", kind: "oneway", from: "n0", to: "n1..n5" },
    { at: "1s", kind: "pause", nodes: ["n0", "n1"] },
    { at: "1s", kind: "disk-slow", nodes: "n2", syncMs: 20_000 },
  ] as const) {
    const result = simulate({ ...base, faults: [fault] });
    assert.is(result.outcome, "passed", JSON.stringify([fault, result.violations]));
    assert.ok(result.virtualMs > 10_000 && result.virtualMs < 40_000, `${fault.kind}: ${result.virtualMs}`);
    assert.ok(result.converged, fault.kind);
  }
});

test("a run that has converged goes on to its end and no further", () => {
  assert.is(simulate(base).virtualMs, 10_000);
});

test("an expectation to converge takes its place", () => {
  const faults: Scenario["faults"] = [{ at: "1s", kind: "partition", groups: ["n0..n2"] }];
  const expect: Scenario["expect"] = [{ converged: { within: "5s", nodes: "n0..n2" } }];
  const result = simulate({ ...base, faults, expect });
  assert.is(result.outcome, "passed");
  assert.is(result.virtualMs, 10_000);
  assert.not(result.converged);
});

test("who is down or byzantine at the end is left as it is", () => {
  const simulation = createSimulation({
    ...base,
    faults: [
      { at: "2s", kind: "crash", nodes: "n0" },
      { at: "2s", kind: "byzantine", nodes: "n1", behaviour: ["flood", "stall"] },
      { at: "2s", kind: "partition", groups: ["n2..n3"] },
    ],
  });
  const result = simulation.finish();
  assert.is(result.outcome, "passed", JSON.stringify(result.violations));
  assert.is(simulation.world.node(0).status, "down");
});

test("a node that cannot catch up is named, with a delta that it lacks", () => {
  const simulation = createSimulation({
    ...base,
    faults: [{ at: "1s", kind: "partition", groups: ["n4"] }],
  });
  // The defect: this node never opens a stream, and what others open to it never arrives.
  const { world } = simulation;
  const perform = world.perform.bind(world);
  world.perform = (node, effect) => {
    if (effect.kind === "open-stream" && (node.id === "n4" || effect.peer === "n4")) return;
    perform(node, effect);
  };
  const result = simulation.finish();
  assert.is(result.outcome, "liveness");
  const [violation] = result.violations;
  assert.is(violation?.oracle, "liveness");
  assert.is(violation?.node, "n4");
  assert.match(violation?.message ?? "", /n4 lacks delta [0-9a-f]{64} of kv/);
});

test("a run in which something went wrong is over with its time, and nothing is healed", () => {
  const breakages = breakagesOf("keeps the first of two writes of a register");
  const result = runBroken({ scenario: breezy, breakages });
  assert.ok(ofOracle(result, "equal-heads-equal-roots").length > 0);
  assert.is(ofOracle(result, "liveness").length, 0);
  assert.is(result.virtualMs, 7_000);
});

test.run();
