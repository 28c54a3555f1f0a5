// A plan and the scenario that says all of it are the same.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { drawScenario } from "../../../sim/fuzz/draw-scenario.ts";
import { everything, profiles } from "../../../sim/fuzz/profiles.ts";
import { scenarioYaml } from "../../../sim/host/scenario-yaml.ts";
import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";
import { validateScenario } from "../../../sim/host/validate.ts";
import { parseYaml } from "../../../sim/host/yaml-source.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { explicitScenario } from "../../../sim/shrink/explicit.ts";
import { readable } from "../../../sim/shrink/readable.ts";
import { smaller } from "../../../sim/shrink/smaller.ts";
import { holds } from "../../laws.ts";
import { breezy, stormy, tiny } from "../small-plans.ts";

const scenarios = fc
  .tuple(fc.maxSafeNat(), fc.constantFrom(...profiles))
  .map(([seed, space]) => drawScenario(seed, space));

test("a plan made explicit gives the same plan again", () => {
  holds(
    fc.property(scenarios, (scenario) => {
      const plan = planOf(scenario);
      assert.equal(planOf(explicitScenario(plan)), plan);
    }),
    { share: 0.1 },
  );
});

test("nodes that join together with other clocks and configurations join one by one, and run the same", () => {
  const scenario = {
    ...breezy,
    faults: [
      { at: "1s", kind: "join", nodes: ["late0", "late1"] } as const,
      {
        at: "2s",
        kind: "join",
        nodes: "late2",
        config: { heartbeatMs: 77 },
        clock: { offsetMs: 5 },
      } as const,
    ],
  };
  const plan = planOf(scenario);
  assert.is(plan.nodes.at(-1)?.config.heartbeatMs, 77);
  assert.is(plan.nodes.at(-1)?.clockOffsetMs, 5);
  const again = planOf(explicitScenario(plan));
  assert.equal(again.nodes, plan.nodes);
  assert.is(again.faults.length, 3);
  const hashOf = (each: typeof plan) => createPlanSimulation(each).finish().traceHash;
  assert.is(hashOf(again), hashOf(plan));
});

test("braces in arguments stay what they are", () => {
  const args = { key: "{{int 1 2}", value: { text: "{{{{seq} {", list: ["{{node}"] } };
  const plan = planOf({ name: "braces", nodes: 1, workload: [{ at: 0, method: "set", args }] });
  assert.is(plan.operations[0]?.args.key, "{int 1 2}");
  assert.equal(planOf(explicitScenario(plan)), plan);
});

test("what is left out to be readable changes nothing of the plan, nor does writing it as YAML", () => {
  for (const scenario of [stormy, breezy, drawScenario(4, everything), drawScenario(5, everything)]) {
    const plan = planOf(scenario);
    const short = readable(explicitScenario(plan), planOf);
    assert.equal(planOf(short), plan);
    const read = validateScenario(parseYaml(scenarioYaml(short, ["a comment"]), "short.yaml").data);
    assert.equal(planOf(read), plan);
  }
});

test("every smaller scenario is valid and another one", () => {
  const scenario: Scenario = {
    ...{ ...tiny, nodes: 3, until: "12s" },
    faults: [{ at: "1s", until: "2s", kind: "crash", nodes: ["n0", "n1"], disk: "torn" }],
    expect: [{ converged: { within: "8s" } }],
  };
  const whole = explicitScenario(planOf(scenario));
  const steps = Array.from(smaller(whole, planOf));
  assert.ok(steps.length > 20);
  for (const step of steps) {
    planOf(step);
    assert.is.not(JSON.stringify(step), JSON.stringify(whole));
  }
});

test.run();
