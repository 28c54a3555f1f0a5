// Every gossip message gets one verdict: accept forwards it, ignore drops it, reject charges whoever relayed it.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { Effect } from "../../../core/effect.ts";
import { byteString, type ContextId, type Hash, type PeerId, type Topic } from "../../../core/ids.ts";
import { decodeCanonical, encode } from "../../../core/wire/cbor.ts";
import { sealHeartbeat } from "../../../core/wire/gossip-codec.ts";
import { hashOf, identityOf, incarnation, operations, put, Scribe } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";

const ann = identityOf("ann");
const hlc = { ms: 2_000, counter: 0 };

function setUp() {
  const scribe = new Scribe(ann);
  const node = new LoneNode("node");
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  const write = (parents: readonly CausalDelta[], value: number) =>
    scribe.write(parents, { by: ann, hlc, content: operations(put("k", value)) });
  return { scribe, node, write, contextId: scribe.contextId };
}

function verdictOf(effects: readonly Effect[]): string {
  const verdicts = only(effects, "verdict");
  assert.is(verdicts.length, 1);
  return verdicts[0]?.verdict ?? "";
}

function blamed(effects: readonly Effect[]): readonly string[] {
  return only(effects, "fault").map(({ peer, fault }) => `${peer} ${fault.code}`);
}

function heartbeatOf(
  node: LoneNode,
  contextId: ContextId,
  change: { stateRoot?: Hash; counter?: number } = {},
): Uint8Array {
  const replica = node.replica(contextId);
  const draft = {
    sender: ann.author,
    incarnation,
    counter: 1,
    contextId,
    ...replica.standing(),
    stateRoot: replica.stateRoot(),
  };
  return sealHeartbeat({ ...draft, ...change }, ann);
}

test("a delta is accepted and committed once, also while its parents are missing", () => {
  const { node, write, scribe, contextId } = setUp();
  const first = write([scribe.genesis], 1);
  const child = write([first], 2);
  const early = node.gossip("bob", contextId, child.sealed);
  assert.is(verdictOf(early), "accept");
  assert.equal(only(early, "commit"), []);
  const late = node.gossip("bob", contextId, first.sealed);
  assert.is(verdictOf(late), "accept");
  assert.is(only(late, "commit").length, 1);
  assert.equal(node.replica(contextId).heads(), [child.id]);
  const again = node.gossip("eve", contextId, first.sealed);
  assert.is(verdictOf(again), "accept");
  assert.equal(
    again.map(({ kind }) => kind),
    ["observe", "verdict"],
  );
  assert.is(observed(again, "delta-duplicate"), 1);
});

test("what is wrong in itself is rejected and blamed on whoever relayed it", () => {
  const { node, write, scribe, contextId } = setUp();
  const other = new Scribe(identityOf("eve"), { hlc: { ms: 1, counter: 0 } });
  const sealed = Uint8Array.from(write([scribe.genesis], 1).sealed);
  const forged = Uint8Array.from(sealed);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  const table: readonly (readonly [string, Uint8Array, string])[] = [
    ["junk", Uint8Array.of(1, 2, 3), "malformed"],
    ["nothing", new Uint8Array(), "malformed"],
    ["a forged signature", forged, "bad-signature"],
    ["a delta of another context", other.genesis.sealed, "wrong-context"],
    ["a heartbeat of another context", heartbeatOfScribe(other), "wrong-context"],
    ["a forged heartbeat", Uint8Array.from(heartbeatOf(node, contextId)).fill(0, -3), "bad-signature"],
  ];
  for (const [what, message, code] of table) {
    // Nobody makes so many mistakes that it is not heard any more.
    const effects = node.gossip(what, contextId, message);
    assert.is(verdictOf(effects), "reject", what);
    assert.equal(blamed(effects), [`${what} ${code}`], what);
    assert.equal(only(effects, "commit"), [], what);
  }
});

test("what only a newer version understands, or concerns no context here, is ignored and blamed on nobody", () => {
  const { node, write, scribe, contextId } = setUp();
  const [tag, encoding, signature] = decodeCanonical(write([scribe.genesis], 1).sealed, 10_000) as [
    number,
    Uint8Array,
    Uint8Array,
  ];
  const fields = decodeCanonical(encoding, 10_000) as unknown[];
  const newer = encode([tag, encode([2, ...fields.slice(1), "one field more"]), signature]);
  const other = new Scribe(identityOf("eve"));
  for (const effects of [
    node.gossip("bob", contextId, newer),
    node.gossip("bob", other.contextId, other.genesis.sealed),
    node.give({
      kind: "gossip",
      gossip: 1,
      from: "bob" as PeerId,
      topic: "elsewhere" as Topic,
      message: newer,
    }),
  ]) {
    assert.is(verdictOf(effects), "ignore");
    assert.equal(blamed(effects), []);
    assert.equal(only(effects, "commit"), []);
  }
});

test("missing parents are asked for at once, of whoever sent the child, and once", () => {
  const { node, write, scribe, contextId } = setUp();
  node.meet("bob", contextId);
  const parents = [1, 2, 3].map((value) => write([scribe.genesis], value));
  const child = write(parents, 4);
  const effects = node.gossip("bob", contextId, child.sealed);
  const [opened] = only(effects, "open-stream");
  assert.is(opened?.peer, "bob");
  assert.is(only(effects, "send").length, 1);
  assert.is(observed(effects, "parents-pulled"), 3);
  const grandchild = node.gossip("eve", contextId, write([child], 5).sealed);
  assert.equal(only(grandchild, "open-stream"), [], "its parent waits here, so nothing new is missing");
  const sibling = node.gossip("eve", contextId, write(parents, 6).sealed);
  assert.equal(only(sibling, "open-stream"), [], "they are asked for already");
});

test("with many deltas waiting a whole session is wanted instead of single parents", () => {
  const scribe = new Scribe(ann);
  const node = new LoneNode("node", { config: { pendingFallbackCount: 5 } });
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  node.give({ kind: "peer-connected", peer: "bob" as PeerId });
  const counts = Array.from({ length: 8 }, (_, value) => {
    const content = operations(put("k", value));
    const parent = scribe.write([scribe.genesis], { by: ann, hlc, content });
    const child = scribe.write([parent], { by: ann, hlc, content });
    return only(node.gossip("bob", scribe.contextId, child.sealed), "open-stream").length;
  });
  assert.equal(counts, [1, 1, 1, 1, 1, 0, 0, 0]);
  // Bob answers none of the pulls, and so makes room.
  assert.is(observed(node.pass(3_000), "sync-started"), 1);
});

test("a heartbeat with unknown heads brings a session with whoever relayed it", () => {
  const { node, write, scribe, contextId } = setUp();
  const ahead = new LoneNode("ahead");
  ahead.call({ kind: "join-context", contextId, genesis: scribe.genesis.sealed });
  ahead.gossip("bob", contextId, write([scribe.genesis], 1).sealed);
  node.give({ kind: "peer-connected", peer: "bob" as PeerId });
  const effects = node.gossip("bob", contextId, heartbeatOf(ahead, contextId));
  assert.is(verdictOf(effects), "accept");
  assert.is(observed(effects, "heartbeat-behind"), 1);
  assert.equal(
    only(node.pass(150), "open-stream").map(({ peer }) => peer),
    ["bob"],
  );
});

test("a heartbeat with equal heads and another root raises the alarm; with known heads it does nothing", () => {
  const { node, write, scribe, contextId } = setUp();
  const lie = heartbeatOf(node, contextId, {
    stateRoot: byteString<Hash>(hashOf("another root")),
  });
  const effects = node.gossip("bob", contextId, lie);
  assert.is(observed(effects, "divergence-alarm"), 1);
  const before = heartbeatOf(node, contextId, { counter: 2 });
  assert.is(observed(node.gossip("bob", contextId, before), "divergence-alarm"), 0);
  node.gossip("bob", contextId, write([scribe.genesis], 1).sealed);
  const behind = node.gossip("bob", contextId, heartbeatOfScribe(scribe));
  assert.equal(
    behind.map(({ kind }) => kind),
    ["verdict"],
  );
});

/** As if its creator knew nothing but the genesis. */
function heartbeatOfScribe(scribe: Scribe): Uint8Array {
  const node = new LoneNode("other");
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  return heartbeatOf(node, scribe.contextId);
}

test.run();
