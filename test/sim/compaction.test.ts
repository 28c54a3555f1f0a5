// Old bodies go all the while, under everything that can go wrong: nothing is lost, and all come to agree.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { storeKeys } from "../../core/store-keys.ts";
import { loadScenario } from "../../sim/host/scenario-file.ts";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import { stormy } from "./small-plans.ts";

const forgetful: Scenario = {
  ...stormy,
  config: {
    ...stormy.config,
    compactAboveDeltas: 8,
    compactKeepDeltas: 3,
    compactMs: 100,
    snapshotPageBytes: 400,
  },
  faults: [
    ...(stormy.faults ?? []).filter(({ kind }) => kind !== "crash"),
    ...[3, 4, 5, 6, 9, 10, 11, 14, 15].map((second) => ({
      ...({
        kind: "crash",
        nodes: `n${second % 5}`,
        disk: second % 2 === 0 ? "torn" : "lose-unsynced",
      } as const),
      ...{ at: `${second}s`, until: `${second}.8s` },
    })),
  ],
};

test("under crashes at any commit, loss, cuts and wrong clocks every node comes to the same state", () => {
  const counted = new Map<string, number>();
  for (let seed = 1; seed <= 12; seed += 1) {
    const result = createPlanSimulation(planOf(forgetful, seed)).finish();
    assert.equal(result.violations, [], `seed ${seed}`);
    for (const [name, amount] of Object.entries(result.probes))
      counted.set(name, (counted.get(name) ?? 0) + amount);
  }
  for (const name of [
    "bodies-compacted",
    "sync-below",
    "sync-snapshot",
    "sync-hash-comparison",
    "state-adopted",
  ])
    assert.ok((counted.get(name) ?? 0) > 0, `${name} never happened`);
  assert.is(counted.get("divergence-alarm") ?? 0, 0);
});

test("the scenario below the horizon gives newcomers a snapshot, and who was away what differs", async () => {
  const { scenario } = await loadScenario("scenarios/late-joiner-below-horizon.yaml", { assignments: [] });
  const simulation = createPlanSimulation(planOf(scenario, 1));
  const { outcome, probes } = simulation.finish();
  assert.is(outcome, "passed");
  assert.is(probes["sync-snapshot"], 2);
  const narrowed = (probes["sync-hash-comparison"] ?? 0) + (probes["sync-level-wise"] ?? 0);
  assert.is(narrowed, 1);
  const [first] = simulation.world.nodes;
  const [replica] = first?.core?.replicas().values() ?? [];
  if (first === undefined || replica === undefined) throw new Error("no replica");
  const { graph, bodyCount } = replica.deltas;
  assert.ok(bodyCount <= 60 && bodyCount < graph.count, `${bodyCount} bodies of ${graph.count} deltas`);
  const stored = Array.from({ length: graph.count }, (_, position) => graph.at(position).id).filter(
    (id) => first.disk.get(storeKeys.delta(id)) !== undefined,
  );
  assert.is(stored.length, bodyCount, "what is on the disk is not what it counts");
});

test.run();
