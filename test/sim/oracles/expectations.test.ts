// What a scenario expects is judged at its end: kept expectations pass, broken ones say what was found instead.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { GossipReceiver } from "../../../core/gossip/receive.ts";
import { StateStore } from "../../../core/state/state-store.ts";
import { SyncManager } from "../../../core/sync/manager.ts";
import type { Expectation, Scenario } from "../../../sim/scenario/scenario.ts";
import { breakage, ofOracle, runBroken } from "./broken.ts";

const scenario: Scenario = {
  name: "expectations",
  nodes: 3,
  workload: [
    { at: "1s", node: "n0", method: "set", args: { key: "kept", value: { a: [1] } } },
    { at: "2s", node: "n1", method: "set", args: { key: "gone", value: 1 } },
    { at: "3s", node: "n2", method: "remove", args: { key: "gone" } },
  ],
  faults: [{ at: "1s", until: "2s", kind: "pause", nodes: "n2" }],
  until: "10s",
};

function run(...expect: readonly Expectation[]) {
  return runBroken({ scenario: { ...scenario, expect } });
}

/** Deltas never leave their author's node. */
const deaf = [
  breakage(GossipReceiver.prototype, "receive", () => () => undefined),
  breakage(SyncManager.prototype, "startWanted", () => () => undefined),
];

test("kept expectations pass", () => {
  const result = run(
    { converged: { within: "5s" } },
    { converged: { within: "5s", nodes: ["n0", "n1"], context: "kv" } },
    { value: { key: "kept", equals: { a: [1] } } },
    { value: { key: "gone", equals: null, nodes: "n2" } },
    { value: { key: "never", equals: null } },
    { entities: { equals: 1 } },
    { "fault-counted": { kind: "pause", atLeast: 1 } },
    { "probe-counted": { name: "delta-authored", atLeast: 1 } },
    { "probe-counted": { name: "divergence-alarm", atMost: 0 } },
  );
  assert.equal(result.violations, []);
  assert.is(result.outcome, "passed");
});

test("a value that is another is a violation of safety on every node that has it, and tells both", () => {
  const result = run({ value: { key: "kept", equals: { a: [2] } } });
  const found = ofOracle(result, "value");
  assert.equal(
    found.map(({ node }) => node),
    ["n0", "n1", "n2"],
  );
  assert.is(found[0]?.message, 'expected {"a":[2]} under "kept" in kv, found {"a":[1]}');
  assert.is(found[0]?.invariant, null);
  assert.is(result.outcome, "safety");
  assert.equal(
    ofOracle(run({ value: { key: "kept", equals: 1, nodes: "n1" } }), "value").map(({ node }) => node),
    ["n1"],
  );
});

test("another number of entities is a violation of safety", () => {
  const result = run({ entities: { equals: 2 } });
  assert.is(ofOracle(result, "entities")[0]?.message, "expected 2 entities in kv, found 1");
  assert.is(result.outcome, "safety");
});

test("a fault that was not applied often enough is a violation of safety", () => {
  const result = run({ "fault-counted": { kind: "pause", atLeast: 2 } });
  const few = run({ "probe-counted": { name: "divergence-alarm", atLeast: 1 } });
  assert.match(
    ofOracle(few, "probe-counted")[0]?.message ?? "",
    /divergence-alarm.*at least 1 times, counted 0/,
  );
  const many = run({ "probe-counted": { name: "delta-authored", atMost: 0 } });
  assert.match(ofOracle(many, "probe-counted")[0]?.message ?? "", /delta-authored.*at most 0 times, counted/);
  assert.match(ofOracle(result, "fault-counted")[0]?.message ?? "", /pause.*at least 2.*counted 1/);
  assert.is(result.outcome, "safety");
});

test("a core that never hears of others' writes does not converge: the stuck node and what it lacks are named", () => {
  const result = runBroken({
    scenario: { ...scenario, expect: [{ converged: { within: "5s" } }] },
    breakages: deaf,
  });
  const [missed] = ofOracle(result, "converged");
  assert.match(
    missed?.message ?? "",
    /not converged within 5000 ms after 3000 ms, nor by the end: n\d lacks delta [0-9a-f]{64} of kv/,
  );
  assert.is(missed?.invariant, 2);
  assert.match(missed?.node ?? "", /^n\d$/);
  assert.is(result.outcome, "liveness");
  assert.not(result.converged);
  assert.is(result.healMs, null);
  assert.is(result.contexts.kv?.root, null);
});

test("where all stand on the same heads, it is told whose state is another", () => {
  const first = new Set<StateStore>();
  // All but the first that is given anything take nothing in.
  const forgetful = breakage(
    StateStore.prototype,
    "join",
    (join) =>
      function (this: StateStore, ...given) {
        if (first.size === 0) first.add(this);
        return first.has(this) ? join.apply(this, given) : 0;
      },
  );
  const expect: readonly Expectation[] = [{ converged: { within: "5s" } }];
  const result = runBroken({ scenario: { ...scenario, faults: [], expect }, breakages: [forgetful] });
  const [missed] = ofOracle(result, "converged");
  assert.match(missed?.message ?? "", /: (n\d) has another state of kv than n\d, on the same heads$/);
  assert.match(missed?.node ?? "", /^n\d$/);
});

test("convergence that comes too late is a violation of liveness and says how late", () => {
  const late: Scenario = {
    ...scenario,
    config: { syncFrequencyMs: 4_000, heartbeatMs: 4_000 },
    network: { loss: 0, gossip: { dLazy: 0 } },
    faults: [{ at: "2900ms", until: "3100ms", kind: "loss", rate: 1 }],
    until: "30s",
    expect: [{ converged: { within: "1ms" } }],
  };
  const result = runBroken({ scenario: late });
  const [missed] = ofOracle(result, "converged");
  assert.match(
    missed?.message ?? "",
    /^converged \d+(\.\d{1,3})? ms after it could, expected within 1 ms after 3100 ms$/,
  );
  assert.is(result.outcome, "liveness");
  assert.ok(result.converged);
});

test("the earliest violation decides the outcome", () => {
  const expect: readonly Expectation[] = [
    { converged: { within: "5s" } },
    { value: { key: "kept", equals: 0 } },
  ];
  const result = runBroken({ scenario: { ...scenario, expect }, breakages: deaf });
  assert.equal([...new Set(result.violations.map(({ oracle }) => oracle))], ["converged", "value"]);
  assert.is(result.outcome, "liveness");
});

test("convergence counts from the last fault or write, whichever is later, and only then", () => {
  assert.ok((run().convergedAtMs ?? 0) >= 3_000);
  const faults = [{ at: "4s", until: "6s", kind: "latency", addMs: 1 }] as const;
  const result = runBroken({ scenario: { ...scenario, faults } });
  assert.is(result.convergedAtMs, 6_000);
  assert.is(result.healMs, 0);
});

test.run();
