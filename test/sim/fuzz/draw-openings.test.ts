// What an application is told first has its rarer ways come up.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInCalls } from "../../../sim/fuzz/calls.ts";
import { drawScenario } from "../../../sim/fuzz/draw-scenario.ts";
import { everything, type ScenarioSpace } from "../../../sim/fuzz/profiles.ts";
import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";

const space: ScenarioSpace = {
  ...everything,
  ...{ sizes: [3], contextsMax: 1, faults: [], faultsMax: 0, varied: [] },
  ...{ membershipShare: 0, removalShare: 0, blobsShare: 0, burstShare: 0, largeStateShare: 0 },
  calls: builtInCalls.filter(({ app }) => app === "warehouse"),
};

test("in many warehouses an order and a note fail at first, and come right when they are tried again", () => {
  const runs = Array.from({ length: 12 }, (_, seed) =>
    createPlanSimulation(planOf(drawScenario(seed, space))).finish(),
  );
  assert.ok(runs.every(({ outcome }) => outcome === "passed"));
  for (const name of ["call-retried", "handler-retried"] as const) {
    const count = runs.filter(({ probes }) => (probes[name] ?? 0) > 0).length;
    assert.ok(3 * count > runs.length, `${name} in ${count} of ${runs.length}`);
  }
});

test.run();
