// Calls into other contexts in whole clusters: each is made once for each cause that is kept, on every replica alike.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ContextId, toHex } from "../../core/ids.ts";
import { createSimulation } from "../../sim/host/simulate.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import type { Simulation } from "../../sim/simulation.ts";
import { failuresLeft, ledger } from "../core/owed/ledger.ts";

const scenario: Scenario = {
  name: "asked-and-answered",
  nodes: 5,
  contexts: [
    { id: "asked", app: "ledger" },
    { id: "answers", app: "ledger" },
  ],
  network: { duplicate: 0.2, reorder: 0.2 },
  disk: { syncMs: [20, 300] },
  workload: [
    {
      ...{ from: "1s", until: "13s", rate: "5/s", nodes: "all", context: "asked", method: "ask" },
      args: { name: "{seq}", to: "set below" },
    },
  ],
  faults: [
    { at: "2s", until: "8s", kind: "partition", split: 0.4 },
    { at: "3s", until: "4s", kind: "crash", nodes: "n0..n1", disk: "lose-unsynced" },
    { at: "5s", until: "6s", kind: "crash", nodes: "n2..n3", disk: "torn" },
    { at: "9s", until: "10s", kind: "crash", nodes: "all", disk: "lose-unsynced" },
  ],
  expect: [{ converged: { within: "20s" } }],
  until: "60s",
};

/** What every live node answers to a view, which must be the same for all. */
function answerOf(simulation: Simulation, contextId: ContextId, view: string) {
  const answers = simulation.world.nodes.map((node) => {
    const execution = node.core?.replicas().get(contextId)?.calls.query({ method: view, args: {} }, 0);
    if (execution?.kind !== "ran") throw new Error(JSON.stringify(execution));
    return execution.output;
  });
  for (const answer of answers) assert.equal(answer, answers[0]);
  return answers[0];
}

test("whatever crashes take, what is asked in one context is answered in the other, once, on every node", () => {
  for (const seed of [1, 2, 3]) {
    failuresLeft.clear();
    for (let nth = 0; nth < 60; nth += 7) failuresLeft.set(`${nth}`, 2);
    const simulation = createSimulation(scenario, { seed, applications: [ledger] });
    const { contextIds, plan } = simulation.world;
    const [asked, answers] = ["asked", "answers"].map((id) => contextIds.get(id)) as [ContextId, ContextId];
    for (const { args } of plan.operations) Object.assign(args, { to: toHex(answers) });
    const result = simulation.finish();
    assert.equal(result.violations, []);
    const names = answerOf(simulation, asked, "asked") as string[];
    const done = answerOf(simulation, answers, "done") as Record<string, number>;
    assert.ok(names.length > 30, `only ${names.length} were asked`);
    assert.equal(Object.keys(done).sort(), [...names].sort());
    assert.ok(Object.values(done).every((count) => count === 1));
    assert.ok((result.probes["call-failed"] ?? 0) > 0, "some failed at first");
    assert.ok((result.probes["disk-batches-lost"] ?? 0) > 0, "crashes took something");
  }
});

test.run();
