// What is said of how far a context is, and why it is no further.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { PeerId } from "../../core/ids.ts";
import type { StreamId } from "../../core/input.ts";
import type { SyncRefusal } from "../../core/wire/sync-message.ts";
import { readinessOf } from "../../node/readiness.ts";
import { LoneNode, only } from "../core/lone-node.ts";

const [ann, bob] = ["ann", "bob"] as PeerId[] as [PeerId, PeerId];

/** Has a peer refuse the next session that the node begins with it. */
function refuse(node: LoneNode, peer: PeerId, reason: SyncRefusal): void {
  const streams: StreamId[] = [];
  for (let passed = 0; streams.length === 0 && passed < 100; passed += 1)
    for (const opened of only(node.pass(500), "open-stream"))
      if (opened.peer === peer) streams.push(opened.stream);
  for (const stream of streams) node.say(stream, { kind: "refusal", reason });
}

test("a member whom all peers of a context refuse is told so, and one whom some do not refuse is ready", () => {
  const node = new LoneNode("node");
  const contextId = node.create();
  assert.equal(readinessOf(node.core, contextId), { state: "ready", why: "" });
  node.meet(bob, contextId);
  refuse(node, bob, "not-a-member");
  const { state, why } = readinessOf(node.core, contextId);
  assert.is(state, "degraded");
  assert.match(why, /^all peers that have it \(1\) refuse to sync/);
  node.meet(ann, contextId);
  refuse(node, ann, "busy");
  assert.is(readinessOf(node.core, contextId).state, "ready");
  node.give({ kind: "peer-disconnected", peer: ann });
  assert.is(readinessOf(node.core, contextId).state, "degraded");
  node.give({ kind: "peer-disconnected", peer: bob });
  assert.is(readinessOf(node.core, contextId).state, "ready", "who is gone is not held against it");
});

test.run();
