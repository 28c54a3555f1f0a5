/**
 * Every scenario that is shipped passes, with a seed or two each, but for those that are about a way to sync
 * (`sync.test.ts`); the partition heals fast, whatever the seed.
 */

import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadScenario } from "../../sim/host/scenario-file.ts";
import { simulate } from "../../sim/host/simulate.ts";
import { scenarioFolder as folder, isAboutSync, scenarioFiles, testPasses } from "./scenario-files.ts";

const seeds = [1, 2, 3];

for (const file of scenarioFiles()) if (!isAboutSync(file)) testPasses(file);

test("what a node lets its own caller write is void nowhere, whoever else changes who may write", async () => {
  const { scenario } = await loadScenario(join(folder, "notice-board.yaml"), { assignments: [] });
  for (const seed of seeds) {
    const { probes, refused } = simulate(scenario, { seed });
    assert.is(probes["write-void"] ?? 0, 0, `seed ${seed}`);
    assert.ok(refused > 10, `seed ${seed}: nobody was kept from writing`);
  }
});

test("two halves that wrote apart for a minute agree within 3 s of meeting, when nothing is written after", async () => {
  const { scenario } = await loadScenario(join(folder, "partition-heals.yaml"), {
    // The last write of the file comes after the cut; at 6 s it lets the healing itself be measured.
    assignments: ["workload.2.at=6s", "nodes=40"],
  });
  for (const seed of seeds) {
    const { healMs, outcome } = simulate(scenario, { seed });
    assert.is(outcome, "passed");
    assert.ok(healMs !== null && healMs < 3_000, `seed ${seed}: healed in ${healMs} ms`);
  }
});

test.run();
