// A failure becomes small and stays the same failure. All planted bugs are measured by `npm run bench -- shrinking`.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { signatureOf } from "../../../sim/fuzz/signature.ts";
import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { descriptionOf, nameOf } from "../../../sim/shrink/describe.ts";
import type { ExplicitScenario } from "../../../sim/shrink/explicit.ts";
import { type Shrinking, type ShrinkOptions, shrink } from "../../../sim/shrink/shrink.ts";
import { nodeIds, onlyNodes } from "../../../sim/shrink/without.ts";
import { whileBroken } from "../oracles/broken.ts";
import { plantedBugs } from "../planted-bugs.ts";
import { breezy, tiny } from "../small-plans.ts";

const options: ShrinkOptions = { planOf: (scenario) => planOf(scenario), simulationOf: createPlanSimulation };

function shrunk(shrinking: Shrinking): Extract<Shrinking, { kind: "shrunk" }> {
  assert.is(shrinking.kind, "shrunk");
  return shrinking as Extract<Shrinking, { kind: "shrunk" }>;
}

function fails(scenario: Scenario, signature: string): boolean {
  const { violations } = createPlanSimulation(planOf(scenario)).finish();
  return violations.some((violation) => signatureOf(violation) === signature);
}

/** The scenario without each of its nodes, calls and faults in turn, as far as that is a scenario. */
function withoutOne(scenario: ExplicitScenario): readonly ExplicitScenario[] {
  const ids = nodeIds(scenario);
  const candidates = [
    ...ids.map((id) =>
      onlyNodes(
        scenario,
        ids.filter((other) => other !== id),
      ),
    ),
    ...scenario.workload.map((_, index) => ({
      ...scenario,
      workload: scenario.workload.toSpliced(index, 1),
    })),
    ...scenario.faults.map((_, index) => ({ ...scenario, faults: scenario.faults.toSpliced(index, 1) })),
  ];
  return candidates.filter((candidate) => {
    try {
      return planOf(candidate).nodes.length > 0;
    } catch {
      return false;
    }
  });
}

/** Writes that a disk has not synced when its node crashes. */
const unsynced: Scenario = {
  ...{ name: "unsynced", nodes: 3, until: "4s", disk: { syncMs: 800 } },
  workload: [
    { rate: "10/s", until: "3s", method: "set", args: { key: "k{int 0 2}", value: "{node}-{seq}" } },
    { rate: "50/s", until: "3s", node: "n2", method: "set", args: { key: "k{int 0 2}", value: "{seq}" } },
  ],
  faults: [
    { at: "1s", until: "1.5s", kind: "pause", nodes: "n1" },
    { at: "2s", until: "2.5s", kind: "crash", nodes: "n2", disk: "torn" },
  ],
};

const apart: Scenario = {
  ...{ ...breezy, name: "apart", until: "20s" },
  faults: [{ at: "1s", kind: "partition", groups: ["n0"] }],
  expect: [{ converged: { within: "6s" } }],
};

for (const [name, scenario] of [
  ["keeps the first of two writes of a register", breezy],
  ["does not wait for the disk", unsynced],
] as const) {
  test(`a core that ${name}: the scenario is small, fails alike, and needs all that is left`, () => {
    const bug = plantedBugs.find((each) => each.name === name);
    whileBroken(bug?.breakages ?? [], () => {
      const result = shrunk(shrink(planOf(scenario, 3), options));
      assert.ok(
        result.events < 0.05 * result.eventsBefore,
        `${result.events} of ${result.eventsBefore} events`,
      );
      assert.ok(fails(result.scenario, result.signature));
      for (const less of withoutOne(result.scenario)) assert.not(fails(less, result.signature));
      assert.ok(nodeIds(result.scenario).length <= 3);
      assert.match(descriptionOf(result), result.violation.oracle);
      assert.match(nameOf(result), /-\d-nodes?/);
    });
  });
}

test("what shows while a run goes on is not put off to its end, and the run is over once it has shown", () => {
  const joining: Scenario = {
    ...{ name: "joining", nodes: 2, until: "12s", disk: { syncMs: 800 } },
    workload: [{ rate: "2/s", until: "6s", method: "set", args: { key: "k", value: "{seq}" } }],
    faults: [{ at: "1s", kind: "join", nodes: "late" }],
    expect: [{ converged: { within: "5s" } }],
  };
  const bug = plantedBugs.find(({ name }) => name === "applies a delta without its parents");
  whileBroken(bug?.breakages ?? [], () => {
    const { scenario, events, eventsBefore, violation } = shrunk(shrink(planOf(joining, 3), options));
    assert.ok(violation.atMs * 1_000 <= planOf(scenario).untilUs);
    assert.ok(events - violation.event < 10, `${events - violation.event} events after the mistake`);
    assert.ok(events < eventsBefore);
  });
});

test("shrinking that is cut off gives the smallest scenario so far, which fails alike and says that it is not minimal", () => {
  const sizes = [0, 10, 100_000].map((runs) => {
    let tried = 0;
    const result = shrunk(
      shrink(planOf(apart), {
        ...options,
        onProgress: (progress) => (tried = progress.runs),
        isCutOff: () => tried > runs,
      }),
    );
    assert.is(result.isMinimal, runs > result.runs);
    assert.ok(fails(result.scenario, result.signature));
    assert.is(nameOf(result).startsWith("not-minimal-converged-"), !result.isMinimal);
    assert.is(descriptionOf(result).startsWith("Not minimal"), !result.isMinimal);
    return JSON.stringify(result.scenario).length;
  });
  assert.equal(
    sizes,
    sizes.toSorted((a, b) => b - a),
  );
  assert.is(new Set(sizes).size, 3);
});

test("what is cut off before the whole run has ended is not known to fail", () => {
  assert.equal(shrink(planOf(apart), { ...options, isCutOff: () => true }), { kind: "unknown" });
});

test("a scenario that does not fail is not shrunk", () => {
  assert.equal(shrink(planOf(tiny), options), { kind: "passed" });
});

test("what an expected value counts on is not taken away", () => {
  const scenario: Scenario = {
    ...{ name: "expected", nodes: 3, until: "5s" },
    workload: [
      { at: "1s", node: "n0", method: "set", args: { key: "mine", value: 1 } },
      { at: "2s", node: "n1", method: "set", args: { key: "mine", value: 2 } },
      { at: "2s", node: "n2", method: "set", args: { key: "other", value: 2 } },
    ],
    expect: [{ value: { key: "mine", equals: 1 } }],
  };
  const { scenario: small } = shrunk(shrink(planOf(scenario), options));
  assert.equal(
    small.workload.map(({ args }) => args?.value),
    [1, 2],
  );
});

test("the time to converge in stays as it is", () => {
  const scenario: Scenario = {
    ...{ ...tiny, until: "20s" },
    faults: [{ at: "1s", kind: "partition", groups: ["n0"] }],
    expect: [{ converged: { within: "6s" } }],
  };
  const { scenario: small, violation } = shrunk(shrink(planOf(scenario), options));
  assert.equal(small.expect, [{ converged: { within: "6s" } }]);
  assert.match(violation.message, /not converged within 6000 ms/);
  assert.is(small.workload.length, 1);
});

test.run();
