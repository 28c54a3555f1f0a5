// What lies in the store beside the state that shows, and is of no use any more.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../core/effect.ts";
import { LoneNode, only } from "./lone-node.ts";
import { inTurn, KeyedDisk } from "./state/states.ts";

const staged = (keys: readonly string[]) => keys.filter((key) => key.startsWith("v"));

/** Blocks that each commit removed. */
function removedBy(effects: readonly Effect[]): readonly number[] {
  return only(effects, "commit")
    .map(({ writes }) => staged(writes.map(([key]) => key)).length)
    .filter((count) => count > 0);
}

test("blocks of an earlier process go some in each turn, also where a crash comes in between", () => {
  const disk = new KeyedDisk();
  const node = new LoneNode("node", { disk });
  const replica = node.replica(node.create());
  inTurn(disk, (turn) => {
    for (let block = 0; block < 5_000; block += 1) replica.states.stage(new Uint8Array([1]), turn);
    replica.save(turn);
  });
  assert.is(staged(disk.keys()).length, 5_000);
  const again = new LoneNode("node", { disk });
  const [first] = removedBy(again.give({ kind: "woken" }));
  assert.is(staged(disk.keys()).length, 5_000 - (first ?? 0));
  const last = new LoneNode("node", { disk });
  const removed = [first ?? 0, ...removedBy(last.pass(0))];
  assert.ok(removed.length > 2 && Math.max(...removed) <= 2_048, removed.join(" "));
  assert.is(
    removed.reduce((sum, count) => sum + count),
    5_000,
  );
  assert.equal(staged(disk.keys()), []);
  assert.ok(Array.from(last.core.replicas().values()).every(({ states }) => states.isAlone));
});

test.run();
