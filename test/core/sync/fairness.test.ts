// One peer's share: what it says or asks for leaves room for what others bring.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { byteString, type ContextId, type DeltaId, type PeerId } from "../../../core/ids.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { chainOf, hashOf, identityOf, operations, put, Scribe } from "../authors.ts";
import { deltasMessage } from "../batches.ts";
import { turnOn } from "../delta-store/waiting.ts";
import { LoneNode, observed, said } from "../lone-node.ts";
import { Link } from "./link.ts";
import { forgetful } from "./state/replicas.ts";

const ann = identityOf("ann");

/** A node that has the first of some deltas, and what a peer on another stream says that it is ahead. */
function behind() {
  const scribe = new Scribe(ann);
  const deltas = chainOf(scribe, 9, (index) => ({
    by: ann,
    hlc: { ms: 2_000 + index, counter: 0 },
    content: operations(put("k", index)),
  }));
  const node = new LoneNode("node");
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  /** What it is answered first. */
  const greet = (peer: string, stream: number) => {
    node.give({ kind: "stream-opened", stream, peer: peer as PeerId });
    const theirs = createHandshake(node.replica(scribe.contextId), turnOn(new SimDisk()));
    const heads = [byteString<DeltaId>(hashOf("unknown"))];
    return said(node.say(stream, { ...theirs, heads, appliedCount: 10, wallMs: node.wallMs }), stream)[0];
  };
  const bring = (stream: number, nth: number) =>
    node.say(stream, deltasMessage(deltas.slice(nth, nth + 1), scribe.contextId));
  return { node, greet, bring };
}

test("two peers that bring something are enough, two sessions with one peer are not", () => {
  const one = behind();
  for (const stream of [-1, -2]) {
    assert.is(one.greet("eve", stream)?.kind, "handshake");
    one.bring(stream, -1 - stream);
  }
  assert.is(one.greet("ann", -3)?.kind, "handshake");
  one.bring(-3, 2);
  assert.equal(one.greet("bob", -4), { kind: "refusal", reason: "busy" });
});

test("who brings only what is here already does not keep others from bringing more", () => {
  const { node, greet, bring } = behind();
  for (const [peer, stream] of [
    ["eve", -1],
    ["mal", -2],
  ] as const) {
    greet(peer, stream);
    bring(stream, -1 - stream);
  }
  assert.equal(greet("bob", -3), { kind: "refusal", reason: "busy" });
  for (let passed = 0; passed < 2_500; passed += 500) {
    node.pass(500);
    for (const stream of [-1, -2]) bring(stream, 0);
  }
  assert.is(node.core.sync.sessions.table.count, 2, "they are not heard any more");
  assert.is(greet("bob", -4)?.kind, "handshake");
});

/** Two nodes in as many contexts, of which one has all, and nothing but heads as deltas. */
function inMany(count: number): { readonly link: Link; readonly contexts: readonly ContextId[] } {
  const config = { ...forgetful, syncFrequencyMs: 3_600_000 };
  const [whole, empty] = [new LoneNode("a", { config }), new LoneNode("b", { config })];
  const contexts = Array.from({ length: count }, () => whole.create());
  for (const contextId of contexts) {
    for (let value = 0; value < 4; value += 1) whole.execute(contextId, "set", { key: `k${value}`, value });
    empty.call({ kind: "join-context", contextId });
  }
  whole.pass(100);
  return { link: new Link([whole, empty]), contexts };
}

test("of forty contexts that need a state each has it soon, without waiting for the clock", () => {
  const { link, contexts } = inMany(40);
  for (const contextId of contexts) link.meet(contextId);
  const rootsOf = (side: 0 | 1) =>
    contexts.map((contextId) => link.nodes[side].replica(contextId).stateRoot());
  let passedMs = 0;
  for (; passedMs < 60_000 && rootsOf(0).join() !== rootsOf(1).join(); passedMs += 50) link.pass(50);
  assert.ok(passedMs < 15_000, `it took ${passedMs} ms`);
  assert.ok(observed(link.effects[1], "sync-state-started") >= 40, "no states were needed");
});

test("one peer gives few states at a time, so that one which is slow leaves room for others", () => {
  const { link, contexts } = inMany(10);
  for (const contextId of contexts) link.meet(contextId);
  let most = 0;
  for (let passed = 0; passed < 3_000; passed += 50) {
    for (const side of [0, 1] as const) link.did(side, link.nodes[side].pass(50));
    while (link.arrive(1) || link.arrive(0)) {
      // Offers stay away: what was asked for goes on.
      const isOffer = link.ofStates.at(-1)?.message.kind === "state-offer";
      if (isOffer) link.travelling[1].length = 0;
      most = Math.max(most, link.nodes[1].core.capture().sync.states.receiving.size);
    }
  }
  assert.is(most, 2);
});

test.run();
