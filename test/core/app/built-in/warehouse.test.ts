// What is ordered before it is there is sent when it is, once, and everybody takes note; what nobody delivers is parked.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../../core/json.ts";
import { createSimulation } from "../../../../sim/host/simulate.ts";
import { defineScenario } from "../../../../sim/scenario/scenario.ts";

const late = defineScenario({
  ...{ name: "late-delivery", nodes: 3, contexts: [{ id: "c", app: "warehouse" }], until: "30s" },
  workload: [
    { at: "1s", node: "n1", method: "order", args: { ware: "axe", order: "first" } },
    { at: "1s", node: "n1", method: "order", args: { ware: "bell", order: "never" } },
    { at: "1s", node: "n0", method: "beginCount", args: { ware: "axe" } },
    { at: "1500ms", node: "n2", method: "deliver", args: { ware: "axe", count: 2 } },
    { at: "6s", node: "n0", method: "endCount", args: { ware: "axe" } },
  ],
  faults: [{ at: "1600ms", until: "1700ms", kind: "crash", nodes: "n1", disk: "keep" }],
});

test("an order waits for what is delivered later, over a crash too, and is noted once nobody counts", () => {
  const simulation = createSimulation({ ...late, config: { handlerAttemptsMax: 5 } });
  const { outcome, probes } = simulation.finish();
  assert.is(outcome, "passed");
  const owed = ["call-failed", "call-retried", "call-made", "handler-failed", "handler-retried"] as const;
  for (const name of owed) assert.ok((probes[name] ?? 0) > 0, name);
  for (const { core } of simulation.world.nodes) {
    const [replica] = core?.replicas().values() ?? [];
    const asked = (method: string, args: JsonObject) => {
      const execution = replica?.calls.query({ method, args }, 0);
      return execution?.kind === "ran" ? execution.output : execution;
    };
    assert.equal(asked("sent", {}), { first: "axe" });
    assert.is(asked("get", { key: "axe" }), 1);
    assert.is((asked("noted", { order: "first" }) as string[]).length, 2);
  }
});

test("what nobody delivers is given up and kept for an operator", () => {
  const { probes, outcome } = createSimulation({ ...late, config: { handlerAttemptsMax: 2 } }).finish();
  assert.is(outcome, "passed");
  assert.ok((probes["call-parked"] ?? 0) > 0);
  assert.ok((probes["handler-parked"] ?? 0) > 0);
});

test.run();
