/** Every scenario that is shipped passes, with three seeds each; the partition heals fast, whatever the seed. */

import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadScenario } from "../../sim/host/scenario-file.ts";
import { simulate } from "../../sim/host/simulate.ts";
import { scenarioFolder as folder, scenarioFiles } from "./scenario-files.ts";

const seeds = [1, 2, 3];
/** One seed where a run takes long. */
const large = ["five-hundred-contexts.ts", "mixed.yaml"];

for (const file of scenarioFiles()) {
  const own = large.includes(file) ? seeds.slice(0, 1) : seeds;
  test(`${file} passes with seeds ${own.join(", ")}`, async () => {
    const { scenario, applications } = await loadScenario(join(folder, file), { assignments: [] });
    for (const seed of own) {
      const result = simulate(scenario, { seed, applications });
      assert.is(result.outcome, "passed", `seed ${seed}: ${JSON.stringify(result.violations.slice(0, 3))}`);
      assert.ok(result.converged && result.acknowledged > 0, `seed ${seed}: nothing was shown`);
    }
  });
}

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
  for (const seed of [1, 2, 3, 4, 5]) {
    const { healMs, outcome } = simulate(scenario, { seed });
    assert.is(outcome, "passed");
    assert.ok(healMs !== null && healMs < 3_000, `seed ${seed}: healed in ${healMs} ms`);
  }
});

test("a peer that falls silent in the middle of its sessions costs the others no time", async () => {
  const { scenario } = await loadScenario(join(folder, "silent-peer.yaml"), { assignments: [] });
  const [cut, pause] = scenario.faults ?? [];
  assert.is(pause?.kind, "pause");
  const { until: _, ...forEver } = pause as Extract<typeof pause, { kind: "pause" }>;
  const others = ["n0..n1", "n3..n9"];
  for (const faults of [[cut], [cut, forEver]] as const) {
    for (const seed of seeds) {
      const expect = [{ converged: { within: "500ms", nodes: others } }];
      const result = simulate(
        { ...scenario, faults: faults.flatMap((each) => each ?? []), expect },
        { seed },
      );
      assert.is(result.outcome, "passed", JSON.stringify(result.violations));
    }
  }
});

test.run();
