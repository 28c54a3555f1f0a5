// A run that says how long it settles ends so long after all had converged, and is until then the run that it would be.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPlanSimulation, planOf, simulate } from "../../sim/host/simulate.ts";
import { defineScenario } from "../../sim/scenario/scenario.ts";

const apart = defineScenario({
  ...{ name: "apart", nodes: 3, until: "60s" },
  network: { keepalive: "1s" },
  workload: [{ until: "4s", rate: "5/s", nodes: "all", method: "set", args: { key: "k", value: "{seq}" } }],
  faults: [{ at: "1s", until: "5s", kind: "partition", groups: ["n0"] }],
  expect: [{ converged: { within: "20s" } }],
});
const settling = { ...apart, settle: "3s" };

test("a run ends as long after it converged as it settles, and is until then as if that were its end", () => {
  const short = simulate(settling);
  assert.is(short.outcome, "passed");
  assert.is(short.virtualMs, (short.convergedAtMs ?? 0) + 3_000);
  const ended = simulate({ ...apart, until: short.virtualMs });
  assert.equal([short.traceHash, short.events], [ended.traceHash, ended.events]);
});

test("without an expectation it is the convergence of all that counts", () => {
  const { expect: _expect, ...unexpecting } = settling;
  const { outcome, virtualMs, convergedAtMs } = simulate(unexpecting);
  assert.equal([outcome, virtualMs], ["passed", (convergedAtMs ?? 0) + 3_000]);
});

test("a run that does not converge goes on to its end", () => {
  const { outcome, virtualMs } = simulate({
    ...settling,
    faults: [{ at: "1s", kind: "partition", groups: ["n0"] }],
  });
  assert.equal([outcome, virtualMs], ["liveness", 60_000]);
});

test("calls and faults that come after it converged are waited for", () => {
  const { outcome, virtualMs, faults } = simulate({
    ...{ ...settling, expect: [] },
    workload: [...(settling.workload ?? []), { at: "40s", node: "n0", method: "get", args: { key: "k" } }],
    faults: [...(settling.faults ?? []), { at: "30s", kind: "crash", nodes: "n1" }],
  });
  assert.equal([outcome, faults.crash, virtualMs], ["passed", 1, 43_000]);
});

test("a fork that is taken after it converged ends when the run does", () => {
  const simulation = createPlanSimulation(planOf(settling));
  simulation.runUntil(7_500_000);
  assert.ok(simulation.overall.convergedAtUs !== null);
  const fork = simulation.fork();
  assert.equal(fork.finish(), simulation.finish());
});

test.run();
