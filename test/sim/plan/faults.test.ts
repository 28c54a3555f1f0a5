import { test } from "uvu";
import * as assert from "uvu/assert";
import type { PlanFault } from "../../../sim/plan/plan.ts";
import type { Scenario, ScenarioFault } from "../../../sim/scenario/scenario.ts";
import { planOf, problemsOf } from "./examples.ts";

function faultsOf(scenario: Partial<Scenario>, ...faults: readonly ScenarioFault[]): readonly PlanFault[] {
  return planOf({ ...scenario, faults }).faults;
}

test("where every node is byzantine at some time nobody is left to judge", () => {
  const lie = { kind: "byzantine", behaviour: "lie" } as const;
  const faults = [
    { ...lie, at: "1s", until: "2s", nodes: "n0" },
    { ...lie, at: "3s", nodes: "n1" },
  ];
  const [problem] = problemsOf({ nodes: 2, faults });
  assert.match(String(problem), /every node is byzantine at some time, expected one at least that never is/);
  assert.equal(problemsOf({ nodes: 3, faults }), []);
});

test("every kind is planned with its nodes by index and its times in microseconds", () => {
  const times = { at: "1s", until: "2s" };
  const faults = faultsOf(
    { nodes: 6 },
    { ...times, kind: "partition", groups: ["n0..n1", ["n2", "n3"]] },
    { ...times, kind: "flap", period: "500ms", groups: ["n5"] },
    { ...times, kind: "oneway", from: "n0", to: "all" },
    { ...times, kind: "loss", rate: 0.5 },
    { ...times, kind: "duplicate", rate: 0.25, nodes: "n1" },
    { ...times, kind: "reorder", rate: 1, nodes: ["n3", "n1..n2"] },
    { ...times, kind: "latency", addMs: 30 },
    { ...times, kind: "latency", latency: { kind: "constant", ms: 1 }, nodes: "n0" },
    { ...times, kind: "bandwidth", kbps: 64 },
    { ...times, kind: "crash", nodes: "n0" },
    { ...times, kind: "crash", nodes: "n1", disk: "torn" },
    { ...times, kind: "pause", nodes: "n0" },
    { ...times, kind: "corrupt", rate: 0.1 },
    { ...times, kind: "slow", nodes: "n0", factor: 3 },
    { ...times, kind: "disk-slow", nodes: "n0", syncMs: [1, 2.5] },
    { ...times, kind: "disk-full", nodes: "n0" },
    { ...times, kind: "disk-fail", nodes: "n0" },
    { ...times, kind: "byzantine", nodes: "n0", behaviour: "lie" },
    { ...times, kind: "clock-drift", nodes: "n0", ppm: -5 },
    { at: "1s", kind: "clock-jump", nodes: "n0", byMs: 7 },
    { at: "1s", kind: "join", nodes: "n6" },
    { at: "1s", kind: "leave", nodes: "n4" },
  );
  const lasting = { atUs: 1_000_000, untilUs: 2_000_000 };
  const instant = { atUs: 1_000_000, untilUs: null };
  const all = [0, 1, 2, 3, 4, 5];
  assert.equal(faults, [
    {
      ...lasting,
      kind: "partition",
      groups: [
        [0, 1],
        [2, 3],
        [4, 5, 6],
      ],
    },
    { ...lasting, kind: "flap", periodUs: 500_000, groups: [[5], [0, 1, 2, 3, 4, 6]] },
    { ...lasting, kind: "oneway", from: [0], to: all },
    { ...lasting, kind: "loss", rate: 0.5, nodes: null },
    { ...lasting, kind: "duplicate", rate: 0.25, nodes: [1] },
    { ...lasting, kind: "reorder", rate: 1, nodes: [1, 2, 3] },
    { ...lasting, kind: "latency", addMs: 30, latency: null, nodes: null },
    { ...lasting, kind: "latency", addMs: null, latency: { kind: "constant", ms: 1 }, nodes: [0] },
    { ...lasting, kind: "bandwidth", kbps: 64, nodes: null },
    { ...lasting, kind: "crash", nodes: [0], disk: "keep" },
    { ...lasting, kind: "crash", nodes: [1], disk: "torn" },
    { ...lasting, kind: "pause", nodes: [0] },
    { ...lasting, kind: "corrupt", rate: 0.1, nodes: null },
    { ...lasting, kind: "slow", nodes: [0], factor: 3 },
    { ...lasting, kind: "disk-slow", nodes: [0], syncUs: [1_000, 2_500] },
    { ...lasting, kind: "disk-full", nodes: [0] },
    { ...lasting, kind: "disk-fail", nodes: [0], rate: 0.5 },
    { ...lasting, kind: "byzantine", nodes: [0], behaviours: ["lie"] },
    { ...lasting, kind: "clock-drift", nodes: [0], ppm: -5 },
    { ...instant, kind: "clock-jump", nodes: [0], byMs: 7 },
    { ...instant, kind: "join", nodes: [6], contexts: ["kv"] },
    { ...instant, kind: "leave", nodes: [4] },
  ]);
});

test("a disk rolls back to a moment of its own before the crash, drawn from the node's name", () => {
  const crash = { at: "20s", until: "30s", kind: "crash", disk: "rollback" } as const;
  const copiesOf = (nodes: string) => {
    const [fault] = faultsOf({ nodes: 6 }, { ...crash, nodes });
    return fault?.kind === "crash" && fault.disk === "rollback" ? fault.copiedAtUs : [];
  };
  const copies = copiesOf("n0..n3");
  assert.is(new Set(copies).size, 4);
  assert.ok(copies.every((atUs) => atUs >= 0 && atUs < 20_000_000));
  assert.equal(copiesOf("n2"), [copies[2]]);
});

test("faults stand by time, and at one time in the order of the scenario", () => {
  const faults = faultsOf(
    {},
    { at: "3s", kind: "pause", nodes: "n0" },
    { at: "1s", kind: "pause", nodes: "n1" },
    { at: "3s", kind: "clock-jump", nodes: "n2", byMs: 1 },
  );
  assert.equal(
    faults.map(({ kind, atUs, untilUs }) => [kind, atUs, untilUs]),
    [
      ["pause", 1_000_000, null],
      ["pause", 3_000_000, null],
      ["clock-jump", 3_000_000, null],
    ],
  );
});

test("a split puts the asked part of the nodes on one side, and never all", () => {
  const sizes = (nodes: number, split: number) => {
    const [fault] = faultsOf({ nodes }, { at: 1, kind: "partition", split });
    return fault?.kind === "partition" ? fault.groups.map((group) => group.length) : [];
  };
  assert.equal(sizes(100, 0.5), [50, 50]);
  assert.equal(sizes(10, 0.3), [3, 7]);
  assert.equal(sizes(4, 0.01), [1, 3]);
  assert.equal(sizes(4, 0.99), [3, 1]);
  assert.equal(sizes(2, 0.5), [1, 1]);
});

test("nodes join in order of time, with the run's configuration, as members of the contexts named", () => {
  const plan = planOf({
    nodes: 2,
    config: { heartbeatMs: 500 },
    contexts: [{ id: "a" }, { id: "b" }],
    faults: [
      { at: "9s", kind: "join", nodes: ["late", "n2..n3"] },
      { at: "4s", kind: "join", nodes: "early", contexts: ["b"] },
    ],
  });
  assert.equal(
    plan.nodes.map(({ id, joinsAtUs }) => [id, joinsAtUs]),
    [
      ["n0", null],
      ["n1", null],
      ["early", 4_000_000],
      ["late", 9_000_000],
      ["n2", 9_000_000],
      ["n3", 9_000_000],
    ],
  );
  assert.equal(plan.nodes[2]?.config, { heartbeatMs: 500 });
  assert.equal(plan.faults, [
    { atUs: 4_000_000, untilUs: null, kind: "join", nodes: [2], contexts: ["b"] },
    { atUs: 9_000_000, untilUs: null, kind: "join", nodes: [3, 4, 5], contexts: ["a", "b"] },
  ]);
  assert.equal(
    plan.contexts.map(({ members }) => members),
    [
      [0, 1],
      [0, 1],
    ],
  );
});

test("all means the nodes there at the start", () => {
  const [, pause] = faultsOf(
    {},
    { at: "1s", kind: "join", nodes: "x" },
    { at: "2s", kind: "pause", nodes: "all" },
  );
  assert.equal(pause?.kind === "pause" ? pause.nodes : null, [0, 1, 2, 3]);
});

test("faults of one kind on one node may follow on each other, and other kinds may overlap", () => {
  assert.equal(
    problemsOf({
      faults: [
        { at: "1s", until: "2s", kind: "crash", nodes: "n0" },
        { at: "2s", until: "3s", kind: "crash", nodes: "all" },
        { at: "1s", until: "3s", kind: "pause", nodes: "n0" },
        { at: "1s", until: "3s", kind: "loss", rate: 1 },
        { at: "1s", until: "3s", kind: "loss", rate: 1 },
        { at: "2s", kind: "leave", nodes: "n1" },
        { at: "2s", kind: "clock-jump", nodes: "n0", byMs: 1 },
        { at: "2s", kind: "clock-jump", nodes: "n0", byMs: 1 },
      ],
    }),
    [],
  );
});

const at = "1s";
const mistakes: readonly (readonly [title: string, faults: readonly ScenarioFault[], problem: string])[] = [
  [
    "an end before the beginning",
    [{ at, until: "500ms", kind: "loss", rate: 1 }],
    'faults[0].until: found "500ms", expected a time after 1s, when it begins',
  ],
  [
    "an end at the beginning",
    [{ at, until: "1s", kind: "loss", rate: 1 }],
    'faults[0].until: found "1s", expected a time after 1s',
  ],
  [
    "a fault at the end of the run",
    [{ at: "120s", kind: "loss", rate: 1 }],
    'faults[0].at: found "120s", expected a time before the end of the run, 2m',
  ],
  [
    "an end after the end of the run",
    [{ at, until: 120_001, kind: "loss", rate: 1 }],
    "faults[0].until: found 120001, expected a time not after the end of the run, 2m",
  ],
  [
    "two crashes of a node at once",
    [
      { at, until: "3s", kind: "crash", nodes: "n1" },
      { at: "2s", until: "4s", kind: "crash", nodes: "all" },
    ],
    'faults[1].nodes: "n1" is down from 1s to 3s already, by faults[0], expected no crash of one node during another',
  ],
  [
    "a crash of a node that stays down",
    [
      { at, kind: "crash", nodes: "n1" },
      { at: "2s", kind: "crash", nodes: "n1" },
    ],
    'faults[1].nodes: "n1" is down from 1s already, by faults[0]',
  ],
  [
    "two pauses, the later one named first",
    [
      { at: "2s", kind: "pause", nodes: "n1" },
      { at, until: "3s", kind: "pause", nodes: "n1" },
    ],
    'faults[1].nodes: "n1" is paused from 1s to 3s already, by faults[0]',
  ],
  [
    "leaving twice",
    [
      { at, kind: "leave", nodes: "n1" },
      { at: "2s", kind: "leave", nodes: "n1" },
    ],
    'faults[1].nodes: "n1" has left from 1s already, by faults[0]',
  ],
  [
    "crashing before joining",
    [
      { at: "5s", kind: "join", nodes: "x" },
      { at, kind: "crash", nodes: "x" },
    ],
    'faults[1].at: found 1s, expected a time after "x" joins, at 5s',
  ],
  [
    "joining under a name that is taken",
    [{ at, kind: "join", nodes: "n1..n4" }],
    'faults[0].nodes: there is a node "n1" already, expected the id of a new node',
  ],
  [
    "joining twice",
    [
      { at, kind: "join", nodes: "x" },
      { at: "2s", kind: "join", nodes: "x" },
    ],
    'faults[1].nodes: there is a node "x" already',
  ],
  [
    "joining as all",
    [{ at, kind: "join", nodes: "all" }],
    'faults[0].nodes: found "all", expected ids of new nodes',
  ],
  [
    "joining under no name",
    [{ at, kind: "join", nodes: "a b" }],
    'faults[0].nodes: found "a b", expected an id of letters',
  ],
  [
    "joining an unknown context",
    [{ at, kind: "join", nodes: "x", contexts: ["kvv"] }],
    'faults[0].contexts[0]: found "kvv", expected a context: kv; did you mean "kv"?',
  ],
  [
    "an unknown node",
    [{ at, kind: "pause", nodes: ["n0", "m3"] }],
    'faults[0].nodes[1]: found "m3", expected a node: n0, n1, n2, n3; did you mean "n3"?',
  ],
  [
    "a range beyond the last node",
    [{ at, kind: "pause", nodes: "n2..n9" }],
    'faults[0].nodes: found "n2..n9", but there is no node "n4"',
  ],
  [
    "a range the wrong way round",
    [{ at, kind: "pause", nodes: "n2..n1" }],
    'faults[0].nodes: found "n2..n1", expected a range whose first number is not above its last',
  ],
  [
    "a range between two names",
    [{ at, kind: "pause", nodes: "n1..m3" }],
    'faults[0].nodes: found "n1..m3", expected a range such as "n0..n49"',
  ],
  [
    "a range without end",
    [{ at, kind: "pause", nodes: "n0..n99999999" }],
    'faults[0].nodes: found "n0..n99999999", expected a range of at most 10,000 nodes',
  ],
  [
    "a node in two groups",
    [{ at, kind: "partition", groups: ["n0..n1", ["n1", "n2"]] }],
    'faults[0].groups[1]: found "n1", which another group has, expected each node once',
  ],
  [
    "a group of everyone",
    [{ at, kind: "partition", groups: ["all"] }],
    "faults[0].groups: leaves all nodes in one group, expected nodes on at least two sides",
  ],
  [
    "a one-way cut from a node to itself",
    [{ at, kind: "oneway", from: "n1", to: "n1" }],
    "faults[0].to: found the node that is also `from`, expected another one",
  ],
  [
    "a flap without a period",
    [{ at, kind: "flap", period: 0, split: 0.5 }],
    "faults[0].period: found 0, expected at least 1ms",
  ],
  [
    "a latency that contradicts itself",
    [{ at, kind: "latency", latency: { kind: "uniform", minMs: 2, maxMs: 1 } }],
    "faults[0].latency.maxMs: found 1, expected at least minMs, 2",
  ],
];

for (const [title, faults, problem] of mistakes) {
  test(`refused: ${title}`, () => {
    const found = problemsOf({ faults });
    assert.is(found.length, 1, found.join("\n"));
    assert.is(found[0]?.slice(0, problem.length), problem);
  });
}

test("one node cannot be split", () => {
  assert.equal(problemsOf({ nodes: 1, faults: [{ at, kind: "partition", split: 0.5 }] }), [
    "faults[0].split: leaves all nodes in one group, expected nodes on at least two sides",
  ]);
});

test("a node that joins later cannot be an initial member", () => {
  const found = problemsOf({
    contexts: [{ id: "a", members: ["n0", "x"] }],
    faults: [{ at, kind: "join", nodes: "x" }],
  });
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", 'contexts[0].members: found "x", which joins later');
});

test("a rollback at the very beginning is to the disk there was then, and can be written as a scenario", () => {
  const crash = { at: 0, until: "1s", kind: "crash", disk: "rollback", nodes: "n0" } as const;
  const plan = planOf({ nodes: 2, faults: [crash] });
  assert.equal(planOf({ nodes: 2, faults: [{ ...crash, copiedAt: [0] }] }).faults, plan.faults);
});

test.run();
