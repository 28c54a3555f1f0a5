// Two parts of a context that write a little while they are apart show what the next call would mend.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { HistoryView } from "../../../core/sync/reconciliation/history-view.ts";
import { drawScenario } from "../../../sim/fuzz/draw-scenario.ts";
import { everything, type ScenarioSpace } from "../../../sim/fuzz/profiles.ts";
import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";
import { breakage, whileBroken } from "../oracles/broken.ts";

const seeds = Array.from({ length: 12 }, (_, seed) => seed);
const space: ScenarioSpace = {
  ...everything,
  ...{ sizes: [2, 3], contextsMax: 1, faults: ["partition"], faultsMax: 0, partingShare: 1, varied: [] },
  ...{ membershipShare: 0, removalShare: 0, blobsShare: 0, burstShare: 0, largeStateShare: 0 },
};

test("in a parting both parts call, and nobody does once they have met", () => {
  for (const seed of seeds) {
    const { operations, faults } = planOf(drawScenario(seed, space));
    const [cut] = faults;
    assert.ok(cut?.kind === "partition" && faults.length === 1);
    const partOf = (node: number) => cut.groups.findIndex((group) => group.includes(node));
    assert.is(new Set(operations.map(({ node }) => partOf(node))).size, 2);
    assert.ok(operations.every(({ atUs }) => atUs < (cut.untilUs ?? 0)));
  }
});

test("a context makes few calls in two parts, or many for a large state, and not both", () => {
  const counts = seeds.map((seed) => {
    const { operations, faults } = planOf(drawScenario(seed, { ...space, largeStateShare: 1 }));
    assert.is(faults.length, 1);
    return operations.length;
  });
  assert.ok(counts.every((count) => count <= 6 || count >= 100));
  assert.ok(counts.some((count) => count <= 6) && counts.some((count) => count >= 100));
});

test("where nothing may be cut there are no partings", () => {
  for (const seed of seeds) {
    const { workload = [], faults = [] } = drawScenario(seed, { ...space, faults: ["crash"] });
    assert.ok(faults.every(({ kind }) => kind !== "partition"));
    assert.ok(workload.some((entry) => "rate" in entry));
  }
});

test("partings find two histories that look alike because their last deltas are left out", () => {
  const blind = breakage(
    HistoryView.prototype,
    "fingerprint",
    (fingerprint) =>
      function (this: HistoryView, from: number, to: number) {
        return fingerprint.call(this, from, to > from + 1 ? to - 1 : to);
      },
  );
  const outcomes = () =>
    seeds.map((seed) => createPlanSimulation(planOf(drawScenario(seed, space))).finish());
  assert.ok(outcomes().every(({ outcome }) => outcome === "passed"));
  const found = whileBroken([blind], outcomes).flatMap(({ violations }) => violations);
  assert.ok(found.some(({ oracle }) => oracle === "converged"));
});

test.run();
