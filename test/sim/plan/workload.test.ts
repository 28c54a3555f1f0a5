import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Plan } from "../../../sim/plan/plan.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { planOf, problemsOf } from "./examples.ts";

type Workload = NonNullable<Scenario["workload"]>;

function timesMs(...workload: Workload): readonly number[] {
  return planOf({ workload }).operations.map(({ atUs }) => atUs / 1_000);
}

function nodesOf(plan: Plan): readonly string[] {
  return plan.operations.map(({ node }) => plan.nodes[node]?.id ?? "");
}

test("calls at a rate are evenly spaced, the first at `from`, none at `until`", () => {
  const call = { method: "len" };
  assert.equal(timesMs({ ...call, from: "1s", until: "2s", rate: "4/s" }), [1_000, 1_250, 1_500, 1_750]);
  assert.equal(timesMs({ ...call, from: "1s", until: "2s", rate: 2 }), [1_000, 1_500]);
  assert.equal(timesMs({ ...call, until: "2m", rate: "1/m" }), [0, 60_000]);
  assert.equal(timesMs({ ...call, rate: "60/h" }), [0, 60_000]);
  assert.equal(timesMs({ ...call, until: "1s", rate: "3/s" }), [0, 333.333, 666.667]);
  assert.equal(timesMs({ ...call, until: "10ms", rate: "0.1/s" }), [0]);
  // 25 × 2.2 is a little above 55 in binary; the 56th call would come at `until`.
  assert.is(timesMs({ ...call, until: "25s", rate: "2.2/s" }).length, 55);
});

test("rounding does not add up: the last of many calls is where it belongs", () => {
  const times = timesMs({ rate: "7/s", until: "100s", method: "len" });
  assert.is(times.length, 700);
  assert.is(times[699], Math.round((699 / 7) * 1e6) / 1e3);
});

test("calls stand by time, and at one time by the order of their entries", () => {
  const plan = planOf({
    workload: [
      { at: "2s", node: "n0", method: "set", args: { key: "single" } },
      { from: "1s", until: "4s", rate: "1/s", method: "set", args: { key: "steady{seq}" } },
      { at: "1s", node: "n1", method: "set", args: { key: "early" } },
    ],
  });
  const keys = plan.operations.map(({ args }) => args.key);
  assert.equal(keys, ["steady0", "early", "single", "steady1", "steady2"]);
});

test("each call goes to one of its nodes, and all of them get some", () => {
  const plan = planOf({
    nodes: 10,
    workload: [{ rate: "10/s", until: "60s", nodes: ["n2..n4", "n7"], method: "len" }],
  });
  assert.equal(Array.from(new Set(nodesOf(plan))).sort(), ["n2", "n3", "n4", "n7"]);
});

test("without nodes the first members of the context are called", () => {
  const plan = planOf({
    contexts: [{ id: "kv" }, { id: "few", members: ["n1", "n3"] }],
    workload: [{ rate: "10/s", until: "60s", context: "few", method: "len" }],
  });
  assert.equal(Array.from(new Set(nodesOf(plan))).sort(), ["n1", "n3"]);
});

test("a node that joins later may be called, as a member it is or will be", () => {
  const plan = planOf({
    faults: [{ at: "5s", kind: "join", nodes: "n4" }],
    workload: [{ at: "1s", node: "n4", method: "len" }],
  });
  assert.equal(nodesOf(plan), ["n4"]);
});

test("templates know the node and the number of the call", () => {
  const plan = planOf({
    workload: [
      {
        rate: "1/s",
        until: "3s",
        nodes: "n2",
        method: "set",
        args: { key: "k", value: ["{node}-{seq}", 7] },
      },
    ],
  });
  assert.equal(
    plan.operations.map(({ args }) => args),
    ["n2-0", "n2-1", "n2-2"].map((text) => ({ key: "k", value: [text, 7] })),
  );
});

const few: Partial<Scenario> = { contexts: [{ id: "few", members: "n0..n1" }] };
const call = { at: "1s", node: "n0", method: "len" };
const mistakes: readonly (readonly [title: string, scenario: Partial<Scenario>, problem: string])[] = [
  [
    "an unknown node",
    { workload: [{ ...call, node: "nn0" }] },
    'workload[0].node: found "nn0", expected a node: n0, n1, n2, n3; did you mean "n0"?',
  ],
  [
    "a range where one node belongs",
    { workload: [{ ...call, node: "n0..n1" }] },
    'workload[0].node: found "n0..n1", expected a node',
  ],
  [
    "an unknown method",
    { workload: [{ ...call, method: "lne" }] },
    'workload[0].method: found "lne", expected a method of kv-store: set, remove, clear, get, entries, len; did you mean "len"?',
  ],
  [
    "a method that only objects have",
    { workload: [{ ...call, method: "toString" }] },
    'workload[0].method: found "toString"',
  ],
  [
    "an unknown context",
    { workload: [{ ...call, context: "vk" }] },
    'workload[0].context: found "vk", expected a context: kv; did you mean "kv"?',
  ],
  [
    "a node that is never a member",
    { ...few, workload: [{ ...call, node: "n2" }] },
    'workload[0].node: found "n2", never a member of context "few", expected members of it',
  ],
  [
    "several that are never members",
    { ...few, workload: [{ rate: 1, nodes: "all", method: "len" }] },
    'workload[0].nodes: found "n2" (and 1 more), never a member of context "few"',
  ],
  [
    "a joining node that joins another context",
    {
      contexts: [{ id: "a" }, { id: "b" }],
      faults: [{ at: 1, kind: "join", nodes: "x", contexts: ["a"] }],
      workload: [{ ...call, node: "x", context: "b" }],
    },
    'workload[0].node: found "x", never a member of context "b"',
  ],
  [
    "a call at the end of the run",
    { until: "1s", workload: [call] },
    'workload[0].at: found "1s", expected a time before the end of the run, 1s',
  ],
  [
    "an entry that begins after the end",
    { until: "1s", workload: [{ rate: 1, from: "2s", method: "len" }] },
    'workload[0].from: found "2s", expected a time before the end of the run, 1s',
  ],
  [
    "an entry that ends after the end",
    { until: "1s", workload: [{ rate: 1, until: "2s", method: "len" }] },
    'workload[0].until: found "2s", expected a time not after the end of the run, 1s',
  ],
  [
    "an entry that ends before it begins",
    { workload: [{ rate: 1, from: "3s", until: "2s", method: "len" }] },
    'workload[0].until: found "2s", expected a time after 3s, when it begins',
  ],
  [
    "more calls than a plan holds",
    {
      workload: [
        { rate: "6000/s", method: "len" },
        { rate: "6000/s", method: "len" },
      ],
    },
    "workload: makes 1,440,000 calls, expected at most 1,000,000: lower the rates or end them sooner",
  ],
  [
    "more drawn text than a plan holds",
    { workload: [{ rate: "10/s", method: "set", args: { value: "{bytes 1000000}" } }] },
    "workload: {bytes n} makes 1,200,000,000 characters in all, expected at most 268,435,456",
  ],
];

for (const [title, scenario, problem] of mistakes) {
  test(`refused: ${title}`, () => {
    const found = problemsOf(scenario);
    assert.is(found.length, 1, found.join("\n"));
    assert.is(found[0]?.slice(0, problem.length), problem);
  });
}

test("a million calls can be planned", () => {
  const plan = planOf({ until: "100s", workload: [{ rate: "10000/s", method: "len" }] });
  assert.is(plan.operations.length, 1_000_000);
});

test.run();
