// In most contexts that collect somebody is away with writes of its own, while the others write on together.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { drawScenario } from "../../../sim/fuzz/draw-scenario.ts";
import { everything, profiles } from "../../../sim/fuzz/profiles.ts";
import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";

const past = profiles.find(({ name }) => name === "past") ?? everything;
const collects = ({ config }: Scenario) => (config?.tombstoneRetentionMs ?? 0) > 0;

/** One is cut off for at least half of the time in which there are calls, and makes some at its beginning. */
function hasOneAway({ faults = [], workload = [] }: Scenario): boolean {
  return faults.some((fault) => {
    if (fault.kind !== "partition" || !("groups" in fault)) return false;
    const [away, ...others] = fault.groups.flat();
    const calls = workload.filter((entry) => "from" in entry && entry.from === fault.at);
    const isAlone = calls.some((entry) => "nodes" in entry && String(entry.nodes) === away);
    return (
      others.length === 0 &&
      isAlone &&
      calls.some((entry) => "nodes" in entry && String(entry.nodes) !== away)
    );
  });
}

test("each run of the profile collects, and in most of them one is away; of all runs some do", () => {
  const drawn = Array.from({ length: 100 }, (_, seed) => drawScenario(seed, past));
  assert.is(drawn.filter(collects).length, 100);
  assert.ok(drawn.filter(hasOneAway).length > 50);
  const others = Array.from({ length: 200 }, (_, seed) => drawScenario(seed, everything)).filter(collects);
  assert.ok(others.length > 8 && others.length < 60, `${others.length} collect`);
});

test("the past closes and collects in most runs of the profile", () => {
  const probes = Array.from({ length: 12 }, (_, seed) => {
    const result = createPlanSimulation(planOf(drawScenario(seed + 1, past))).finish();
    assert.is(result.outcome, "passed", JSON.stringify(result.violations.slice(0, 2)));
    return result.probes;
  });
  assert.ok(probes.filter((each) => each["past-closed"]).length >= 9);
  assert.ok(probes.filter((each) => each["tombstones-collected"]).length >= 3);
});

test.run();
