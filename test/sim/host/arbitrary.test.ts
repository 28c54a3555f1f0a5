// Random scenarios for fast-check: what is asked for is what is drawn, and what fails comes out small.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { arbitraryScenario } from "../../../sim/host/arbitrary.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";

const calls = [{ app: "counter", method: "increment", args: { key: "k{int 0 3}" } }] as const;

test("only what the options name is drawn", () => {
  const scenarios = fc.sample(arbitraryScenario({ nodesMax: 3, faults: ["crash"], calls, callsMax: 10 }), {
    ...{ numRuns: 50, seed: 1 },
  });
  for (const scenario of scenarios) {
    const { nodes, faults, operations } = planOf(scenario);
    assert.ok(nodes.length <= 3);
    assert.ok(faults.every(({ kind }) => kind === "crash"));
    assert.ok(operations.every(({ method }) => method === "increment"));
    // Rates are whole numbers a minute, which rounds up.
    assert.ok(operations.length <= 20, `${operations.length} calls`);
  }
  assert.ok(scenarios.some(({ faults = [] }) => faults.length > 0));
});

test("what fails shrinks to what it takes", () => {
  const fails = (scenario: Scenario) => {
    const { faults, operations } = planOf(scenario);
    return faults.some(({ kind }) => kind === "crash") && operations.some(({ node }) => node === 1);
  };
  const { counterexample, failed } = fc.check(
    fc.property(
      arbitraryScenario({ nodesMax: 4, faults: ["crash", "pause"], calls, callsMax: 8 }),
      (scenario) => {
        return !fails(scenario);
      },
    ),
    { seed: 3, numRuns: 100 },
  );
  assert.ok(failed);
  const [scenario] = counterexample ?? [];
  assert.ok(scenario !== undefined && fails(scenario));
  assert.is(scenario.workload?.length, 1);
  assert.is(scenario.faults?.length, 1);
  assert.is(planOf(scenario).nodes.length, 2);
});

test("what cannot be drawn from is told", () => {
  assert.throws(() => arbitraryScenario({ profile: "disc" }), /profile: found "disc".*did you mean "disk"/);
  assert.throws(() => arbitraryScenario({ nodesMax: 1 }), /nodesMax: found 1/);
  assert.throws(() => arbitraryScenario({ calls: [] }), /calls: found none/);
  assert.throws(() => arbitraryScenario({ callsMax: -1 }), /callsMax: found -1/);
  assert.throws(() => arbitraryScenario({ faults: ["crush" as "crash"] }), /faults: found "crush".*"crash"/);
  const [call] = calls;
  assert.throws(() => arbitraryScenario({ calls: [{ ...call, app: "count" }] }), /calls: app: found "count"/);
  assert.throws(
    () => arbitraryScenario({ calls: [{ ...call, method: "incremnt" }] }),
    /calls: method of counter: found "incremnt".*did you mean "increment"/,
  );
});

test.run();
