// A run can be copied at any moment, whole: what goes on from the copy ends as the run itself does.

import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import { copyShared } from "../../sim/memory.ts";
import type { Plan } from "../../sim/plan/plan.ts";
import { behaviours } from "../../sim/scenario/behaviours.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import { Simulation } from "../../sim/simulation.ts";
import { Timeline } from "../../sim/timeline.ts";
import { holds } from "../laws.ts";
import { breezy, breezyPlan, owing, stormy } from "./small-plans.ts";

/** Flapping, drifting and slow, and with an expectation that fails. */
const troubled: Scenario = {
  ...{ ...breezy, name: "troubled", until: "12s" },
  faults: [
    { at: "1s", until: "5s", kind: "flap", split: 0.5, period: "1s" },
    { at: "1s", until: "8s", kind: "latency", addMs: 40, nodes: "n0" },
    { at: "2s", until: "7s", kind: "clock-drift", nodes: "n1..n3", ppm: 400 },
    { at: "2s", until: "6s", kind: "pause", nodes: "n2" },
    { at: "3s", until: "6s", kind: "bandwidth", kbps: 200 },
    { at: "4s", until: "6s", kind: "crash", nodes: "n4", disk: "torn" },
    { at: "5s", until: "9s", kind: "loss", rate: 0.5 },
  ],
  expect: [{ converged: { within: "1ms" } }, { value: { context: "kv", key: "k1", equals: "never" } }],
};

/** Disks that fill, fail, come back old, damaged or empty, slow nodes, broken connections and liars; nothing is expected, so that a core is healed at the end. */
const broken: Scenario = {
  ...{ ...breezy, name: "broken", until: "9s" },
  config: { ...breezy.config, compactAboveDeltas: 20, compactKeepDeltas: 4, compactMs: 300 },
  faults: [
    { at: "1s", until: "8s", kind: "byzantine", nodes: "n5", behaviour: [...behaviours] },
    { at: "1s", until: "5s", kind: "slow", nodes: ["n0", "n2"], factor: 400 },
    { at: "1s", until: "7s", kind: "disk-fail", nodes: "n0", rate: 0.4 },
    { at: "1500ms", until: "6s", kind: "corrupt", rate: 0.02 },
    { at: "2s", until: "4s", kind: "disk-full", nodes: "n1" },
    { at: "2s", until: "6s", kind: "disk-slow", nodes: "n2", syncMs: [50, 400] },
    { at: "3s", until: "5s", kind: "crash", nodes: ["n3", "n4"], disk: "rollback" },
    { at: "4s", kind: "join", nodes: "late" },
    { at: "5500ms", until: "6500ms", kind: "crash", nodes: "n4", disk: "corrupt" },
    { at: "6s", until: "8s", kind: "crash", nodes: "n3", disk: "wipe" },
    { at: "7s", kind: "partition", split: 0.5 },
    { at: "8s", kind: "disk-full", nodes: "n2" },
  ],
};

const scenarios = [owing, stormy, breezy, troubled, broken];

test("a fork ends in the same result as the run it was taken of, and leaves that run alone", () => {
  let [forks, midway] = [0, 0];
  holds(
    fc.property(
      fc.constantFrom(...scenarios),
      fc.nat(1_000_000),
      // Thousandths: doubles below one are nearly all next to nothing.
      fc.array(fc.nat(1_000), { minLength: 1, maxLength: 3 }),
      (scenario, seed, shares) => {
        const plan = planOf(scenario, seed);
        const expected = createPlanSimulation(plan).finish();
        const moments = new Set(shares.map((share) => Math.floor((share * expected.events) / 1_000)));
        const simulation = createPlanSimulation(plan);
        const taken: Simulation[] = [];
        do {
          if (!moments.has(simulation.world.events)) continue;
          const fork = simulation.fork();
          assert.ok(isDeepStrictEqual(memoryOf(fork), memoryOf(simulation)), "a fork forgot something");
          taken.push(fork);
        } while (simulation.step());
        assert.equal(simulation.finish(), expected, "taking snapshots changed the run");
        for (const fork of taken) {
          midway += Number(fork.world.events > 0 && fork.world.events < expected.events);
          // A fork of a fork goes on as well.
          const second = fork.fork();
          assert.equal(fork.finish(), expected);
          assert.equal(second.finish(), expected);
          forks += 1;
        }
      },
    ),
    { share: 0.025 },
  );
  assert.ok(forks > 5 && midway > 2, `only ${forks} forks were compared, ${midway} of them midway`);
});

test("a snapshot can be gone back to any number of times", () => {
  const simulation = createPlanSimulation(breezyPlan(4));
  simulation.runUntil(3_000_000);
  const snapshot = simulation.snapshot();
  const { traceHash } = simulation.finish();
  for (let again = 0; again < 3; again += 1)
    assert.is(Simulation.restore(snapshot).finish().traceHash, traceHash);
});

test("a fork of a finished run has its result", () => {
  const simulation = createPlanSimulation(planOf(troubled, 3));
  const result = simulation.finish();
  assert.is(result.outcome, "safety");
  assert.equal(simulation.fork().finish(), result);
});

test("a timeline goes to any event and time, in any order, and finds what a fresh run finds there", () => {
  let compared = 0;
  holds(
    fc.property(
      fc.nat(1_000_000),
      fc.integer({ min: 7, max: 900 }),
      fc.integer({ min: 2, max: 9 }),
      fc.array(fc.nat(6_000), { minLength: 1, maxLength: 5 }),
      (seed, everyEvents, snapshotsMax, moments) => {
        const plan = breezyPlan(seed);
        const timeline = new Timeline(createPlanSimulation(plan), { everyEvents, snapshotsMax });
        for (const [index, moment] of moments.entries()) {
          const at =
            index % 2 === 0
              ? ({ kind: "event", event: moment } as const)
              : ({ kind: "time", timeUs: moment * 1_000 } as const);
          const found = timeline.at(at);
          assert.equal(placeOf(found), placeOf(fresh(plan, at)));
          assert.ok(timeline.kept.snapshots <= snapshotsMax);
          compared += 1;
        }
      },
    ),
    { share: 0.02 },
  );
  assert.ok(compared > 5);
});

/** All of it: what oracles keep shows in no result until something is wrong. */
function memoryOf(simulation: Simulation): unknown {
  const { world, memory } = simulation.snapshot();
  return [world.memory, memory];
}

function fresh(
  plan: Plan,
  at: { readonly kind: "event"; readonly event: number } | { readonly kind: "time"; readonly timeUs: number },
): Simulation {
  const simulation = createPlanSimulation(plan);
  if (at.kind === "time") simulation.runUntil(at.timeUs);
  else while (simulation.world.events < at.event && simulation.step());
  return simulation;
}

function placeOf({ world }: Simulation): unknown {
  return [world.events, world.trace.hash(), world.nextTimeUs, world.counters.memory];
}

test("a timeline refuses moments that no run has", () => {
  const timeline = new Timeline(createPlanSimulation(breezyPlan(4)));
  assert.throws(
    () => timeline.at({ kind: "time", timeUs: -1 }),
    /found the time -1, expected a number of at least 0/,
  );
  assert.throws(() => timeline.at({ kind: "event", event: Number.NaN }), /found the event NaN/);
});

test("what several parts refer to is one thing in a copy, and circles are copied", () => {
  const shared: { n: number; self?: unknown } = { n: 1 };
  shared.self = shared;
  const copy = copyShared({ list: [shared], byName: new Map([["a", shared]]), seen: Uint16Array.of(1) });
  assert.is(copy.list[0], copy.byName.get("a"));
  assert.is(copy.list[0]?.self, copy.list[0]);
  assert.is.not(copy.list[0], shared);
  copy.seen[0] = 9;
  assert.is(shared.n, 1);
  assert.throws(() => copyShared({ act: () => 1 }), /holds a function, which is not plain data/);
  assert.throws(() => copyShared({ when: new Date(0) }), /holds a Date, which is not plain data/);
});

test.run();
