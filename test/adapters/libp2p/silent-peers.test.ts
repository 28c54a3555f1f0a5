// Peers that name no topics, and that this is said once.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { gossipOptions, topicsMax } from "../../../adapters/libp2p/gossip-options.ts";
import { SilentPeers, silencePatienceMs } from "../../../adapters/libp2p/silent-peers.ts";
import { type ContextId, type PeerId, topicOf } from "../../../core/ids.ts";

const [one, two] = ["one" as PeerId, "two" as PeerId];

test("a peer that has named no topics for 30 seconds is told once, until it comes anew", () => {
  const silent = new SilentPeers();
  const overdue = (nowMs: number, talkative: readonly PeerId[] = []) =>
    silent.overdue(nowMs, (peer) => talkative.includes(peer));
  silent.met(one, 0);
  silent.met(two, 1_000);
  silent.met(one, 20_000);
  assert.is(silencePatienceMs, 30_000);
  assert.equal(overdue(29_999), []);
  assert.equal(overdue(31_000, [two]), [one]);
  assert.equal(overdue(60_000), [two]);
  assert.equal(overdue(1_000_000), []);
  silent.forget(one);
  silent.met(one, 1_000_000);
  assert.equal(overdue(1_000_001), []);
  assert.equal(overdue(1_030_000), [one]);
});

test("as many topics as a node may subscribe to fit into a peer's limits, with slack", () => {
  const { maxTopicBytesPerPeer = 0, decodeRpcLimits } = gossipOptions;
  assert.ok(topicsMax * 1.25 * 1_100 < maxTopicBytesPerPeer);
  assert.ok(topicsMax * 1.25 < (decodeRpcLimits?.maxSubscriptions ?? 0));
  assert.ok(topicOf("x".repeat(32) as ContextId).length < 100, "as long as what was measured");
});

test.run();
