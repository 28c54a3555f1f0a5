// What a plan owes to its seed: all of it, and each part to a draw of its own.

import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Plan, PlanFault } from "../../../sim/plan/plan.ts";
import type { Scenario, ScenarioFault, WorkloadEntry } from "../../../sim/scenario/scenario.ts";
import { planOf } from "./examples.ts";

const nodes = 30;
const seeds = fc.nat(Number.MAX_SAFE_INTEGER);

const faults: readonly ScenarioFault[] = [
  { at: "1s", until: "5s", kind: "partition", split: 0.5 },
  { at: "2s", until: "6s", kind: "partition", split: 0.5 },
  { at: "2s", until: "9s", kind: "flap", period: "1s", split: 0.3 },
  { at: "2s", kind: "partition", split: 0.3 },
  { at: "3s", kind: "crash", nodes: "n3", disk: "torn" },
  { at: "4s", kind: "join", nodes: "x0..x2" },
];

const set = { method: "set", args: { key: "{int 0 999}", value: "{bytes 9}{pick a b c}{zipf 50}" } };
const workload: readonly WorkloadEntry[] = [
  { ...set, rate: "3/s", until: "10s" },
  { ...set, rate: "4/s", until: "10s" },
  { ...set, rate: "3/s", from: "5s", until: "10s", nodes: "n2..n9" },
  { ...set, at: "7s", nodes: "all" },
  { ...set, at: "8s", node: "n1" },
];

const scenario: Partial<Scenario> = {
  nodes,
  clocks: { offsetMs: [-500, 500], driftPpm: [-100, 100] },
  contexts: [{ id: "kv" }, { id: "few", members: ["n0", "n9", "n17", "n22"] }],
  workload: workload.map((entry) => ({ ...entry, context: "kv" })),
  faults,
};

/** A text for what each part of a plan has drawn. Nodes by name, since indexes move when one goes. */
function draws(plan: Plan) {
  const name = (node: number) => plan.nodes[node]?.id ?? "";
  const group = (fault: PlanFault) => ("groups" in fault ? fault.groups.map((group) => group.map(name)) : []);
  return {
    clocks: new Map(
      plan.nodes.map(({ id, clockOffsetMs, clockDriftPpm }) => [id, `${clockOffsetMs} ${clockDriftPpm}`]),
    ),
    links: plan.links.map(([a, b]) => `${name(a)}-${name(b)}`),
    faults: plan.faults.map((fault) => JSON.stringify([fault.kind, fault.atUs, group(fault)])),
    operations: plan.operations.map(({ atUs, node, args }) => JSON.stringify([atUs, name(node), args])),
  };
}

function without<T>(list: readonly T[], index: number): readonly T[] {
  return list.filter((_, other) => other !== index);
}

/** What is left of a list when the other list's entries are taken out, each once. */
function remainder(list: readonly string[], taken: readonly string[]): readonly string[] {
  const rest = [...list];
  for (const entry of taken) {
    const index = rest.indexOf(entry);
    assert.ok(index >= 0, `changed: ${entry}`);
    rest.splice(index, 1);
  }
  return rest;
}

test("the same scenario and seed give the same plan, and nothing of the scenario is changed", () => {
  const before = JSON.stringify(scenario);
  fc.assert(
    fc.property(seeds, (seed) => {
      assert.equal(planOf(scenario, seed), planOf(scenario, seed));
    }),
    { numRuns: 20 },
  );
  assert.is(JSON.stringify(scenario), before);
});

test("another seed changes every draw: clocks, links, splits, who is called, with what", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 1_000_000 }), (seed, more) => {
      const one = draws(planOf(scenario, seed));
      const other = draws(planOf(scenario, seed + more));
      for (const part of ["links", "faults", "operations"] as const) {
        assert.is.not(String(one[part]), String(other[part]), part);
      }
      assert.is.not(String([...one.clocks]), String([...other.clocks]));
    }),
    { numRuns: 20 },
  );
});

test("taking out a fault leaves every other draw alone", () => {
  fc.assert(
    fc.property(seeds, fc.nat(faults.length - 2), (seed, index) => {
      const all = draws(planOf(scenario, seed));
      const fewer = draws(planOf({ ...scenario, faults: without(faults, index) }, seed));
      assert.is(remainder(all.faults, fewer.faults).length, 1);
      assert.equal({ ...fewer, faults: [] }, { ...all, faults: [] });
    }),
    { numRuns: 40 },
  );
});

test("taking out a workload entry leaves every other draw alone", () => {
  const entries = scenario.workload ?? [];
  fc.assert(
    fc.property(seeds, fc.nat(entries.length - 1), (seed, index) => {
      const all = draws(planOf(scenario, seed));
      const fewer = draws(planOf({ ...scenario, workload: without(entries, index) }, seed));
      assert.ok(remainder(all.operations, fewer.operations).length > 0);
      assert.equal({ ...fewer, operations: [] }, { ...all, operations: [] });
    }),
    { numRuns: 40 },
  );
});

test("a workload that goes on for longer begins with the same calls", () => {
  const entry: WorkloadEntry = { ...set, rate: "5/s" };
  const short = draws(planOf({ nodes, workload: [{ ...entry, until: "10s" }] })).operations;
  const long = draws(planOf({ nodes, workload: [{ ...entry, until: "20s" }] })).operations;
  assert.is(short.length, 50);
  assert.equal(long.slice(0, 50), short);
});

test("two entries that say the same draw apart: whom they call, and with what", () => {
  const entry: WorkloadEntry = { ...set, rate: "5/s", until: "10s" };
  const { operations } = planOf({ nodes, workload: [entry, entry] });
  const [odd, even] = [0, 1].map((rest) => operations.filter((_, index) => index % 2 === rest));
  assert.is.not(String(odd?.map(({ node }) => node)), String(even?.map(({ node }) => node)));
  assert.is.not(JSON.stringify(odd?.map(({ args }) => args)), JSON.stringify(even?.map(({ args }) => args)));
});

test("each split draws its own sides, and every node may be on either", () => {
  const sides = (seed: number, fault: ScenarioFault) => {
    const [first] = planOf({ nodes, faults: [fault] }, seed).faults;
    return first?.kind === "partition" ? (first.groups[0] ?? []) : [];
  };
  const early: ScenarioFault = { at: "1s", kind: "partition", split: 0.5 };
  assert.is.not(String(sides(1, early)), String(sides(1, { ...early, at: "2s" })));
  const counts = new Array<number>(nodes).fill(0);
  for (let seed = 0; seed < 400; seed += 1)
    for (const node of sides(seed, early)) counts[node] = (counts[node] ?? 0) + 1;
  assert.ok(
    counts.every((count) => count > 140 && count < 260),
    String(counts),
  );
});

test("taking out a node leaves the others' clocks alone, and moves at most one of them across a split", () => {
  fc.assert(
    fc.property(seeds, fc.nat(nodes - 1), (seed, gone) => {
      const ids = Array.from({ length: nodes }, (_, node) => ({ id: `n${node}` }));
      const { clocks = {} } = scenario;
      const all = planOf({ nodes: ids, clocks, faults: faults.slice(0, 1) }, seed);
      const fewer = planOf({ nodes: without(ids, gone), clocks, faults: faults.slice(0, 1) }, seed);
      const expected = draws(all).clocks;
      expected.delete(`n${gone}`);
      assert.equal(draws(fewer).clocks, expected);
      const firstSide = (plan: Plan) => {
        const [fault] = plan.faults;
        const first = fault?.kind === "partition" ? fault.groups[0] : undefined;
        return new Set((first ?? []).map((node) => plan.nodes[node]?.id));
      };
      const [before, after] = [firstSide(all), firstSide(fewer)];
      const moved = ids.filter(({ id }) => id !== `n${gone}` && before.has(id) !== after.has(id));
      assert.ok(moved.length <= 1, `${moved.length} moved`);
    }),
    { numRuns: 40 },
  );
});

test.run();
