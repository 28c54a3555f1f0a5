// A state after a start is the state before the stop, whether it was written, half of it, or not at all.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContextId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { UnreadableStoreError } from "../../../core/stored-node.ts";
import { holds } from "../../laws.ts";
import { LoneNode } from "../lone-node.ts";
import { KeyedDisk } from "../state/states.ts";

/** More than are kept in memory before they are written. */
const writesMax = 700;

function restarted(disk: KeyedDisk): LoneNode {
  return new LoneNode("node", { disk });
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
