import { test } from "uvu";
import * as assert from "uvu/assert";
import { currentFamily, cutFamilies, sideNames } from "../../../adapters/tui/cuts.ts";
import { currentFaults, faultSpans, faultsMaxOf } from "../../../adapters/tui/faults.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import type { Plan } from "../../../sim/plan/plan.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";

type Faults = NonNullable<Scenario["faults"]>;

function plan(faults: Faults): Plan {
  return planOf({ name: "cuts", nodes: 6, until: "60s", faults });
}

function sidesAt(faults: Faults, seconds: number): string {
  const nowUs = seconds * 1_000_000;
  const family = currentFamily(cutFamilies(plan(faults)), nowUs);
  const names = sideNames(family, nowUs);
  return family.sides.map(({ nodes }, index) => `${names[index]} ${nodes.join("")}`).join(", ");
}

test("without a cut all nodes are on one side", () => {
  assert.is(sidesAt([], 5), "A 012345");
});

test("nodes in none of the groups are a side of their own", () => {
  const faults: Faults = [{ at: "5s", until: "9s", kind: "partition", groups: [["n1", "n2"], ["n4"]] }];
  assert.is(sidesAt(faults, 6), "A 12, B 4, C 035");
});

test("a flapping cut is one in the first half of each period", () => {
  const faults: Faults = [{ at: "10s", until: "20s", kind: "flap", period: "4s", groups: ["n0..n2"] }];
  assert.is(sidesAt(faults, 9), "A 012, A 345");
  assert.is(sidesAt(faults, 10), "A 012, B 345");
  assert.is(sidesAt(faults, 12), "A 012, A 345");
  assert.is(sidesAt(faults, 14.5), "A 012, B 345");
  assert.is(sidesAt(faults, 20), "A 012, A 345");
});

test("cuts that overlap share an arrangement, and equal names are sides that are connected", () => {
  const faults: Faults = [
    { at: "10s", until: "30s", kind: "partition", groups: ["n0..n2"] },
    { at: "20s", until: "40s", kind: "partition", groups: [["n0", "n5"]] },
  ];
  assert.is(sidesAt(faults, 15), "A 0, A 12, B 5, B 34");
  assert.is(sidesAt(faults, 25), "A 0, B 12, C 5, D 34");
  assert.is(sidesAt(faults, 35), "A 0, B 12, A 5, B 34");
});

test("the arrangement stays after a cut, until another one begins", () => {
  const faults: Faults = [
    { at: "10s", until: "20s", kind: "partition", groups: ["n0..n2"] },
    { at: "30s", until: "40s", kind: "partition", groups: ["n0"] },
  ];
  assert.is(sidesAt(faults, 25), "A 012, A 345");
  assert.is(sidesAt(faults, 30), "A 0, B 12345");
});

test("every kind of fault is told in words", () => {
  const everything = plan([
    { at: "1s", kind: "partition", split: 0.5 },
    { at: "1s", kind: "flap", period: "4s", groups: ["n0"] },
    { at: "1s", kind: "oneway", from: "n0..n2", to: ["n3", "n5"] },
    { at: "1s", kind: "loss", rate: 0.125 },
    { at: "1s", kind: "latency", addMs: 100, nodes: "n4" },
    { at: "1s", kind: "bandwidth", kbps: 1500 },
    { at: "1s", until: "9s", kind: "crash", nodes: "n1", disk: "torn" },
    { at: "1s", until: "9s", kind: "pause", nodes: "all" },
    { at: "1s", kind: "clock-jump", nodes: "n2", byMs: -1500 },
    { at: "1s", kind: "clock-drift", nodes: ["n0", "n2", "n4", "n5"], ppm: 200 },
  ]);
  const shown = currentFaults(everything, 1_000_000).map(({ kind, detail }) => `${kind} ${detail}`);
  assert.equal(shown, [
    "partition 3 | 3",
    "flap 1 | 5, every 4.0 s, now cut",
    "oneway n0..n2 cannot reach n3, n5",
    "loss 12.5 % on all links",
    "latency +100 ms on links of n4",
    "bandwidth 1,500 kbit/s on all links",
    "crash n1, disk: torn",
    "pause all nodes",
    "clock-jump n2 by -1.5 s",
    "clock-drift n0, n2, n4..n5 at +200 ppm",
  ]);
  assert.is(faultsMaxOf(everything), 10);
});

test("a fault says how long it still lasts, an instantaneous one that it has just been", () => {
  const faults = plan([
    { at: "1s", until: "9s", kind: "pause", nodes: "n0" },
    { at: "2s", kind: "loss", rate: 0.1 },
    { at: "2s", kind: "clock-jump", nodes: "n2", byMs: 10 },
  ]);
  const leftAt = (seconds: number) => currentFaults(faults, seconds * 1_000_000).map(({ left }) => left);
  assert.equal(leftAt(1.5), [{ us: 7_500_000 }]);
  assert.equal(leftAt(2), [{ us: 7_000_000 }, "end", "moment"]);
  assert.equal(leftAt(8), [{ us: 1_000_000 }, "end"]);
});

test("on the timeline a flapping cut is there each time it cuts", () => {
  const flap = plan([{ at: "10s", until: "19s", kind: "flap", period: "4s", groups: ["n0"] }]);
  const spans = faultSpans(flap).map(({ fromUs, untilUs }) => [fromUs / 1e6, untilUs / 1e6]);
  assert.equal(spans, [
    [10, 12],
    [14, 16],
    [18, 19],
  ]);
});

test.run();
