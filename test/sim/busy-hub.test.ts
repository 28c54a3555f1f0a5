// A hub with room for few sessions, asked by all at once: each neighbour gets its turn.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";

const scenario: Scenario = {
  name: "busy-hub",
  ...{ nodes: 9, until: "26s", settle: "1s" },
  contexts: [{ id: "c0" }, { id: "c1" }, { id: "c2" }],
  network: { topology: { kind: "star" }, latency: { kind: "constant", ms: 20 } },
  config: {
    ...{ syncFrequencyMs: 200, syncIntervalMs: 100, syncSessionsMax: 2 },
    ...{ compactKeepDeltas: 1, compactAboveDeltas: 2, compactMs: 50 },
  },
  workload: [
    {
      ...{ rate: "2/s", until: "4s", nodes: "all", context: "c0" },
      ...{ method: "set", args: { key: "{node}-{seq}", value: "v" } },
    },
  ],
  faults: [{ kind: "partition", at: "1s", until: "5s", groups: [["n0"]] }],
  expect: [{ converged: { within: "20s" } }],
};

test("sessions that come round with one period do not keep others out of a busy hub for ever", () => {
  const slow = [1, 2, 3, 4, 5, 6, 7, 8].filter(
    (seed) => createPlanSimulation(planOf(scenario, seed)).finish().outcome !== "passed",
  );
  assert.equal(slow, []);
});

test.run();
