/** Scenarios about one way to sync, or one fallback, prove by what nodes count that it was taken. */

import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadScenario } from "../../sim/host/scenario-file.ts";
import { simulate } from "../../sim/host/simulate.ts";
import { scenarioFolder as folder, isAboutSync, scenarioFiles, testPasses } from "./scenario-files.ts";

const seeds = [1, 2, 3];

for (const file of scenarioFiles()) if (isAboutSync(file)) testPasses(file);

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
