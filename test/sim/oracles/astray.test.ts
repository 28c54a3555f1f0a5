// Who finds that the past closed without what it has, where nobody may, is reported; elsewhere it stands for nobody.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Members } from "../../../core/members/members.ts";
import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";
import { neverAstray } from "../../../sim/oracles/astray.ts";
import type { SimulationResult } from "../../../sim/result.ts";
import type { Scenario, ScenarioFault } from "../../../sim/scenario/scenario.ts";
import { breakage, whileBroken } from "./broken.ts";

/** The first is away with writes of its own, and the others name cuts and answer them. */
const scenario: Scenario = {
  ...{ name: "left-behind", nodes: 3, until: "30s" },
  contexts: [{ id: "kv", app: "kv-store", members: "n0..n2" }],
  config: {
    ...{ checkpointEveryDeltas: 1, checkpointDelayMaxMs: 50, tombstoneRetentionMs: 1 },
    ...{ syncFrequencyMs: 500, syncIntervalMs: 0 },
  },
  workload: [
    {
      rate: "5/s",
      from: "1s",
      until: "2s",
      nodes: "n0",
      method: "set",
      args: { key: "k{int 0 3}", value: "a" },
    },
    { rate: "5/s", until: "10s", nodes: "n1..n2", method: "set", args: { key: "k{int 0 3}", value: "b" } },
    { rate: "2/s", until: "10s", nodes: "n1..n2", method: "remove", args: { key: "k{int 0 3}" } },
  ],
  faults: [{ kind: "partition", at: "1s", until: "9s", groups: ["n0"] }],
  expect: [{ converged: { within: "15s" } }],
};

/** As who is away were nobody who might write. */
const unasked = breakage(Members.prototype, "answerersAt", (original) => {
  return function (this: Members, position: number) {
    return original.call(this, position).slice(1);
  };
});

function run(more: Partial<Scenario> = {}): SimulationResult {
  return createPlanSimulation(planOf({ ...scenario, ...more }, 1)).finish();
}

test("the past waits for who is away, and nobody is left behind", () => {
  const { outcome, probes, violations } = run();
  assert.is(outcome, "passed", JSON.stringify(violations));
  assert.ok((probes["past-closed"] ?? 0) > 0 && (probes["tombstones-collected"] ?? 0) > 0);
  assert.is(probes["past-closed-without"], undefined);
});

test("whoever is left behind is reported, once for each node", () => {
  const away = ["n0", "n1", "n2"].map((node) => {
    const workload = (scenario.workload ?? []).map((entry, index) => {
      const others = ["n0", "n1", "n2"].filter((other) => other !== node);
      return { ...entry, nodes: index === 0 ? [node] : others };
    });
    const faults: readonly ScenarioFault[] = [{ kind: "partition", at: "1s", until: "9s", groups: [[node]] }];
    return whileBroken([unasked], () => run({ workload, faults }));
  });
  const found = away.map(({ violations }) =>
    violations.flatMap(({ oracle, node }) => (oracle === "nobody-left-behind" ? [node] : [])),
  );
  assert.ok(found.flat().length > 0, "one of them is the first");
  for (const nodes of found) assert.is(new Set(nodes).size, nodes.length);
});

test("where a disk forgets, somebody lies or members change, nobody is blamed for being astray", () => {
  const crash = { kind: "crash", at: "1s", until: "2s", nodes: "n1" } as const;
  const cases: readonly (readonly [Partial<Scenario>, number])[] = [
    [{}, 1],
    [{ faults: [{ ...crash, disk: "torn" }] }, 1],
    [{ faults: [{ ...crash, disk: "wipe" }] }, 0],
    [{ faults: [{ ...crash, disk: "rollback" }] }, 0],
    [{ faults: [{ ...crash, disk: "corrupt" }] }, 0],
    [{ faults: [{ kind: "byzantine", at: "1s", nodes: "n1", behaviour: "forge" }] }, 0],
    [
      { workload: [{ at: "1s", node: "n0", method: "give-role", args: { member: "n1", role: "reader" } }] },
      0,
    ],
  ];
  for (const [more, count] of cases) {
    const simulation = createPlanSimulation(planOf({ ...scenario, ...more }, 1));
    assert.is(neverAstray(simulation.plan, simulation.world.contextIds).size, count, JSON.stringify(more));
  }
});

test.run();
