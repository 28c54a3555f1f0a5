// What is dropped of a cache: no more than must be, and always what was used longest ago.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type CachedBlob, type CacheLimits, chooseEvicted } from "../../../core/blobs/eviction.ts";
import type { BlobId } from "../../../core/ids.ts";
import { holds } from "../../laws.ts";

const nowMs = 1_000;
const caches: fc.Arbitrary<readonly CachedBlob[]> = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 12 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record({
          blob: fc.constant(name as BlobId),
          bytes: fc.nat(50),
          usedMs: fc.nat(nowMs),
        }),
      ),
    ),
  );
const limits: fc.Arbitrary<CacheLimits> = fc.record({
  ageMaxMs: fc.nat(1_200),
  countMax: fc.nat(12),
  bytesMax: fc.nat(400),
});

function without(cached: readonly CachedBlob[], evicted: readonly BlobId[]): readonly CachedBlob[] {
  return cached.filter(({ blob }) => !evicted.includes(blob));
}

test("what is left keeps every limit", () => {
  holds(
    fc.property(caches, limits, (cached, { ageMaxMs, countMax, bytesMax }) => {
      const left = without(cached, chooseEvicted(cached, { ageMaxMs, countMax, bytesMax }, nowMs));
      assert.ok(left.every(({ usedMs }) => nowMs - usedMs <= ageMaxMs));
      assert.ok(left.length <= countMax);
      assert.ok(left.reduce((sum, { bytes }) => sum + bytes, 0) <= bytesMax);
    }),
  );
});

test("nothing is dropped that was used after something that is kept, and nothing without a limit broken", () => {
  holds(
    fc.property(caches, limits, (cached, some) => {
      const evicted = chooseEvicted(cached, some, nowMs);
      const left = without(cached, evicted);
      const usedMs = (blob: BlobId) => cached.find((each) => each.blob === blob)?.usedMs ?? 0;
      const last = evicted.at(-1);
      if (last === undefined) return;
      assert.ok(left.every((kept) => kept.usedMs >= usedMs(last)));
      const oneLess = without(cached, evicted.slice(0, -1));
      const isBroken =
        oneLess.some((each) => nowMs - each.usedMs > some.ageMaxMs) ||
        oneLess.length > some.countMax ||
        oneLess.reduce((sum, { bytes }) => sum + bytes, 0) > some.bytesMax;
      assert.ok(isBroken, "the last one need not have gone");
    }),
  );
});

test.run();
