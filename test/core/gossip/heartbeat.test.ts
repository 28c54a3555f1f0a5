// A node tells where it stands, unless enough others have just said the same.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { openHeartbeat, sealHeartbeat } from "../../../core/wire/gossip-codec.ts";
import { identityOf, incarnation, Scribe } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";

const config = { heartbeatMs: 1_000 };

function setUp() {
  const scribe = new Scribe(identityOf("ann"));
  const node = new LoneNode("node", { config });
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  node.pass(1_000); // The first one comes within the first period, the others every period after it.
  let counter = 0;
  /** These members say that they stand where the node stands. */
  const agree = (names: readonly string[]) => {
    for (const name of names) {
      const { contextId } = scribe;
      const [replica, sender] = [node.replica(contextId), identityOf(name)];
      counter += 1;
      const about = { sender: sender.author, incarnation, counter, contextId };
      const draft = { ...about, ...replica.standing(), stateRoot: replica.stateRoot() };
      node.gossip(name, contextId, sealHeartbeat(draft, sender));
    }
  };
  return { node, contextId: scribe.contextId, agree };
}

test("it tells its heads and root every period, counting up, with its key", () => {
  const { node, contextId } = setUp();
  const told = only(node.pass(3_000), "publish").map(({ message }) => openHeartbeat(message, nodeCrypto));
  assert.is(told.length, 3);
  const counters = told.map((heartbeat) => {
    if (heartbeat.kind === "fault") throw new Error(heartbeat.detail);
    assert.is(heartbeat.sender, node.identity.author);
    assert.equal(heartbeat.heads, node.replica(contextId).heads());
    assert.is(heartbeat.stateRoot, node.replica(contextId).stateRoot());
    return heartbeat.counter;
  });
  assert.equal(counters, [counters[0], (counters[0] ?? 0) + 1, (counters[0] ?? 0) + 2]);
});

test("a context without its genesis has nothing to tell", () => {
  const node = new LoneNode("node", { config });
  node.call({ kind: "join-context", contextId: new Scribe(identityOf("ann")).contextId });
  assert.equal(only(node.pass(5_000), "publish"), []);
});

test("it is silent for one period when three others have said the same in it", () => {
  const { node, agree } = setUp();
  agree(["bob", "eve", "kim"]);
  const effects = node.pass(1_000);
  assert.is(observed(effects, "heartbeat-suppressed"), 1);
  assert.equal(only(effects, "publish"), []);
  assert.is(only(node.pass(1_000), "publish").length, 1);
});

test("two others are not enough, nor is one that says it thrice", () => {
  for (const names of [
    ["bob", "eve"],
    ["bob", "bob", "bob", "eve"],
  ]) {
    const { node, agree } = setUp();
    agree(names);
    assert.is(only(node.pass(1_000), "publish").length, 1, names.join());
  }
});

test("what others said of heads that are not this node's any more silences nobody", () => {
  const { node, contextId, agree } = setUp();
  agree(["bob", "eve", "kim"]);
  node.execute(contextId, "set", { key: "k", value: "news" });
  assert.is(only(node.pass(1_000), "publish").length, 1);
});

test.run();
