// A context is deleted in the middle of everything: its records go from the disk, and the others do not notice.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { present } from "../../core/assert.ts";
import type { ContextId } from "../../core/ids.ts";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import type { Simulation } from "../../sim/simulation.ts";

/** n1 deletes one context of two while n3, which has just come, is given its state, and crashes soon after. */
function deleting(crashAtMs: number): Scenario {
  return {
    name: "deleting",
    nodes: 3,
    contexts: [{ id: "kept" }, { id: "deleted" }],
    config: { compactAboveDeltas: 30, compactKeepDeltas: 10, compactMs: 500, snapshotPageBytes: 400 },
    network: { latency: { kind: "constant", ms: 20 } },
    disk: { syncMs: [2, 40] },
    workload: ["kept", "deleted"].flatMap((context) => [
      {
        ...{ from: "0s", until: "8s", rate: "16/s", nodes: "all", context, method: "set" },
        args: { key: "k{int 0 999}", value: "{seq}" },
      },
      {
        ...{ from: "8s", until: "15s", rate: "5/s", nodes: "n0", context, method: "set" },
        args: { key: "k{int 0 999}", value: "{seq}" },
      },
    ]),
    faults: [
      { kind: "join", at: "7.5s", nodes: "n3", contexts: ["deleted"] },
      { kind: "crash", at: `${crashAtMs}ms`, until: "9s", nodes: "n1", disk: "torn" },
    ],
    expect: [{ converged: { within: "10s" } }],
    until: "30s",
  };
}

const ask = (at: string, method: string) => ({ at, node: "n1", context: "deleted", method });

function withCalls(scenario: Scenario, calls: readonly ReturnType<typeof ask>[]): Scenario {
  return { ...scenario, workload: [...(scenario.workload ?? []), ...calls] };
}

function idOf({ world }: Simulation, name: string): ContextId {
  return present(world.contextIds.get(name), "a context");
}

/** Of the deleted context: what is left of it on the disk of n1. */
function leftOn(simulation: Simulation): readonly string[] {
  const contextId = idOf(simulation, "deleted");
  const { disk, core } = simulation.world.node(1);
  const kept = core?.replicas().get(idOf(simulation, "kept"));
  return Array.from(disk.memory.entries.keys()).filter((key) =>
    key[0] === "d" ? kept?.deltas.graph.has(key.slice(1) as never) !== true : key.includes(contextId),
  );
}

const crashes = Array.from({ length: 8 }, (_, index) => 8_001 + 9 * index);

test("wherever a crash breaks a deletion off, nothing is left of the context in the end", () => {
  let deleted = 0;
  for (const [seed, crashAtMs] of crashes.entries()) {
    const scenario = withCalls(deleting(crashAtMs), [
      ask("8s", "delete-context"),
      ask("10s", "delete-context"),
    ]);
    const simulation = createPlanSimulation(planOf(scenario, seed));
    const { violations, probes } = simulation.finish();
    assert.equal(violations, [], `seed ${seed}`);
    assert.equal(leftOn(simulation), [], `seed ${seed}`);
    deleted += probes["context-deleted"] ?? 0;
  }
  assert.ok(deleted >= crashes.length, `${deleted} deletions`);
});

test("a context that was deleted and is joined again comes to what the others have", () => {
  for (const [seed, crashAtMs] of crashes.entries()) {
    const scenario = withCalls(deleting(crashAtMs), [ask("8s", "delete-context"), ask("12s", "join-again")]);
    const simulation = createPlanSimulation(planOf(scenario, seed));
    assert.equal(simulation.finish().violations, [], `seed ${seed}`);
    const contextId = idOf(simulation, "deleted");
    const roots = [0, 1, 2, 3].map((node) =>
      simulation.world.node(node).core?.replicas().get(contextId)?.stateRoot(),
    );
    assert.is(new Set(roots).size, 1, `seed ${seed}`);
  }
});

test.run();
