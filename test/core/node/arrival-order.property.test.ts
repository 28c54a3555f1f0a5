// Whole nodes are given the same deltas in any order, twice, one at a time or many at once, by gossip or in a
// session, under any clock: they end on the same heads, the same root, and what a naive fold over all writes says.
// Invariants 1, 3, 8 and 12.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { PeerId } from "../../../core/ids.ts";
import { liveEntity } from "../../../core/state/reader.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { holds } from "../../laws.ts";
import { trustingCodec } from "../authors.ts";
import { turnOn } from "../delta-store/waiting.ts";
import { LoneNode, only } from "../lone-node.ts";
import { naiveRead } from "../state/entities.ts";
import { type Written, writtenHistories } from "./written-history.ts";

const someHistories = writtenHistories(30);

/** How one node comes to know everything. */
const deliveries = fc.record({
  order: fc.array(fc.nat(), { maxLength: 60 }),
  batches: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
  wallMs: fc.constantFrom<number>(0, 1_700_000_000_000, 4_000_000_000_000),
  isRestarted: fc.boolean(),
});
type Delivery = typeof deliveries extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function joined(written: Written, disk = new SimDisk()): LoneNode {
  const node = new LoneNode("node", { disk, codec: trustingCodec, config: { syncSessionsMax: 1_000 } });
  node.call({ kind: "join-context", contextId: written.genesis.contextId });
  return node;
}

/** Every position at least once, some twice, in the drawn order. */
function arrivals({ deltas }: Written, { order }: Delivery): readonly CausalDelta[] {
  const drawn = order.map((draw) => deltas[draw % deltas.length] as CausalDelta);
  return [...drawn, ...deltas.toReversed()];
}

/** Opens a session as a peer would, and sends batches in it whatever the order. */
function sendInSession(node: LoneNode, written: Written, batches: readonly (readonly CausalDelta[])[]): void {
  const { contextId } = written.genesis;
  node.give({ kind: "stream-opened", stream: -1, peer: "peer" as PeerId });
  node.say(-1, createHandshake(joined(written).replica(contextId), turnOn(new SimDisk())));
  for (const batch of batches) {
    const effects = node.say(-1, { kind: "deltas", deltas: batch.map(({ sealed }) => sealed) });
    assert.equal(only(effects, "fault"), []);
  }
}

/** Runs what the turns before left over. */
function settle(node: LoneNode): void {
  node.pass(10);
}

function byGossip(written: Written, delivery: Delivery): LoneNode {
  let node = joined(written);
  node.wallMs = delivery.wallMs;
  const list = arrivals(written, delivery);
  list.forEach((delta, index) => {
    node.gossip("peer", delta.contextId, delta.sealed);
    if (delivery.isRestarted && index === Math.floor(list.length / 2)) node = joined(written, node.disk);
  });
  if (delivery.isRestarted)
    for (const delta of written.deltas) node.gossip("peer", delta.contextId, delta.sealed);
  settle(node);
  return node;
}

function bySession(written: Written, delivery: Delivery): LoneNode {
  const node = joined(written);
  node.wallMs = delivery.wallMs;
  const left = [...arrivals(written, delivery)];
  const batches: CausalDelta[][] = [];
  for (let index = 0; left.length > 0; index += 1)
    batches.push(left.splice(0, delivery.batches[index % delivery.batches.length]));
  sendInSession(node, written, batches);
  settle(node);
  return node;
}

function assertKnowsAll(node: LoneNode, { genesis, deltas, writes }: Written): void {
  const replica = node.replica(genesis.contextId);
  assert.is(replica.deltas.graph.count, deltas.length);
  assert.is(replica.deltas.pending.count, 0);
  for (const key of ["k", "l", "m"]) {
    const entity = liveEntity(replica.state, "register", { collection: "entries", key });
    assert.equal(entity?.content.value, naiveRead(writes, key));
  }
}

test("arrival order, duplication and batching change neither heads nor root", () => {
  holds(
    fc.property(someHistories, deliveries, deliveries, (written, one, other) => {
      const { contextId } = written.genesis;
      const straight = joined(written);
      for (const delta of written.deltas) straight.gossip("peer", contextId, delta.sealed);
      assertKnowsAll(straight, written);
      const expected = straight.replica(contextId);
      for (const node of [byGossip(written, one), bySession(written, one), byGossip(written, other)]) {
        assertKnowsAll(node, written);
        assert.equal(node.replica(contextId).heads(), expected.heads());
        assert.is(node.replica(contextId).stateRoot(), expected.stateRoot());
      }
    }),
    { share: 0.6 },
  );
});

test("every replica derives the same stamps, whatever its own clock, also from what it stored", () => {
  holds(
    fc.property(someHistories, deliveries, (written, delivery) => {
      const { contextId } = written.genesis;
      const nodes = [
        byGossip(written, delivery),
        bySession(written, { ...delivery, wallMs: 5_000_000_000_000 }),
      ];
      const restarted = nodes.map(({ disk }) => new LoneNode("node", { disk, codec: trustingCodec }));
      for (const node of [...nodes, ...restarted]) {
        const { graph } = node.replica(contextId).deltas;
        written.deltas.forEach(({ id }, index) => {
          assert.equal(graph.get(id)?.at, written.stamps[index]?.at);
        });
      }
    }),
    { share: 0.3 },
  );
});

test("a restart changes neither heads nor root nor what is written next", () => {
  holds(
    fc.property(someHistories, deliveries, (written, delivery) => {
      const { contextId } = written.genesis;
      const node = byGossip(written, delivery);
      const before = node.replica(contextId);
      const after = new LoneNode("node", { disk: node.disk, codec: trustingCodec }).replica(contextId);
      assert.equal(after.heads(), before.heads());
      assert.is(after.stateRoot(), before.stateRoot());
      assert.is(after.application, before.application);
      assert.is(after.state.liveCount, before.state.liveCount);
      for (const { id } of written.deltas)
        assert.equal(after.deltas.graph.get(id)?.at, before.deltas.graph.get(id)?.at);
    }),
    { share: 0.3 },
  );
});

test.run();
