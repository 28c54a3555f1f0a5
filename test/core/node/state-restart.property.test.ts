// A state after a start is the state before the stop, whether it was written, half of it, or not at all.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DeltaStore } from "../../../core/delta-store/delta-store.ts";
import type { ContextId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { UnreadableStoreError } from "../../../core/stored-node.ts";
import { holds } from "../../laws.ts";
import { LoneNode } from "../lone-node.ts";
import { inTurn, KeyedDisk } from "../state/states.ts";

/** More than are kept in memory before they are written. */
const writesMax = 700;

function restarted(disk: KeyedDisk): LoneNode {
  return new LoneNode("node", { disk });
}

/** How many deltas a start over this disk joins into the state again. */
function replayedBy(disk: KeyedDisk): number {
  let joined = 0;
  const appliedAt = DeltaStore.prototype.appliedAt;
  DeltaStore.prototype.appliedAt = function (this: DeltaStore, ...parameters) {
    joined += 1;
    return appliedAt.apply(this, parameters);
  };
  restarted(disk.copy());
  DeltaStore.prototype.appliedAt = appliedAt;
  return joined;
}

function fill(
  node: LoneNode,
  contextId: ContextId,
  { from = 0, count }: { from?: number; count: number },
): void {
  for (let index = from; index < from + count; index += 1)
    node.execute(contextId, "set", { key: `key ${index % 500}`, value: index });
}

test("a start finds the state again, after a stop and after a crash", () => {
  const rounds = fc.array(fc.record({ count: fc.nat(writesMax), isStopped: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  });
  holds(
    fc.property(rounds, (list) => {
      const disk = new KeyedDisk();
      let node = restarted(disk);
      const contextId = node.create();
      let from = 0;
      for (const { count, isStopped } of list) {
        fill(node, contextId, { from, count });
        from += count;
        const before = node.replica(contextId);
        const [root, entries] = [before.stateRoot(), node.execute(contextId, "entries")];
        if (isStopped) node.give({ kind: "stop" });
        node = restarted(disk);
        assert.is(node.replica(contextId).stateRoot(), root);
        assert.equal(node.execute(contextId, "entries"), entries);
      }
    }),
    { share: 0.05 },
  );
});

test("few keys written ever again are written to the state now and then, so that a start joins a bounded number", () => {
  const disk = new KeyedDisk();
  const node = restarted(disk);
  const contextId = node.create();
  let replayedMax = 0;
  for (let index = 0; index < 2_500; index += 1) {
    node.execute(contextId, "set", { key: `key ${index % 3}`, value: index });
    if (index % 250 === 0) replayedMax = Math.max(replayedMax, replayedBy(disk));
  }
  assert.ok(replayedMax > 250 && replayedMax <= 1_024, `a start joins ${replayedMax} deltas again`);
});

test("much written at once is written to the state, so that memory holds a bounded part of it", () => {
  const disk = new KeyedDisk();
  const node = restarted(disk);
  const contextId = node.create();
  for (let index = 0; index < 300; index += 1) node.execute(contextId, "set", { key: `${index}`, value: 1 });
  assert.ok(replayedBy(disk) < 300 - 255 + 1);
  node.execute(contextId, "set", { key: "large", value: "x".repeat(900_000) });
  node.execute(contextId, "set", { key: "larger", value: "x".repeat(900_000) });
  assert.is(replayedBy(disk), 1, "the genesis, which says who is a member");
});

test("a state that is pinned when the process dies is found again", () => {
  const disk = new KeyedDisk();
  const node = restarted(disk);
  const contextId = node.create();
  fill(node, contextId, { count: 300 });
  const replica = node.replica(contextId);
  const root = replica.stateRoot();
  inTurn(disk, (turn) => replica.pinState(turn));
  assert.is(restarted(disk.copy()).replica(contextId).stateRoot(), root);
  fill(node, contextId, { from: 300, count: 300 });
  assert.is(restarted(disk.copy()).replica(contextId).stateRoot(), replica.stateRoot());
});

test("what lies in the store is what the state is made of: nothing replaced stays behind", () => {
  const disk = new KeyedDisk();
  const node = restarted(disk);
  const contextId = node.create();
  fill(node, contextId, { count: 1_200 });
  node.give({ kind: "stop" });
  const { state } = restarted(disk).replica(contextId);
  const entities = [...state.leaves({})].map(({ hash }) => storeKeys.entity(`s${contextId}`, hash));
  assert.is(entities.length, 500);
  assert.equal(
    disk.keys().filter((key) => key.startsWith(`es${contextId}`)),
    entities.sort(),
  );
});

test("a state whose records are damaged or gone says so when they are read, and is never taken for an empty one", () => {
  for (const damage of [null, Uint8Array.of(0x80)]) {
    for (const kind of ["es", "ts"]) {
      const disk = new KeyedDisk();
      const node = restarted(disk);
      const contextId = node.create();
      fill(node, contextId, { count: 40 });
      node.give({ kind: "stop" });
      const found = disk.keys().filter((key) => key.startsWith(kind));
      assert.ok(found.length > 0);
      disk.append({ kind: "commit", writes: found.map((key) => [key, damage]) });
      const again = restarted(disk);
      assert.throws(
        () => again.execute(contextId, "entries"),
        (error: Error) => error instanceof UnreadableStoreError,
      );
    }
  }
});

test.run();
