// The oracles are awake: each planted mistake is reported, and only because it was planted.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Application } from "../../../core/app/application.ts";
import { canaries, isCaught } from "../../../sim/fuzz/canaries.ts";
import { createSimulation } from "../../../sim/host/simulate.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";

const run = (scenario: Scenario, applications: readonly Application[]) =>
  createSimulation(scenario, { applications });

for (const canary of canaries) {
  test(`${canary.name}: ${canary.oracle} reports it`, () => {
    assert.ok(isCaught(canary, run));
  });
}

test("without what is planted nothing is reported", () => {
  const planted = canaries.filter(({ plant }) => plant !== undefined);
  assert.ok(planted.length > 0);
  for (const { plant, ...canary } of planted) assert.not(isCaught(canary, run));
});

test.run();
