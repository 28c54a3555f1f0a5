// A moment with one thing changed: the run it is of never notices, and the same change ends the same.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import { type Intervention, inFlight, whatIf } from "../../sim/what-if.ts";
import { holds } from "../laws.ts";
import { breezy, stormy } from "./small-plans.ts";

const interventions: fc.Arbitrary<Intervention> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("crash" as const, "cut" as const),
    node: fc.nat(3),
    forUs: fc.integer({ min: 1, max: 5_000_000 }),
  }),
  fc.constant({ kind: "heal" as const }),
  fc.record({ kind: fc.constant("drop" as const), place: fc.nat(1_000) }),
);

test("what if leaves the run alone, and the same change of the same moment ends the same", () => {
  const law = fc.property(
    fc.constantFrom(stormy, breezy),
    fc.nat(1_000_000),
    fc.nat(1_000),
    interventions,
    (scenario, seed, share, asked) => {
      const plan = planOf(scenario, seed);
      const expected = createPlanSimulation(plan).finish();
      const run = createPlanSimulation(plan);
      while (run.world.events < (share * expected.events) / 1_000 && run.step());
      const snapshot = run.snapshot();
      const messages = inFlight(snapshot);
      if (asked.kind === "drop" && messages.length === 0) return;
      const place = asked.kind === "drop" ? (messages[asked.place % messages.length]?.place ?? 0) : 0;
      const intervention = asked.kind === "drop" ? { ...asked, place } : asked;
      const [first, second] = [whatIf(snapshot, intervention), whatIf(snapshot, intervention)];
      assert.equal(first.finish(), second.finish());
      assert.equal(run.finish(), expected);
    },
  );
  holds(law, { share: 0.03 });
});

test("a dropped gossip message does not arrive, and all that was on its way with it does", () => {
  const run = createPlanSimulation(planOf(breezy, 3));
  while (inFlight(run.snapshot()).every(({ kind }) => kind !== "gossip") && run.step());
  const snapshot = run.snapshot();
  const gossip = inFlight(snapshot).filter(({ kind }) => kind === "gossip");
  const [lost] = gossip;
  assert.ok(lost !== undefined);
  const left = inFlight(whatIf(snapshot, { kind: "drop", place: lost.place }).snapshot());
  const key = ({ from, to, arrivesUs, size }: typeof lost) => `${from}>${to} ${arrivesUs} ${size}`;
  assert.equal(
    left.filter(({ kind }) => kind === "gossip").map(key),
    gossip.filter((message) => message !== lost).map(key),
  );
});

test("a crashed node is down and comes back, a cut one is alone and is heard again", () => {
  const run = createPlanSimulation(planOf(breezy, 3));
  run.runUntil(2_000_000);
  const crashed = whatIf(run.snapshot(), { kind: "crash", node: 1, forUs: 1_000_000 });
  assert.is(crashed.world.node(1).status, "down");
  crashed.runUntil(3_500_000);
  assert.is(crashed.world.node(1).status, "up");
  const cut = whatIf(run.snapshot(), { kind: "cut", node: 1, forUs: 1_000_000 });
  const isCut = () => cut.world.conditions.isCut(cut.world.connections.linkBetween(0, 1) * 2);
  assert.ok(isCut());
  cut.runUntil(3_500_000);
  assert.not(isCut());
});

test("healing ends every fault that is on, and nothing that is still to come", () => {
  const scenario = {
    ...{ name: "two-cuts", nodes: 3, until: "20s" },
    faults: [
      { at: "2s", until: "9s", kind: "partition" as const, groups: ["n0"] },
      { at: "2s", until: "9s", kind: "crash" as const, nodes: "n2" },
      { at: "3s", until: "9s", kind: "slow" as const, nodes: "n1", factor: 5 },
      { at: "6s", until: "9s", kind: "oneway" as const, from: "n0", to: "n1" },
    ],
  };
  const run = createPlanSimulation(planOf(scenario));
  run.runUntil(4_000_000);
  const healed = whatIf(run.snapshot(), { kind: "heal" });
  const link = healed.world.connections.linkBetween(0, 1) * 2;
  assert.not(healed.world.conditions.isCut(link));
  assert.is(healed.world.node(2).status, "up");
  assert.is(healed.world.node(1).impairment.inputUs, 0);
  healed.runUntil(7_000_000);
  assert.ok(healed.world.conditions.isCut(link));
});

test.run();
