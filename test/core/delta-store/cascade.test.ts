// Deltas that wait, on a whole node: cascades of any length in bounded turns, ageing, and what needs an upgrade.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { Effect } from "../../../core/effect.ts";
import { type ContextId, topicOf } from "../../../core/ids.ts";
import { turnDeltasMax } from "../../../core/limits.ts";
import { chainOf, codec, identityOf, operations, put, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";

/** A node that has joined the context without its genesis. */
function joined(contextId: ContextId, options: ConstructorParameters<typeof LoneNode>[1] = {}): LoneNode {
  const config = { peerGossipPerSecondMax: 1_000_000, ...options.config };
  const node = new LoneNode("node", { ...options, config });
  node.call({ kind: "join-context", contextId });
  return node;
}

function committed(effects: readonly Effect[]): number {
  const keys = only(effects, "commit").flatMap(({ writes }) => writes.map(([key]) => key));
  return keys.filter((key) => key.startsWith("d")).length;
}

function chain(scribe: Scribe, length: number, by = unsigned("ann")): readonly CausalDelta[] {
  return chainOf(scribe, length, (index) => ({
    by,
    hlc: { ms: 2_000 + index, counter: 0 },
    content: operations(put("k", index)),
  }));
}

test("20,000 deltas delivered backwards are applied in bounded turns", () => {
  const scribe = new Scribe(unsigned("ann"), { codec: trustingCodec });
  const deltas = chain(scribe, 20_000);
  const node = joined(scribe.contextId, { codec: trustingCodec, config: { pendingDeltasMax: 30_000 } });
  for (const delta of deltas.toReversed()) {
    assert.is(committed(node.gossip("peer", scribe.contextId, delta.sealed)), 0);
  }
  const replica = node.replica(scribe.contextId);
  assert.is(replica.deltas.pending.count, 20_000);
  let turns = 0;
  let applied = 0;
  let effects = node.gossip("peer", scribe.contextId, scribe.genesis.sealed);
  for (;;) {
    const count = committed(effects);
    assert.ok(count <= turnDeltasMax, `${count} in one turn`);
    applied += count;
    turns += 1;
    if (replica.deltas.readyCount === 0) break;
    // What is left is ready, and the node wakes itself at once.
    assert.is(node.wakeAtMs, node.monotonicMs);
    effects = node.give({ kind: "woken" });
  }
  assert.is(applied, 20_001);
  assert.is(turns, Math.ceil(20_001 / turnDeltasMax));
  assert.is(replica.deltas.pending.count, 0);
  assert.equal(replica.heads(), [deltas.at(-1)?.id]);
  const outcome = node.execute(scribe.contextId, "get", { key: "k" });
  assert.is(outcome.kind === "executed" && outcome.output, 19_999);
});

test("what waited too long is dropped by a sweep and counted, and can come again", () => {
  const ann = identityOf("ann");
  const scribe = new Scribe(ann);
  const [parent, child] = chain(scribe, 2, ann) as readonly [CausalDelta, CausalDelta];
  const node = joined(scribe.contextId, { config: { pendingAgeMaxMs: 10_000, cleanupMs: 1_000 } });
  node.gossip("peer", scribe.contextId, scribe.genesis.sealed);
  node.gossip("peer", scribe.contextId, child.sealed);
  const replica = node.replica(scribe.contextId);
  assert.is(observed(node.pass(9_000), "pending-aged"), 0);
  assert.is(replica.deltas.pending.count, 1);
  assert.is(observed(node.pass(3_000), "pending-aged"), 1);
  assert.is(replica.deltas.pending.count, 0);
  node.gossip("peer", scribe.contextId, parent.sealed);
  node.gossip("peer", scribe.contextId, child.sealed);
  assert.equal(replica.heads(), [child.id]);
});

test("a delta of an unknown kind is kept, forwarded and never applied, nor what rests on it", () => {
  const ann = identityOf("ann");
  const scribe = new Scribe(ann);
  const hlc = { ms: 2_000, counter: 0 };
  const before = scribe.write([scribe.genesis], { by: ann, hlc, content: operations(put("k", 1)) });
  const unknown = scribe.write([before], { by: ann, hlc, content: { kind: "needs-upgrade", code: 44 } });
  const after = scribe.write([unknown], { by: ann, hlc, content: operations(put("k", 2)) });
  const orders = [
    [scribe.genesis, before, unknown, after],
    [after, unknown, before, scribe.genesis],
    [unknown, scribe.genesis, after, before],
  ];
  for (const order of orders) {
    const node = joined(scribe.contextId);
    for (const delta of order) {
      const effects = node.gossip("peer", scribe.contextId, delta.sealed);
      assert.is(only(effects, "verdict")[0]?.verdict, "accept");
      assert.equal(only(effects, "fault"), []);
    }
    const replica = node.replica(scribe.contextId);
    assert.equal(replica.heads(), [before.id]);
    assert.ok(replica.deltas.pending.has(unknown.id) && replica.deltas.pending.has(after.id));
    assert.equal(replica.deltas.missing(), []);
  }
});

test("deltas that need an upgrade take their share of what may wait, and no more", () => {
  const ann = identityOf("ann");
  const scribe = new Scribe(ann);
  const node = joined(scribe.contextId, { config: { pendingDeltasMax: 5 } });
  node.gossip("peer", scribe.contextId, scribe.genesis.sealed);
  for (let code = 10; code < 30; code += 1) {
    const content = { kind: "needs-upgrade", code } as const;
    const delta = scribe.write([scribe.genesis], { by: ann, hlc: { ms: 2_000, counter: 0 }, content });
    node.give({
      kind: "gossip",
      gossip: code,
      from: "p" as never,
      topic: topicOf(scribe.contextId),
      message: delta.sealed,
    });
    assert.ok(node.replica(scribe.contextId).deltas.pending.count <= 5);
  }
  assert.is(codec.openDelta(scribe.genesis.sealed).kind, "delta");
});

test.run();
