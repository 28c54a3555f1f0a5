// The cache: what it gives is what was last put, and it never weighs more than its bound and one entry.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Cache, createCacheMemory } from "../../core/cache.ts";
import type { EntityId, Hash } from "../../core/ids.ts";
import { weighRecord } from "../../core/state/state-records.ts";
import { holds } from "../laws.ts";

const keys = fc.constantFrom("a", "b", "c", "d", "e");
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("set" as const), key: keys, value: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constantFrom("get" as const, "delete" as const), key: keys }),
  ),
  { maxLength: 60 },
);

test("what it gives is what was last put, and it never holds more than its bound and one entry", () => {
  holds(
    fc.property(steps, (list) => {
      const memory = createCacheMemory<number>();
      const cache = new Cache(memory, { weightMax: 12, weigh: (_key, value) => value });
      const last = new Map<string, number>();
      for (const step of list) {
        if (step.kind === "set") {
          cache.set(step.key, step.value);
          last.set(step.key, step.value);
        } else if (step.kind === "delete") {
          cache.delete(step.key);
          last.delete(step.key);
          assert.is(cache.get(step.key), undefined);
        } else {
          const found = cache.get(step.key);
          if (found !== undefined) assert.is(found, last.get(step.key));
        }
        const weigh = (map: ReadonlyMap<string, number>) =>
          Array.from(map.values()).reduce((a, b) => a + b, 0);
        assert.is(memory.youngWeight, weigh(memory.young));
        assert.ok(memory.youngWeight <= 6);
        assert.ok(weigh(memory.old) <= 6 + 6);
      }
    }),
  );
});

test("what is used again and again is never forgotten", () => {
  const cache = new Cache(createCacheMemory<number>(), { weightMax: 10, weigh: () => 1 });
  cache.set("kept", 1);
  for (let other = 0; other < 100; other += 1) {
    cache.set(`${other}`, other);
    assert.is(cache.get("kept"), 1);
  }
  assert.is(cache.get("0"), undefined);
});

test("a record of the state weighs more the longer its ids and its bytes are", () => {
  const leaf = (id: string) => ({ id: id as EntityId, hash: "h".repeat(32) as Hash });
  const bucket = (id: string, count: number) =>
    weighRecord("k", { kind: "bucket", leaves: Array.from({ length: count }, () => leaf(id)), hash: null });
  assert.ok(bucket("a".repeat(64), 16) >= 16 * (64 + 32));
  assert.ok(bucket("a".repeat(600), 16) >= 16 * (600 + 32));
  assert.ok(bucket("a".repeat(64), 1) < bucket("a".repeat(64), 2));
});

test.run();
