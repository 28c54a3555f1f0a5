import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { countInterleavings, type Deliveries } from "../../../sim/explore/interleavings.ts";
import { holds } from "../../laws.ts";

/** Walks every interleaving: by node what is done of its operations, and deliveries that are on their way. */
function countOneByOne(operations: Deliveries, done: readonly number[], onTheirWay: number): bigint {
  let count = 0n;
  for (const [node, own] of operations.entries()) {
    const at = done[node] ?? 0;
    const sent = own[at];
    if (sent !== undefined) count += countOneByOne(operations, done.with(node, at + 1), onTheirWay + sent);
  }
  if (onTheirWay > 0) count += BigInt(onTheirWay) * countOneByOne(operations, done, onTheirWay - 1);
  const isEnd = onTheirWay === 0 && operations.every((own, node) => own.length === done[node]);
  return isEnd ? 1n : count;
}

test("the formula counts what walking every interleaving counts", () => {
  const deliveries = fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }), { maxLength: 3 });
  const isSmall = (operations: Deliveries) => operations.flat().reduce((sum, sent) => sum + 1 + sent, 0) <= 8;
  holds(
    fc.property(deliveries.filter(isSmall), (operations) => {
      const done = operations.map(() => 0);
      assert.is(countInterleavings(operations), countOneByOne(operations, done, 0));
    }),
  );
});

test("six operations on three nodes have more than a billion interleavings", () => {
  const each = [2, 2];
  assert.is(countInterleavings([each, each, each]), 1_097_800_704_000n);
});

test.run();
