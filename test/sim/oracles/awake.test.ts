// A node that has more to apply than a turn takes goes on by itself; one that waits for somebody to come by is seen.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { DeltaStore } from "../../../core/delta-store/delta-store.ts";
import { Timers } from "../../../core/timers.ts";
import { simulate } from "../../../sim/host/simulate.ts";
import { defineScenario } from "../../../sim/scenario/scenario.ts";
import { breakage, whileBroken } from "./broken.ts";

/** n2 misses the first of what n0 writes, so that all that follows waits for it, and is applied at once. */
const scenario = defineScenario({
  ...{ name: "burst", nodes: 3, until: "20s" },
  network: { latency: { kind: "constant", ms: 400 } },
  workload: [
    {
      from: "2s",
      until: "3s",
      rate: "900/s",
      nodes: "n0",
      method: "set",
      args: { key: "k{int 0 99}", value: "{seq}" },
    },
  ],
  faults: [{ at: "1900ms", until: "2100ms", kind: "loss", rate: 1, nodes: "n2" }],
});

test("a sound node applies in several turns what becomes ready in one", () => {
  let full = 0;
  const counting = breakage(
    DeltaStore.prototype,
    "applyReady",
    (applyReady) =>
      function (this: DeltaStore, turn) {
        const isMore = applyReady.call(this, turn);
        full += Number(this.readyCount > 0);
        return isMore;
      },
  );
  const { violations } = whileBroken([counting], () => simulate(scenario));
  assert.equal(violations, []);
  assert.ok(full > 0);
});

test("a slow node that is to be woken, and compacts what it has just applied, is no mistake", () => {
  for (const seed of [1, 2, 3]) {
    const { violations, faults } = simulate(
      {
        ...scenario,
        config: { compactAboveDeltas: 1, compactKeepDeltas: 1, compactMs: 1_000 },
        faults: [
          ...(scenario.faults ?? []),
          { at: "1s", until: "15s", kind: "slow", nodes: "n2", factor: 20 },
        ],
      },
      { seed },
    );
    assert.ok((faults.slow ?? 0) > 0);
    assert.equal(violations, []);
  }
});

test("a node that does not wake for what is ready is seen", () => {
  const asleep = breakage(
    Timers.prototype,
    "set",
    (set) =>
      function (this: Timers, name: string, dueMs: number) {
        if (!name.includes("apply-ready")) set.call(this, name, dueMs);
      },
  );
  const [first] = whileBroken([asleep], () => simulate(scenario)).violations;
  assert.is(first?.oracle, "awake");
  assert.match(first?.message ?? "", /deltas could be applied, and it wakes in \d+/);
});

test.run();
