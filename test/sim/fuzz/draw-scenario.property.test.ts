// Random scenarios are valid, the same for the same seed, and can be told apart by what they switch on.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInApplications } from "../../../core/app/built-in/index.ts";
import { builtInCalls, callName } from "../../../sim/fuzz/calls.ts";
import { drawScenario } from "../../../sim/fuzz/draw-scenario.ts";
import { everything, findProfile, profileNames, profiles } from "../../../sim/fuzz/profiles.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import { faultKinds } from "../../../sim/scenario/schema-faults.ts";
import { holds } from "../../laws.ts";

const seeds = fc.maxSafeNat();
const spaces = fc.constantFrom(...profiles);

test("every scenario of every profile is valid", () => {
  holds(
    fc.property(seeds, spaces, (seed, space) => {
      const { operations, expectations } = planOf(drawScenario(seed, space));
      assert.ok(operations.length > 0);
      assert.is(expectations.length, 1);
    }),
    { share: 0.3 },
  );
});

test("the same seed gives the same scenario", () => {
  holds(
    fc.property(seeds, spaces, (seed, space) => {
      assert.equal(drawScenario(seed, space), drawScenario(seed, space));
    }),
    { share: 0.1 },
  );
});

test("whatever cuts, stops or slows somebody is over when the time to converge begins", () => {
  holds(
    fc.property(seeds, spaces, (seed, space) => {
      const { faults, expectations, untilUs } = planOf(drawScenario(seed, space));
      const [expectation] = expectations;
      const withinUs = expectation?.kind === "converged" ? expectation.withinMs * 1_000 : 0;
      for (const { kind, atUs, untilUs: endUs } of faults) {
        const isInstant = ["join", "leave", "clock-jump"].includes(kind);
        assert.ok((isInstant ? atUs : (endUs ?? Number.POSITIVE_INFINITY)) + withinUs < untilUs, kind);
      }
    }),
    { share: 0.3 },
  );
});

test("a profile draws only the faults it names, and everything names all there are", () => {
  assert.equal(everything.faults.toSorted(), faultKinds.toSorted());
  holds(
    fc.property(seeds, spaces, (seed, space) => {
      const drawn = drawScenario(seed, space).faults ?? [];
      assert.ok(drawn.every(({ kind }) => space.faults.includes(kind)));
    }),
    { share: 0.5 },
  );
});

test("a fault that is switched on in one scenario is switched off in others", () => {
  const runs = Array.from({ length: 60 }, (_, seed) => drawScenario(seed, everything).faults ?? []);
  for (const kind of everything.faults) {
    const count = runs.filter((faults) => faults.some((fault) => fault.kind === kind)).length;
    assert.ok(count > 0 && count < 50, `${kind} in ${count} of 60`);
  }
});

test("every method of every built-in application is called in some way", () => {
  const there = builtInApplications.flatMap(({ name, methods }) =>
    Object.keys(methods).map((method) => callName({ app: name, method })),
  );
  assert.equal(Array.from(new Set(builtInCalls.map(callName))).sort(), there.sort());
});

test("where deletions are collected nobody lies, and somebody does elsewhere", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed += 1) {
    const { faults = [], config = {} } = drawScenario(seed, everything);
    const isCollecting = (config.tombstoneRetentionMs ?? 0) > 0;
    const isLying = faults.some(({ kind }) => kind === "byzantine");
    seen.add(`${isCollecting ? "collecting" : "keeping"}, ${isLying ? "lying" : "honest"}`);
  }
  assert.equal(Array.from(seen).sort(), ["collecting, honest", "keeping, honest", "keeping, lying"]);
});

test("a profile that is not there is told with the nearest name", () => {
  for (const name of profileNames) assert.is.not(typeof findProfile(name), "string");
  assert.match(String(findProfile("disc")), /found "disc", expected one of .*; did you mean "disk"\?/);
});

test.run();
