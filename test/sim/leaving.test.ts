// What leaves takes with it what nobody else had, and nothing else: those who stay still come together.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { simulate } from "../../sim/host/simulate.ts";
import { defineScenario } from "../../sim/scenario/scenario.ts";

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const writes = {
  from: "1s",
  until: "20s",
  rate: "5/s",
  method: "set",
  args: { key: "{int 0 9}", value: "{seq}" },
};

test("members that were linked through one that left still reach each other", () => {
  const scenario = defineScenario({
    name: "middle-leaves",
    nodes: 20,
    contexts: [{ id: "c", members: ["n9", "n8", "n6"] }],
    workload: [{ ...writes, nodes: ["n8", "n6"] }],
    faults: [{ at: "10s", kind: "leave", nodes: "n9" }],
    expect: [{ converged: { within: "10s" } }],
  });
  for (const seed of seeds) assert.is(simulate(scenario, { seed }).outcome, "passed", `seed ${seed}`);
});

test("what waits for a parent that left with its only holder does not count against those who stay", () => {
  const scenario = defineScenario({
    name: "parents-leave",
    nodes: 2,
    network: { loss: 0.5 },
    workload: [writes],
    faults: [{ at: "19s", kind: "leave", nodes: "n1" }],
    expect: [{ converged: { within: "10s" } }],
  });
  for (const seed of seeds) assert.is(simulate(scenario, { seed }).outcome, "passed", `seed ${seed}`);
});

test("who leaves while it is down does not come back", () => {
  const { faults, nodes, outcome } = simulate({
    name: "leaves-while-down",
    nodes: 3,
    workload: [writes],
    faults: [
      { at: "2s", until: "8s", kind: "crash", nodes: "n1" },
      { at: "5s", kind: "leave", nodes: "n1" },
    ],
    expect: [{ converged: { within: "10s" } }, { "fault-counted": { kind: "leave", atLeast: 1 } }],
  });
  assert.equal([faults.leave, nodes, outcome], [1, 3, "passed"]);
});

test("with nobody left alive no expectation about state holds", () => {
  const scenario = defineScenario({
    name: "all-dead",
    nodes: 3,
    workload: [{ at: "1s", node: "n0", method: "set", args: { key: "a", value: "1" } }],
    faults: [{ at: "2s", kind: "crash", nodes: "all" }],
    expect: [{ value: { context: "kv", key: "a", equals: "1" } }, { entities: { context: "kv", equals: 1 } }],
    until: "30s",
  });
  const { converged, violations } = simulate(scenario);
  assert.not(converged);
  assert.equal(violations.map(({ oracle }) => oracle).sort(), ["entities", "value"]);
});

test("a fault that never ends is not waited for", () => {
  const scenario = defineScenario({
    name: "lossy-to-the-end",
    nodes: 4,
    workload: [{ at: "5s", node: "n0", method: "set", args: { key: "a", value: "1" } }],
    faults: [{ at: "30s", kind: "loss", rate: 0.1 }],
    expect: [{ converged: { within: "5s" } }],
    until: "60s",
  });
  const { convergedAtMs } = simulate(scenario);
  assert.ok(convergedAtMs !== null && convergedAtMs < 10_000, `converged at ${convergedAtMs} ms`);
});

test("calls that wait for a paused node are counted when it crashes", () => {
  const scenario = defineScenario({
    name: "paused-to-death",
    nodes: 3,
    workload: [
      {
        from: "1s",
        until: "10s",
        rate: "5/s",
        node: "n1",
        method: "set",
        args: { key: "a", value: "{seq}" },
      },
    ],
    faults: [
      { at: "3s", until: "12s", kind: "pause", nodes: "n1" },
      { at: "6s", until: "15s", kind: "crash", nodes: "n1" },
    ],
    until: "30s",
  });
  const { acknowledged, skipped, refused } = simulate(scenario);
  assert.is(acknowledged + skipped + refused, 45);
});

test.run();
