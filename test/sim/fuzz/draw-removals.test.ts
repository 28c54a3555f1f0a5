// Members who write in the moment in which another is removed show whether that one still hears what they say.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Members } from "../../../core/members/members.ts";
import { drawScenario } from "../../../sim/fuzz/draw-scenario.ts";
import { everything, type ScenarioSpace } from "../../../sim/fuzz/profiles.ts";
import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";
import { breakage, whileBroken } from "../oracles/broken.ts";

const seeds = Array.from({ length: 12 }, (_, seed) => seed);
const space: ScenarioSpace = {
  ...everything,
  ...{ sizes: [3, 4, 5], contextsMax: 1, faults: [], faultsMax: 0, varied: [] },
  ...{ membershipShare: 0, removalShare: 1, partingShare: 0 },
  ...{ blobsShare: 0, burstShare: 0, largeStateShare: 0 },
};

test("after each removal others write, soon and more than once, and nothing else is done to members", () => {
  let removals = 0;
  for (const seed of seeds) {
    const { operations, contexts } = planOf(drawScenario(seed, space));
    const [maker] = contexts[0]?.members ?? [];
    const removing = operations.filter(({ method }) => method === "remove-member");
    assert.ok(operations.every(({ method }) => !/role|invite|leave|join/.test(method)));
    for (const { atUs, node, args } of removing) {
      assert.is(node, maker);
      const soon = operations.filter((each) => each.atUs >= atUs && each.atUs < atUs + 600_000);
      const writers = soon.filter((each) => each.node !== node && `n${each.node}` !== args.member);
      assert.ok(writers.length > 1, `seed ${seed}`);
    }
    removals += removing.length;
  }
  assert.ok(removals >= seeds.length / 2, `${removals} removals`);
});

test("removals find members who go on with the old key until they have the new one", () => {
  const outcomes = () =>
    seeds.map((seed) => createPlanSimulation(planOf(drawScenario(seed, space))).finish());
  assert.ok(outcomes().every(({ outcome }) => outcome === "passed"));
  const overheard = breakage(Members.prototype, "isOverheard", () => () => false);
  const found = whileBroken([overheard], outcomes).flatMap(({ violations }) => violations);
  assert.ok(found.some(({ oracle, message }) => oracle === "members-alone" && /was removed/.test(message)));
});

test.run();
