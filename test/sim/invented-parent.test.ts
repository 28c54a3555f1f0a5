// What one member can cause with one message: a delta whose parent nobody has is waited for, but not chased for ever.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { present } from "../../core/assert.ts";
import { byteString, type DeltaId, type Incarnation, topicOf } from "../../core/ids.ts";
import { sealDelta } from "../../core/wire/delta-codec.ts";
import { createSimulation } from "../../sim/host/simulate.ts";

const scenario = {
  name: "idle",
  nodes: 12,
  workload: [{ at: "1s", node: "n0", method: "set", args: { key: "a", value: "b" } }],
  until: "280s",
};

/** Sessions started in a run into which so many deltas with invented parents are thrown. */
function sessionsStarted(inventions: number): number {
  const simulation = createSimulation(scenario, { seed: 5 });
  simulation.runUntil(5_000_000);
  const contextId = present(simulation.world.contextIds.get("kv"), "the context");
  const liar = present(simulation.world.nodes[0], "a node");
  const replica = present(liar.core?.replicas().get(contextId), "its replica");
  for (let nth = 0; nth < inventions; nth += 1) {
    const draft = {
      contextId,
      parents: [byteString<DeltaId>(nodeCrypto.sha256(Uint8Array.of(nth)))],
      author: liar.author,
      incarnation: byteString<Incarnation>(new Uint8Array(8)),
      hlc: { ms: 1, counter: nth },
      content: { kind: "merge" as const },
      events: [],
    };
    const sealed = sealDelta(draft, liar.identity, nodeCrypto);
    const message = replica.governance.topic.seal(sealed, replica.heads());
    for (let node = 1; node < 12; node += 1) {
      const from = simulation.world.connections.peer((node + 1) % 12);
      const topic = topicOf(contextId);
      simulation.world.deliver(node, { kind: "gossip", gossip: 1_000_000 + nth, from, topic, message });
    }
  }
  const { outcome, probes } = simulation.finish();
  assert.is(outcome, "passed");
  assert.ok(inventions === 0 || (probes["delta-pending"] ?? 0) >= inventions * 11, "they are waited for");
  return present(probes["sync-started"], "sessions");
}

test("one delta with an invented parent does not keep everyone asking everyone", () => {
  const usual = sessionsStarted(0);
  for (const inventions of [1, 5]) {
    const started = sessionsStarted(inventions);
    assert.ok(started < 2.5 * usual, `${started} sessions with ${inventions}, ${usual} without`);
  }
});

test.run();
