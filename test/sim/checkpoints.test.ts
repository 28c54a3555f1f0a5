// Checkpoints under crashes, cuts, compaction and states that move: all come to agree on what is sealed and what is
// collected, and lose nothing.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../core/ids.ts";
import { loadScenario } from "../../sim/host/scenario-file.ts";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import { standingOf } from "../core/members/councils.ts";

/** Node 4 sleeps through seals; others crash, come late, or lack what is gone everywhere. */
async function stormyCheckpoints(): Promise<Scenario> {
  const { scenario } = await loadScenario("scenarios/checkpoints.yaml", { assignments: [] });
  const { description: _, contexts: __, ...rest } = scenario;
  return {
    ...rest,
    // Nothing that it writes has the sleeper come back.
    workload: (scenario.workload ?? []).filter((entry) => !("at" in entry && entry.at === "160s")),
    config: {
      ...{ checkpointEveryDeltas: 12, memberSilentMaxMs: 30_000 },
      ...{ compactAboveDeltas: 20, compactKeepDeltas: 5, compactMs: 2_000 },
    },
    faults: [
      ...(scenario.faults ?? []),
      ...[10, 22, 37, 48, 64, 90].map((second, index) => ({
        ...({ kind: "crash", nodes: `n${index % 4}`, disk: "lose-unsynced" } as const),
        ...{ at: `${second}s`, until: `${second + 3}s` },
      })),
      { kind: "join", at: "100s", nodes: "n5" },
    ],
    expect: [{ converged: { within: "60s" } }],
  };
}

test("under crashes, cuts and compaction all come to agree on what is sealed, and whom the rest waits for", async () => {
  const counted = new Map<string, number>();
  const scenario = await stormyCheckpoints();
  for (let seed = 1; seed <= 4; seed += 1) {
    const simulation = createPlanSimulation(planOf(scenario, seed));
    const result = simulation.finish();
    assert.equal(result.violations, [], `seed ${seed}`);
    const standings = simulation.world.nodes.flatMap((node) =>
      Array.from(node.core?.replicas().values() ?? [], ({ closing, deltas }) => {
        const { open, sealed } = standingOf(closing.checkpoints, deltas.graph);
        assert.is.not(sealed, null);
        return JSON.stringify([Array.from(open), toHex(sealed ?? "")]);
      }),
    );
    assert.is(standings.length, 6);
    assert.is(new Set(standings).size, 1, `seed ${seed}`);
    for (const [name, amount] of Object.entries(result.probes))
      counted.set(name, (counted.get(name) ?? 0) + amount);
  }
  for (const name of ["member-excluded", "member-returned", "state-adopted", "bodies-compacted"])
    assert.ok((counted.get(name) ?? 0) > 0, `${name} never happened`);
  assert.is(counted.get("checkpoint-false") ?? 0, 0);
});

test("under crashes, too, deletions go from all alike, and whatever members sleep through stays deleted", async () => {
  const { scenario } = await loadScenario("scenarios/tombstones.yaml", { assignments: [] });
  const stormy: Scenario = {
    ...scenario,
    faults: [
      ...(scenario.faults ?? []),
      ...[12, 31, 47, 145, 170, 190, 215].map((second, index) => ({
        ...({ kind: "crash", nodes: `n${index % 2}`, disk: "lose-unsynced" } as const),
        ...{ at: `${second}s`, until: `${second + 3}s` },
      })),
    ],
  };
  for (let seed = 1; seed <= 2; seed += 1) {
    const simulation = createPlanSimulation(planOf(stormy, seed));
    const result = simulation.finish();
    assert.equal(result.violations, [], `seed ${seed}`);
    const lines = simulation.world.nodes.flatMap((node) =>
      Array.from(node.core?.replicas().values() ?? [], ({ closing }) => closing.checkpoints.closed.line),
    );
    assert.is.not(lines[0] ?? null, null);
    for (const line of lines) assert.equal(line, lines[0]);
  }
});

test("where states are so large that others are made beside them, what members sleep through stays deleted, too", async () => {
  const { scenario } = await loadScenario("scenarios/tombstones.yaml", { assignments: [] });
  const large: Scenario = {
    ...JSON.parse(JSON.stringify(scenario).replaceAll("{node}-{seq}", "{node}-{seq}".padEnd(1_500, "-"))),
    config: { ...scenario.config, snapshotPageBytes: 256 },
  };
  for (let seed = 1; seed <= 2; seed += 1) {
    const result = createPlanSimulation(planOf(large, seed)).finish();
    assert.equal(result.violations, [], `seed ${seed}`);
    for (const name of ["state-replaced", "state-untimely"] as const)
      assert.ok((result.probes[name] ?? 0) > 0, `${name} never happened`);
  }
});

test.run();
