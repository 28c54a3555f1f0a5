// Whole nodes are given the same deltas in any order, twice, one at a time or many at once, by gossip or in a
// session, under any clock: they end on the same heads, the same root, and what a naive fold over all writes says.
// Invariants 1, 3, 8 and 12.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { liveEntity } from "../../../core/state/reader.ts";
import { holds } from "../../laws.ts";
import { trustingCodec } from "../authors.ts";
import { LoneNode } from "../lone-node.ts";
import { naiveRead } from "../state/entities.ts";
import { byGossip, bySession, deliveries, joined } from "./deliveries.ts";
import { type Written, writtenHistories } from "./written-history.ts";

const someHistories = writtenHistories(30);

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
