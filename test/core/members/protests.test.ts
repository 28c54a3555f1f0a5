// A node that others take for no member tells them of the removals it knows: they may not have heard of them.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContextId, PeerId } from "../../../core/ids.ts";
import { identityOf } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";

const eve = "eve" as PeerId;
const config = { syncFrequencyMs: 10_000 };

function remove(node: LoneNode, contextId: ContextId, name: string): void {
  const { author: member } = identityOf(name);
  for (const change of [
    { kind: "role", member, role: "member" } as const,
    { kind: "remove", member } as const,
  ])
    assert.is(node.call({ kind: "change-members", contextId, change }).kind, "context");
}

/** Refuses every session that the node begins with a peer for so long; how often it told of removals meanwhile. */
function refuse(node: LoneNode, peer: PeerId, forMs: number): number {
  let told = 0;
  for (let passed = 0; passed < forMs; passed += 500) {
    const effects = node.pass(500);
    told += observed(effects, "removal-repeated");
    for (const { stream, peer: to } of only(effects, "open-stream"))
      if (to === peer)
        told += observed(node.say(stream, { kind: "refusal", reason: "not-a-member" }), "removal-repeated");
  }
  return told;
}

test("who goes on refusing is told ever more seldom, until there is something new to tell", () => {
  const node = new LoneNode("node", { config });
  const contextId = node.create();
  remove(node, contextId, "bob");
  node.meet(eve, contextId);
  assert.ok(refuse(node, eve, 15_000) > 0);
  const inAnHour = refuse(node, eve, 3_600_000);
  assert.ok(inAnHour >= 10 && inAnHour < 60, `${inAnHour} times in an hour`);
  remove(node, contextId, "cid");
  assert.ok(refuse(node, eve, 15_000) >= 2, "both are told");
});

test("another who refuses is told at once, however often the first was", () => {
  const node = new LoneNode("node", { config });
  const contextId = node.create();
  remove(node, contextId, "bob");
  node.meet(eve, contextId);
  refuse(node, eve, 3_600_000);
  node.give({ kind: "peer-disconnected", peer: eve });
  node.meet("mal" as PeerId, contextId);
  assert.ok(refuse(node, "mal" as PeerId, 15_000) > 0);
});

test.run();
