// The built-in auction: what bids count, when it closes, and who is told to be outbid.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { auction } from "../../../../core/app/built-in/auction.ts";
import { toHex } from "../../../../core/ids.ts";
import type { LoneNode } from "../../lone-node.ts";
import { annAndBob, look, published, type Told } from "../../owed/told.ts";

/** Ann offers a lamp for ten seconds, and bob has heard of it. */
function lampOffered(): Told {
  const told = annAndBob(auction);
  told.tell("offer", { item: "lamp", title: "a lamp", forMs: 10_000 });
  return told;
}

function refusal({ node, told }: { node: LoneNode; told: Told }, method: string, args: object): string {
  const outcome = node.execute(told.contextId, method, { ...args });
  return outcome.kind === "refused" ? outcome.message : outcome.kind;
}

const lampOf = (node: LoneNode, { contextId }: Told) => look(node, contextId, "get", { key: "lamp" });

test("the highest bid in time is the price, and a bid below it is refused", () => {
  const told = lampOffered();
  const { ann } = told;
  assert.equal(lampOf(ann, told), { title: "a lamp", price: null, isOpen: true, untold: 0 });
  told.annCalls("bid", { item: "lamp", amount: 5 });
  assert.match(refusal({ node: ann, told }, "bid", { item: "lamp", amount: 5 }), /must be above 5/);
  assert.match(refusal({ node: ann, told }, "bid", { item: "vase", amount: 5 }), /there is no item "vase"/);
  assert.match(refusal({ node: ann, told }, "offer", { item: "lamp", title: "", forMs: 1 }), /already/);
  assert.equal(look(ann, told.contextId, "items"), ["lamp"]);
  assert.is(look(ann, told.contextId, "get", { key: "vase" }), null);
});

test("it closes by the clock of the call", () => {
  const told = lampOffered();
  told.annCalls("bid", { item: "lamp", amount: 5 });
  told.ann.pass(9_000);
  assert.is(refusal({ node: told.ann, told }, "bid", { item: "lamp", amount: 6 }), "executed");
  told.ann.pass(1_000);
  assert.match(refusal({ node: told.ann, told }, "bid", { item: "lamp", amount: 7 }), /"lamp" is closed/);
  assert.equal(lampOf(told.ann, told), { title: "a lamp", price: 6, isOpen: false, untold: 0 });
});

test("who is outbid is told once, by a node that hears of the higher bid", () => {
  const told = lampOffered();
  const { ann, bob, contextId } = told;
  bob.execute(contextId, "bid", { item: "lamp", amount: 5 });
  assert.is(bob.replica(contextId).owed.waitingCount, 0, "its own bid is no news to it");
  const higher = told.annCalls("bid", { item: "lamp", amount: 9 });
  bob.gossip("ann", contextId, higher.sealed);
  assert.equal(lampOf(bob, told), { title: "a lamp", price: 9, isOpen: true, untold: 1 });
  const [handled] = published(bob.pass(0));
  assert.is(handled?.content.kind, "handler");
  assert.equal(look(bob, contextId, "outbid", { item: "lamp" }), [[toHex(bob.identity.author), 5]]);
  assert.equal(lampOf(bob, told), { title: "a lamp", price: 9, isOpen: true, untold: 0 });
  told.tell("bid", { item: "lamp", amount: 12 });
  assert.equal(published(bob.pass(0)), [], "there is nobody else to tell");
  const bids = look(ann, contextId, "bids", { item: "lamp" });
  assert.equal(bids, [{ bidder: toHex(ann.identity.author), amount: 12 }], "ann has not heard of bob's");
});

test.run();
