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

const oneAtATime: Scenario = {
  name: "one-at-a-time",
  ...{ nodes: 6, until: "60s", settle: "3s" },
  contexts: [{ id: "c0" }, { id: "c1" }],
  network: { topology: { kind: "star" }, latency: { kind: "constant", ms: 400 } },
  config: {
    ...{ syncFrequencyMs: 200, syncIntervalMs: 0, syncBackoffMaxMs: 0, syncSessionsMax: 1 },
    ...{ syncProtocolForced: 5, compactKeepDeltas: 5, compactAboveDeltas: 10, compactMs: 50 },
  },
  workload: ["c0", "c1"].map((context) => ({
    ...{ rate: "4/s", until: "5s", nodes: "all", context },
    ...{ method: "set", args: { key: "{node}-{seq}", value: "v" } },
  })),
  faults: [{ kind: "join", at: "2500ms", nodes: "late", contexts: ["c0", "c1"] }],
  expect: [{ converged: { within: "50s" } }],
};

test("a hub that has always one neighbour's session, for its period is a link's, gives others its state", () => {
  const slow = [1, 2, 3, 4, 5, 6].filter(
    (seed) => createPlanSimulation(planOf(oneAtATime, seed)).finish().outcome !== "passed",
  );
  assert.equal(slow, []);
});

test.run();
