// Who is removed, or was never let in, is seen to be given nothing; who is honest is seen to be refused by nobody.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { fault } from "../../../core/fault.ts";
import { Governance } from "../../../core/members/governance.ts";
import { Members } from "../../../core/members/members.ts";
import { Topic } from "../../../core/members/topic.ts";
import { Peers } from "../../../core/peers.ts";
import { simulate } from "../../../sim/host/simulate.ts";
import { defineScenario } from "../../../sim/scenario/scenario.ts";
import { breakage, ofOracle, whileBroken } from "./broken.ts";

/** Others write on after n3 was removed; n4 knows the context's id and nothing else. */
const kept = defineScenario({
  name: "kept-out",
  nodes: 5,
  contexts: [{ id: "kv", members: "n0..n3" }],
  workload: [
    { rate: "20/s", until: "5s", nodes: "n0..n2", method: "set", args: { key: "{int 0 9}", value: "{seq}" } },
    { at: "2s", node: "n0", method: "remove-member", args: { member: "n3" } },
    { at: "1s", node: "n4", method: "join-uninvited" },
  ],
  until: "20s",
});

/** n2 hears of the removal over the topic, and of the new key only by its next session. */
const between = defineScenario({
  name: "between-removal-and-rotation",
  nodes: ["n0", "n2", "n3"].map((id) => ({ id })),
  network: {
    topology: {
      links: [
        ["n0", "n2"],
        ["n2", "n3"],
      ],
    },
  },
  workload: [
    { at: 3_000, node: "n0", method: "remove-member", args: { member: "n3" } },
    {
      rate: "100/s",
      from: 3_000,
      until: 3_200,
      node: "n2",
      method: "set",
      args: { key: "k", value: "{seq}" },
    },
  ],
  until: "20s",
});

test("a sound core tells those who are kept out nothing", () => {
  assert.equal(simulate(kept).violations, []);
});

test("a core that says what follows a removal with the old key is seen", () => {
  const overheard = breakage(Members.prototype, "isOverheard", () => () => false);
  const [first] = ofOracle(
    whileBroken([overheard], () => simulate(between)),
    "members-alone",
  );
  assert.is(first?.node, "n3");
  assert.match(first?.message ?? "", /was removed, and holds [0-9a-f]{64}, which [0-9a-f]{64} wrote knowing/);
});

test("a core that removes somebody and changes no key is seen", () => {
  const keeping = breakage(Governance.prototype, "rotate", () => () => {});
  const [first] = ofOracle(
    whileBroken([keeping], () => simulate(kept)),
    "members-alone",
  );
  assert.is(first?.node, "n0");
  assert.match(first?.message ?? "", /^removed [0-9a-f]{64} with [0-9a-f]{64}, and changed no key$/);
});

test("who removes itself leaves the key to others", () => {
  const { violations } = simulate(
    defineScenario({
      ...kept,
      name: "removed-by-itself",
      workload: [
        { at: "1s", node: "n0", method: "give-role", args: { member: "n1", role: "admin" } },
        { at: "2s", node: "n1", method: "remove-member", args: { member: "n1" } },
      ],
    }),
  );
  assert.equal(violations, []);
});

test("a core that serves whoever asks is seen", () => {
  const serving = breakage(Peers.prototype, "admits", () => () => true);
  const found = ofOracle(
    whileBroken([serving], () => simulate(kept)),
    "members-alone",
  );
  assert.ok(found.some(({ node, message }) => node === "n4" && message.endsWith("was never let into")));
});

test("a core that blames whoever relays what it cannot read is seen to refuse the honest", () => {
  const blaming = breakage(
    Topic.prototype,
    "unseal",
    (unseal) =>
      function (this: Topic, message: Uint8Array) {
        const read = unseal.call(this, message);
        return read.kind === "unreadable" ? fault("bad-signature", "not to be read") : read;
      },
  );
  const found = ofOracle(
    whileBroken([blaming], () => simulate(kept)),
    "honest-refused",
  );
  assert.ok(found.some(({ node }) => node === "n3"));
});

test("what a member writes between a removal and the change of the key does not reach the one removed", () => {
  assert.equal(simulate(between).violations, []);
});

test("a removal that was made between another and the change of the key is not told again to the one removed", () => {
  const { violations, probes } = simulate(
    defineScenario({
      name: "removals-told-again",
      nodes: 4,
      network: {
        topology: {
          links: [
            ["n0", "n1"],
            ["n1", "n2"],
            ["n1", "n3"],
          ],
        },
      },
      config: { syncFrequencyMs: 1_000 },
      workload: [
        { at: "1s", node: "n0", method: "give-role", args: { member: "n1", role: "admin" } },
        { at: "1s", node: "n0", method: "give-role", args: { member: "n2", role: "admin" } },
        { at: 3_000, node: "n0", method: "remove-member", args: { member: "n3" } },
        // It has heard of that, and has no new key yet; and n2 takes it for no member, as it does n2.
        { at: 3_030, node: "n1", method: "remove-member", args: { member: "n2" } },
        { at: 3_030, node: "n2", method: "remove-member", args: { member: "n1" } },
      ],
      until: "20s",
    }),
  );
  assert.ok((probes["removal-repeated"] ?? 0) > 0);
  assert.equal(violations, []);
});

test("whom one removed who was made no admin at the same time is kept out by nobody", () => {
  const { violations } = simulate(
    defineScenario({
      name: "removed-by-one-demoted",
      nodes: 3,
      network: { topology: "star" },
      workload: [
        { at: "1s", node: "n0", method: "give-role", args: { member: "n1", role: "admin" } },
        { at: "3s", node: "n1", method: "remove-member", args: { member: "n2" } },
        { at: "3s", node: "n0", method: "give-role", args: { member: "n1", role: "reader" } },
        { at: "5s", node: "n0", method: "set", args: { key: "k", value: "read by all" } },
      ],
      expect: [{ value: { context: "kv", key: "k", equals: "read by all", nodes: "n0..n2" } }],
      until: "20s",
    }),
  );
  assert.equal(violations, []);
});

test("a session begun with nothing to give gives nothing once it has shown that the other was removed", () => {
  const { violations } = simulate({
    name: "learned-in-a-session",
    seed: 70,
    nodes: ["n0", "n2", "n3", "n4", "n5"].map((id) => ({ id })),
    contexts: [{ id: "c0", app: "team-chat" }],
    network: {
      topology: {
        links: [
          ["n0", "n4"],
          ["n2", "n3"],
          ["n2", "n4"],
          ["n2", "n5"],
        ],
      },
    },
    workload: [{ at: 100, node: "n0", method: "remove-member", args: { member: "n5" } }],
    faults: [
      { kind: "crash", at: 75, until: 80, nodes: "n5", disk: "wipe" },
      { kind: "crash", at: 80, until: 81, nodes: "n2", disk: "rollback", copiedAt: ["58.729ms"] },
    ],
    until: "10s",
  });
  assert.equal(violations, []);
});

test("what waits for a delta that only a removed member has does not keep the others from having converged", () => {
  const { violations } = simulate({
    name: "kept-to-itself",
    seed: 33,
    nodes: 3,
    contexts: [{ id: "c1", app: "team-chat", members: ["n1", "n2"] }],
    network: {
      topology: {
        links: [
          ["n0", "n1"],
          ["n1", "n2"],
        ],
      },
    },
    workload: [
      { at: 10, node: "n1", method: "give-role", args: { member: "n2", role: "admin" } },
      { at: 1_000, node: "n1", method: "give-role", args: { member: "n2", role: "admin" } },
      {
        rate: "50/s",
        from: 2_000,
        until: 2_200,
        node: "n1",
        method: "post",
        args: { channel: "a", text: "b" },
      },
      { at: 2_100, node: "n2", method: "remove-member", args: { member: "n1" } },
    ],
    faults: [{ kind: "loss", rate: 0.5, at: 2_000, until: 2_200 }],
    expect: [{ converged: { within: "20s" } }],
    until: "30s",
  });
  assert.equal(violations, []);
});

/** In a mesh of one neighbour each, what one member says may reach nobody but who is kept out: then periodic syncs must. */
const sparse = {
  nodes: 3,
  network: { gossip: { d: 1, dLow: 1, dHigh: 1, dLazy: 0, heartbeatMs: 3_000 } },
  expect: [{ converged: { within: "30s" } }],
};

test("a removed member that stays around keeps nobody from syncing with others", () => {
  const { violations } = simulate({
    ...{ ...sparse, name: "removed-stays-around", seed: 32 },
    contexts: [
      { id: "c0", app: "notice-board", members: "n0" },
      { id: "c1", app: "counter" },
    ],
    workload: [
      { at: 100, node: "n0", context: "c1", method: "give-role", args: { member: "n2", role: "admin" } },
      { at: 300, node: "n2", context: "c1", method: "remove-member", args: { member: "n0" } },
      { at: 1_000, node: "n2", context: "c1", method: "reset", args: { key: "one" } },
    ],
  });
  assert.equal(violations, []);
});

test.run();
