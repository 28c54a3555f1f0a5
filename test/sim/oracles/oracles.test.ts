// Each oracle sees the mistake it is there for, in a core that makes it, and none is seen in one that does not.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { InvariantError } from "../../../core/assert.ts";
import { StateStore } from "../../../core/state/state-store.ts";
import { SyncManager } from "../../../core/sync/manager.ts";
import { SessionRoom } from "../../../core/sync/session-room.ts";
import { Sessions } from "../../../core/sync/sessions.ts";
import { Turn } from "../../../core/turn.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { breakagesOf } from "../planted-bugs.ts";
import { stormy } from "../small-plans.ts";
import { type Breakage, breakage, ofOracle, runBroken, whileBroken } from "./broken.ts";

test("a sound core gives them nothing to report, whatever happens to it", () => {
  const { violations, outcome } = runBroken({});
  assert.equal(violations, []);
  assert.is(outcome, "passed");
});

test("causal closure: a core that applies what it has and forgets the rest is seen", () => {
  const result = runBroken({
    breakages: breakagesOf("applies a delta without its parents"),
  });
  const [first] = ofOracle(result, "causal-closure");
  assert.is(first?.invariant, 8);
  assert.match(first?.message ?? "", /applied [0-9a-f]{64} before its parent [0-9a-f]{64}/);
  assert.is(result.outcome, "safety");
});

const tampering = breakage(
  Turn.prototype,
  "put",
  (put) =>
    function (this: Turn, key: string, value: Uint8Array) {
      const isTampered = key.startsWith("d") && value.length % 5 === 0;
      return put.call(this, key, isTampered ? Uint8Array.from(value).fill(0, -3) : value);
    },
);

test("verified before applied: a core that stores other bytes than it was given is seen", () => {
  const result = runBroken({ breakages: [tampering] });
  assert.is(ofOracle(result, "verified-before-applied")[0]?.invariant, 7);
  assert.is(result.outcome, "safety");
});

function skipping(): Breakage {
  let joins = 0;
  return breakage(
    StateStore.prototype,
    "join",
    (join) =>
      function (this: StateStore, entity) {
        joins += 1;
        return joins % 100 === 0 ? 0 : join.call(this, entity);
      },
  );
}

test("equal heads, equal roots: a core that skips a write now and then is seen", () => {
  const result = runBroken({ breakages: [skipping()] });
  const [first] = ofOracle(result, "equal-heads-equal-roots");
  assert.is(first?.invariant, 12);
  assert.ok(first?.node !== null);
  assert.is(result.outcome, "safety");
  // The nodes see it themselves, and raise their alarm.
  assert.ok((result.probes["divergence-alarm"] ?? 0) > 0);
});

const crashing: Scenario = {
  ...stormy,
  disk: { syncMs: 300 },
  faults: [3, 5, 7, 9].map((second) => ({
    ...({ kind: "crash", nodes: `n${second % 4}`, disk: "torn" } as const),
    ...{ at: `${second}s`, until: `${second + 1}s` },
  })),
};

test("acknowledged writes: a gate that answers before it commits is seen", () => {
  const result = runBroken({
    breakages: breakagesOf("answers before it commits"),
  });
  assert.match(
    ofOracle(result, "acknowledged-kept")[0]?.message ?? "",
    /acknowledged [0-9a-f]{64} without having it/,
  );
  assert.is(result.outcome, "safety");
});

test("acknowledged writes: a gate that does not wait for the disk is seen when a crash takes what it promised", () => {
  const result = runBroken({
    scenario: crashing,
    breakages: breakagesOf("does not wait for the disk"),
  });
  const [first] = ofOracle(result, "acknowledged-kept");
  assert.match(first?.message ?? "", /the crash took [0-9a-f]{64}, which was acknowledged/);
  assert.is(first?.invariant, 5);
  assert.equal(runBroken({ scenario: crashing }).violations, []);
});

test("acknowledged writes: one that is on no disk at the end is seen", () => {
  let hidden = "";
  const result = runBroken({
    breakages: [
      breakage(
        SimDisk.prototype,
        "get",
        (get) =>
          function (this: SimDisk, key: string) {
            return key === hidden ? undefined : get.call(this, key);
          },
      ),
    ],
    beforeEnd: ({ oracles }) => {
      const [writes] = oracles.acknowledged.values();
      hidden = `d${Array.from(writes?.keys() ?? [])[5]}`;
    },
  });
  const [lost, ...others] = ofOracle(result, "acknowledged-kept");
  assert.is(others.length, 0);
  assert.is(lost?.invariant, 5);
  assert.match(lost?.message ?? "", /is on no disk/);
});

test("acknowledged writes: who lost one with its disk does not answer for it when it comes back and is lost again", () => {
  const { violations, faults } = runBroken({
    scenario: {
      ...{ name: "wiped, then full", nodes: 2, until: "2.4s", config: { syncFrequencyMs: 1_000 } },
      workload: [{ at: 0, node: "n1", method: "set", args: { key: "k", value: 1 } }],
      faults: [
        { at: "660ms", until: "663ms", kind: "crash", nodes: "n1", disk: "wipe" },
        { at: "700ms", until: "2.4s", kind: "disk-full", nodes: "n1" },
      ],
    },
  });
  assert.ok((faults["disk-full"] ?? 0) > 0, "nothing of the delta was lost again");
  assert.equal(violations, []);
});

test("acknowledged writes: what left with its only holder is forgiven, and counted", () => {
  const { violations, forgiven } = runBroken({
    scenario: {
      ...{ name: "last copy", nodes: 3, until: "10s" },
      workload: [
        {
          rate: "10/s",
          from: "2s",
          until: "3s",
          node: "n0",
          method: "set",
          args: { key: "{seq}", value: 1 },
        },
      ],
      faults: [
        { at: "1s", until: "8s", kind: "partition", groups: ["n0"] },
        { at: "5s", kind: "leave", nodes: "n0" },
      ],
    },
  });
  assert.equal(violations, []);
  assert.is(forgiven, 10);
});

test("bounds: a core that opens sessions without end, and one that keeps too much pending, are seen", () => {
  const sessions = runBroken({
    scenario: {
      ...stormy,
      config: { ...stormy.config, syncSessionsMax: 1, syncTimeoutMs: 60_000 },
      faults: [],
    },
    breakages: [
      breakage(SessionRoom.prototype, "hasAny", () => () => true),
      breakage(Sessions.prototype, "receive", () => () => undefined),
    ],
  });
  assert.match(ofOracle(sessions, "bounds")[0]?.message ?? "", /sync sessions are open/);
  const pending = runBroken({
    beforeEnd: ({ world }) => {
      const [replica] = world.nodes[0]?.core?.replicas().values() ?? [];
      const waiting = replica?.deltas.pending;
      assert.ok(waiting !== undefined);
      Object.defineProperty(waiting, "count", { get: () => 10_001 });
    },
  });
  const [first] = ofOracle(pending, "bounds");
  assert.match(first?.message ?? "", /10001 deltas of 0 bytes are pending/);
  assert.is(first?.invariant, 14);
});

test("a broken invariant ends the run, with the node and its stack", () => {
  let calls = 0;
  const result = runBroken({
    breakages: [
      breakage(
        SyncManager.prototype,
        "periodic",
        (periodic) =>
          function (this: SyncManager, ...parameters) {
            calls += 1;
            if (calls === 20) throw new InvariantError("planted");
            return periodic.apply(this, parameters);
          },
      ),
    ],
  });
  const [first] = ofOracle(result, "invariant-thrown");
  assert.match(first?.message ?? "", /planted[\s\S]*at /);
  assert.ok(first?.node !== null);
  assert.is(calls, 20);
  assert.ok(result.virtualMs < 40_000);
  assert.is(result.outcome, "safety");
});

test("a violation says at which event and when it was seen", () => {
  const { violations, events, virtualMs } = runBroken({ breakages: [skipping()] });
  assert.ok(violations.length > 1);
  for (const { atMs, event } of violations) {
    assert.ok(atMs > 0 && atMs <= virtualMs);
    assert.ok(event > 0 && event <= events);
  }
});

test("what was broken is mended afterwards", () => {
  const before = Turn.prototype.put;
  assert.throws(
    () =>
      whileBroken([breakage(Turn.prototype, "put", () => () => undefined)], () => {
        throw new Error("in the middle");
      }),
    /in the middle/,
  );
  assert.is(Turn.prototype.put, before);
});

test.run();
