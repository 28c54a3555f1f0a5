import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Plan } from "../../../sim/plan/plan.ts";
import type { Scenario, Topology } from "../../../sim/scenario/scenario.ts";
import { isConnected, links, planOf, problemsOf } from "./examples.ts";

function linksOf(topology: Topology, scenario: Partial<Scenario> = {}): readonly string[] {
  return links(planOf({ ...scenario, network: { topology } }));
}

function degrees(plan: Plan): readonly number[] {
  return plan.nodes.map((_, node) => plan.links.filter((link) => link.includes(node)).length);
}

test("full, ring, line and star are what their names say", () => {
  assert.equal(linksOf("full"), ["n0-n1", "n0-n2", "n0-n3", "n1-n2", "n1-n3", "n2-n3"]);
  assert.equal(linksOf({ kind: "ring" }), ["n0-n1", "n0-n3", "n1-n2", "n2-n3"]);
  assert.equal(linksOf("line"), ["n0-n1", "n1-n2", "n2-n3"]);
  assert.equal(linksOf("star"), ["n0-n1", "n0-n2", "n0-n3"]);
});

test("a network of one or two nodes has no double links and no loops", () => {
  for (const kind of ["full", "ring", "line", "star"] as const) {
    assert.equal(linksOf(kind, { nodes: 1 }), [], kind);
    assert.equal(linksOf(kind, { nodes: 2 }), ["n0-n1"], kind);
  }
});

test("links are as named, each once, the lower index first", () => {
  const named = [
    ["n3", "n0"],
    ["n0", "n3"],
    ["n1", "n0"],
    ["n1", "n2"],
  ] as const;
  assert.equal(linksOf({ links: named }), ["n0-n1", "n0-n3", "n1-n2"]);
});

test("by default up to 16 nodes are all linked, more of them with eight each", () => {
  assert.is(planOf({ nodes: 16 }).links.length, 120);
  assert.equal(degrees(planOf({ nodes: 17 })), Array(17).fill(8));
  const joined = planOf({ nodes: 5, faults: [{ at: 1, kind: "join", nodes: "n5..n29" }] });
  assert.is(joined.links.length, 435, "the rule is chosen by who is there at the start");
});

test("two thousand nodes are planned in well under a second", () => {
  const before = performance.now();
  const plan = planOf({ nodes: 2_000 });
  assert.equal(degrees(plan).slice(0, 3), [8, 8, 8]);
  assert.is(plan.links.length, 8_000);
  assert.ok(performance.now() - before < 1_000, `${performance.now() - before} ms`);
});

test("a joining node is linked by the same rule, to those that are there then", () => {
  const faults: Scenario["faults"] = [
    { at: "1s", kind: "leave", nodes: ["n0", "n3"] },
    { at: "2s", kind: "join", nodes: "x" },
    { at: "3s", kind: "join", nodes: "y" },
  ];
  const joining = (topology: Topology) => linksOf(topology, { faults }).filter((link) => /[xy]/.test(link));
  assert.equal(joining("full"), ["n1-x", "n1-y", "n2-x", "n2-y", "x-y"]);
  assert.equal(joining("star"), ["n1-x", "n1-y"]);
  assert.equal(joining("line"), ["n2-x", "x-y"]);
  assert.equal(joining("ring"), ["n1-x", "n1-y", "n2-x", "x-y"]);
});

test("a node that joins a random-regular network gets as many links as the others have", () => {
  const plan = planOf({
    nodes: 20,
    network: { topology: { kind: "random-regular", degree: 4 } },
    faults: [{ at: "1s", kind: "join", nodes: "n20..n22" }],
  });
  const toEarlier = (node: number) => plan.links.filter(([a, b]) => b === node && a < node).length;
  assert.equal([20, 21, 22].map(toEarlier), [4, 4, 4]);
});

test("members of each context reach each other over members alone", () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const plan = planOf(
      {
        nodes: 40,
        network: { topology: "ring" },
        contexts: [
          { id: "all" },
          { id: "far", members: ["n0", "n10", "n20", "n30"] },
          { id: "pair", members: ["n5", "n25"] },
        ],
        faults: [{ at: "1s", kind: "join", nodes: "late", contexts: ["pair"] }],
      },
      seed,
    );
    for (const { id, members } of plan.contexts)
      assert.ok(isConnected(members, plan.links), `${id}, seed ${seed}`);
    assert.ok(isConnected([5, 25, 40], plan.links), `late, seed ${seed}`);
    // A ring of 40, two links for `late`, three for `far`, one for `pair`, and one more for `late`.
    assert.is(plan.links.length, 47, `seed ${seed}`);
  }
});

test("members reach each other without a node that only knocks", () => {
  const plan = planOf({
    nodes: 3,
    contexts: [{ id: "c", members: ["n1", "n2"] }],
    network: { topology: { kind: "star" } },
    workload: [{ at: 1, node: "n0", context: "c", method: "join-uninvited" }],
    faults: [
      { at: 2, kind: "join", nodes: "late" },
      { at: 3, kind: "leave", nodes: "late" },
    ],
  });
  assert.ok(isConnected([1, 2, 3], plan.links));
});

test("honest members reach each other without those who are ever byzantine, where links are not named", () => {
  const withLiar = (liar: string, topology: Topology): Plan =>
    planOf({
      ...{ nodes: 5, network: { topology } },
      faults: [{ at: 1, until: 2, kind: "byzantine", nodes: liar, behaviour: ["lie"] }],
    });
  assert.ok(isConnected([0, 1, 3, 4], withLiar("n2", { kind: "line" }).links));
  assert.ok(isConnected([1, 2, 3, 4], withLiar("n0", { kind: "star" }).links));
  const named = ["n1", "n2", "n3", "n4"].map((node) => ["n0", node] as const);
  assert.is(withLiar("n0", { links: named }).links.length, named.length);
});

test("a context more or less leaves the links of the others alone", () => {
  const far = { id: "far", members: ["n0", "n10", "n20"] };
  const wide = { id: "wide", members: ["n5", "n15", "n25", "n35"] };
  const base = { nodes: 40, network: { topology: "ring" } } as const;
  const all = { id: "all" };
  const linksWith = (contexts: NonNullable<Scenario["contexts"]>) => links(planOf({ ...base, contexts }));
  const both = linksWith([all, far, wide]);
  const expected = new Set([...linksWith([all, far]), ...linksWith([wide, all])]);
  assert.equal(both.toSorted(), Array.from(expected).toSorted());
  assert.is(both.length, 40 + 2 + 3);
});

const mistakes: readonly (readonly [
  title: string,
  scenario: Partial<Scenario>,
  topology: Topology,
  problem: string,
])[] = [
  [
    "a degree as high as the number of nodes",
    { nodes: 6 },
    { kind: "random-regular", degree: 6 },
    "network.topology.degree: found 6, expected a degree below the number of nodes, 6",
  ],
  [
    "the default degree for few nodes",
    { nodes: 8 },
    "random-regular",
    "network.topology.degree: found 8, expected a degree below the number of nodes, 8",
  ],
  [
    "an odd number of ends",
    { nodes: 5 },
    { kind: "random-regular", degree: 3 },
    "network.topology.degree: found 3, expected an even degree: with 5 nodes",
  ],
  [
    "one link each",
    { nodes: 4 },
    { kind: "random-regular", degree: 1 },
    "network.topology.degree: found 1, expected at least 2",
  ],
  [
    "more links than a run can hold",
    { nodes: 4_000 },
    "full",
    "network.topology: full among 4,000 nodes makes 7,998,000 links, expected at most 5,000,000",
  ],
  [
    "a link to an unknown node",
    { nodes: 2 },
    { links: [["n0", "n2"]] },
    'network.topology.links[0][1]: found "n2", expected a node: n0, n1; did you mean "n0"?',
  ],
  [
    "a link from a node to itself",
    { nodes: 2 },
    {
      links: [
        ["n0", "n1"],
        ["n1", "n1"],
      ],
    },
    'network.topology.links[1]: found a link from "n1" to itself, expected two nodes',
  ],
  [
    "links that leave members apart",
    {},
    {
      links: [
        ["n0", "n1"],
        ["n2", "n3"],
      ],
    },
    'network.topology.links: the members of context "kv" are left apart: n0, n1 cannot reach n2, n3',
  ],
  [
    "links that lead over strangers",
    { nodes: 3, contexts: [{ id: "ends", members: ["n0", "n2"] }] },
    {
      links: [
        ["n0", "n1"],
        ["n1", "n2"],
      ],
    },
    'network.topology.links: the members of context "ends" are left apart: n0 cannot reach n2',
  ],
  [
    "links that forget who joins",
    { nodes: 2, faults: [{ at: 1, kind: "join", nodes: "x" }] },
    { links: [["n0", "n1"]] },
    'network.topology.links: the members of context "kv" are left apart: n0, n1 cannot reach x',
  ],
];

for (const [title, scenario, topology, problem] of mistakes) {
  test(`refused: ${title}`, () => {
    const found = problemsOf({ ...scenario, network: { topology } });
    assert.is(found.length, 1, found.join("\n"));
    assert.is(found[0]?.slice(0, problem.length), problem);
  });
}

test("links that meet only through one who joins later leave the first members apart", () => {
  const scenario: Partial<Scenario> = { nodes: 2, faults: [{ at: 1, kind: "join", nodes: "x" }] };
  const topology: Topology = {
    links: [
      ["n0", "x"],
      ["n1", "x"],
    ],
  };
  const found = problemsOf({ ...scenario, network: { topology } });
  assert.match(found[0] ?? "", "n0 cannot reach n1");
});

test.run();
