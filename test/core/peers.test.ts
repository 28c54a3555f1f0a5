// Whom a node dials, and when again: at once, then every 0.5 to 1 s for five minutes, then every 30 s.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../core/effect.ts";
import type { PeerId } from "../../core/ids.ts";
import { LoneNode, only } from "./lone-node.ts";

const bob = "bob" as PeerId;

function dials(effects: readonly Effect[]): readonly string[] {
  return only(effects, "dial").map(({ peer }) => peer);
}

/** How long after each other the next dials come, each failing at once. */
function gapsBetweenDials(node: LoneNode, count: number): readonly number[] {
  return Array.from({ length: count }, () => {
    const fromMs = node.monotonicMs;
    node.give({ kind: "dial-failed", peer: bob });
    while (dials(node.pass(10)).length === 0);
    return node.monotonicMs - fromMs;
  });
}

test("whoever is named is dialled once, at once; not oneself, and nobody twice", () => {
  const node = new LoneNode("ann");
  assert.equal(dials(node.give({ kind: "peer-found", peer: bob })), ["bob"]);
  assert.equal(node.give({ kind: "peer-found", peer: bob }), []);
  assert.equal(dials(node.give({ kind: "peer-found", peer: "ann" as PeerId })), []);
});

test("a peer that dialled this node is not dialled", () => {
  const node = new LoneNode("ann");
  node.give({ kind: "peer-connected", peer: bob });
  assert.equal(node.give({ kind: "peer-found", peer: bob }), []);
  assert.equal(dials(node.pass(100_000)), []);
});

test("a lost peer is dialled eagerly for five minutes, then patiently", () => {
  const node = new LoneNode("ann");
  node.give({ kind: "peer-connected", peer: bob });
  node.give({ kind: "peer-disconnected", peer: bob });
  for (const gapMs of gapsBetweenDials(node, 50)) assert.ok(gapMs >= 500 && gapMs <= 1_010, `${gapMs}`);
  assert.ok(new Set(gapsBetweenDials(node, 20)).size > 5, "without jitter");
  node.monotonicMs += 300_000;
  for (const gapMs of gapsBetweenDials(node, 5)) assert.ok(Math.abs(gapMs - 30_000) <= 10, `${gapMs}`);
});

test("a connection ends the dialling, and losing it begins anew, eagerly", () => {
  const node = new LoneNode("ann");
  node.give({ kind: "peer-found", peer: bob });
  gapsBetweenDials(node, 3);
  node.monotonicMs += 400_000;
  node.give({ kind: "peer-connected", peer: bob });
  assert.equal(dials(node.pass(100_000)), []);
  node.give({ kind: "peer-disconnected", peer: bob });
  for (const gapMs of gapsBetweenDials(node, 3)) assert.ok(gapMs <= 1_010);
});

test("a dial of which nothing comes is tried again", () => {
  const node = new LoneNode("ann");
  node.give({ kind: "peer-found", peer: bob });
  assert.equal(dials(node.pass(31_000)), ["bob"]);
});

test("a failure that comes after all is forgotten when the peer is there", () => {
  const node = new LoneNode("ann");
  node.give({ kind: "peer-found", peer: bob });
  node.give({ kind: "peer-connected", peer: bob });
  node.give({ kind: "dial-failed", peer: bob });
  assert.equal(dials(node.pass(60_000)), []);
});

test("what a peer subscribes to is forgotten with its connection", () => {
  const node = new LoneNode("ann");
  const contextId = node.create();
  node.meet("bob", contextId);
  assert.equal(node.core.peers.subscribers(contextId), ["bob"]);
  node.give({ kind: "peer-disconnected", peer: bob });
  assert.equal(node.core.peers.subscribers(contextId), []);
  node.give({ kind: "peer-connected", peer: bob });
  assert.equal(node.core.peers.subscribers(contextId), []);
});

test("so many peers are remembered; who was lost longest makes room, who is there does not", () => {
  const node = new LoneNode("ann");
  node.give({ kind: "peer-connected", peer: bob });
  for (let index = 0; index < 5_000; index += 1) {
    node.monotonicMs += 1;
    node.give({ kind: "peer-found", peer: `p${index}` as PeerId });
  }
  const { known } = node.core.capture().peers;
  assert.is(known.size, 4_096);
  assert.ok(known.has(bob) && known.has("p4999" as PeerId));
  assert.not(known.has("p0" as PeerId));
});

test.run();
