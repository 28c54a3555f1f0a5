import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInApplications } from "../../../core/app/built-in/index.ts";
import { type Codec, createCodec } from "../../../core/wire/codec.ts";
import { Cluster, type ClusterOptions } from "../../../sim/explore/cluster.ts";
import { Exploration, type ExplorationResult } from "../../../sim/explore/exploration.ts";
import { refuseToExplore } from "../../../sim/explore/limits.ts";
import { hostCrypto, planOf } from "../../../sim/host/simulate.ts";
import type { Plan } from "../../../sim/plan/plan.ts";
import type { Scenario, WorkloadEntry } from "../../../sim/scenario/scenario.ts";

function planWith(
  nodes: number,
  calls: readonly Omit<WorkloadEntry & { at: number }, "at">[],
  also = {},
): Plan {
  const workload = calls.map((call, index) => ({ ...call, at: index + 1 }) as WorkloadEntry);
  return planOf({ name: "small", nodes, workload, ...also } satisfies Scenario);
}

function set(node: string, value: string) {
  return { node, method: "set", args: { key: "k", value } };
}

function explore(plan: Plan, about: Partial<ClusterOptions> = {}, worldsMax = 100_000): ExplorationResult {
  const cluster = new Cluster(plan, { crypto: hostCrypto, applications: builtInApplications, ...about });
  return new Exploration(cluster, { worldsMax }).run();
}

test("three nodes that write one key agree in every interleaving, and there are as many as the formula says", () => {
  const result = explore(planWith(3, [set("n0", "a"), set("n1", "b"), set("n2", "c")]));
  assert.is(result.outcome, "passed");
  // 9! / 3^3: of each operation with its two deliveries the operation comes first.
  assert.is(result.interleavings, 13_440n);
  assert.is(result.expected, 13_440n);
  assert.ok(result.worlds < 2_000, `${result.worlds} worlds`);
});

test("a node's operations keep their order", () => {
  const result = explore(planWith(2, [set("n0", "a"), set("n0", "b"), set("n0", "c")]));
  assert.is(result.interleavings, 15n); // of delivery orders 6!, with 6 · 4 · 2 steps at or below the operations
  assert.is(result.outcome, "passed");
});

test("every built-in type of state agrees in every interleaving", () => {
  const calls: readonly (readonly [application: string, Parameters<typeof planWith>[1]])[] = [
    [
      "counter",
      [
        { node: "n0", method: "increment", args: { key: "c" } },
        { node: "n1", method: "reset", args: { key: "c" } },
        { node: "n2", method: "decrement", args: { key: "c" } },
      ],
    ],
    [
      "text-editor",
      [
        { node: "n0", method: "insert", args: { key: "t", at: 0, text: "ab" } },
        { node: "n1", method: "insert", args: { key: "t", at: 0, text: "cd" } },
        { node: "n0", method: "insert", args: { key: "t", at: 0, text: "e" } },
      ],
    ],
  ];
  for (const [application, own] of calls) {
    const result = explore(planWith(3, own, { contexts: [{ id: "c", app: application }] }));
    assert.is(result.outcome, "passed", application);
    assert.is(result.interleavings, result.expected, application);
    assert.ok(result.ends > 0);
  }
});

test("calls that write nothing have no formula, and are explored all the same", () => {
  const result = explore(planWith(2, [set("n0", "a"), { node: "n1", method: "get", args: { key: "k" } }]));
  assert.is(result.outcome, "passed");
  assert.is(result.expected, null);
  assert.is(result.interleavings, 3n);
  assert.is(result.refused, 0);
});

test("a call that is refused is told of", () => {
  const result = explore(planWith(2, [{ node: "n0", method: "set", args: { key: "k" } }]));
  assert.is(result.refused, 1);
});

/** The value that comes last wins, whenever it was written. */
function lastComeWins(codec: Codec): Codec {
  let come = 0;
  return {
    ...codec,
    entitiesOf(delta, { at, hlc }) {
      come += 1;
      return codec.entitiesOf(delta, { at: { ...at, ms: at.ms + come }, hlc });
    },
  };
}

test("a merge that goes by the order of arrival is found, with the order that shows it", () => {
  const plan = planWith(2, [set("n0", "a"), set("n1", "b")]);
  const codec = lastComeWins(createCodec(hostCrypto.crypto));
  const { outcome, violation } = explore(plan, { codec });
  assert.is(outcome, "safety");
  assert.is(violation?.oracle, "equal-roots");
  // A write, and its delivery: nothing shorter shows it.
  assert.is(violation?.steps.length, 2);
});

test("more worlds than allowed is a spent budget", () => {
  const { outcome, violation } = explore(planWith(3, [set("n0", "a"), set("n1", "b")]), {}, 5);
  assert.is(outcome, "budget");
  assert.is(violation, null);
});

test("what cannot be explored says why", () => {
  assert.match(refuseToExplore(planWith(4, [set("n0", "a")])) ?? "", "found 4 nodes, expected at most 3");
  assert.match(refuseToExplore(planWith(2, [])) ?? "", "found no calls");
  const seven = Array.from({ length: 7 }, () => set("n0", "a"));
  assert.match(refuseToExplore(planWith(2, seven)) ?? "", "found 7 calls");
  const joining = planWith(2, [set("n0", "a")], { faults: [{ kind: "join", at: "1s", nodes: "late" }] });
  assert.match(refuseToExplore(joining) ?? "", "found the node late, which joins later");
  const faults = [{ kind: "crash", at: "1s", until: "2s", nodes: "n1" }];
  const crashing = planWith(2, [set("n0", "a")], { faults });
  assert.match(refuseToExplore(crashing) ?? "", "found 1 fault (crash), expected none");
  const removing = planWith(2, [{ node: "n0", method: "remove-member", args: { member: "n1" } }]);
  assert.match(refuseToExplore(removing) ?? "", "found remove-member, which changes who is a member");
  const losing = planWith(2, [set("n0", "a")], { network: { loss: 0.1 } });
  assert.match(refuseToExplore(losing) ?? "", "found network.loss of 0.1, expected 0");
  const expect = [{ value: { key: "k", equals: "b" } }];
  const expecting = planWith(2, [set("n0", "a")], { expect });
  assert.match(refuseToExplore(expecting) ?? "", "found an expectation of value, expected converged alone");
  const converging = planWith(2, [set("n0", "a")], { expect: [{ converged: { within: "5s" } }] });
  assert.is(refuseToExplore(converging), null);
});

test.run();
