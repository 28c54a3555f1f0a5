// Sorted maps and sets: a range gives what a sorted list would, in any call and with the call's own writes.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { defineApp } from "../../../core/app/define-app.ts";
import { counter } from "../../../core/app/fields/counter.ts";
import { map } from "../../../core/app/fields/map.ts";
import { register } from "../../../core/app/fields/register.ts";
import { type SortedRange, sortedMap, sortedSet } from "../../../core/app/fields/sorted.ts";
import type { Json } from "../../../core/json.ts";
import { holds } from "../../laws.ts";
import { callsTo } from "../lone-node.ts";

const keys = fc.constantFrom("", "a", "ab", "abc", "b", "~", "/", "\u0000", "a\u0000", "é", "z", "\uffff");
const plain = { noNullPrototype: true } as const;
const write = fc.record({ kind: fc.constantFrom("put" as const, "drop" as const), key: keys }, plain);
const optional = fc.option(keys, { nil: undefined });
const ranges: fc.Arbitrary<SortedRange> = fc.record(
  {
    from: optional,
    until: optional,
    limit: fc.option(fc.nat(4), { nil: undefined }),
    isReversed: fc.boolean(),
  },
  plain,
);
const calls = fc.array(fc.array(write, { maxLength: 8 }), { maxLength: 5 });

interface Step {
  readonly kind: "put" | "drop";
  readonly key: string;
}

/** Every kind of sorted field, written alike; each answers a range with its keys. */
function sortedApp(range: SortedRange) {
  return defineApp({
    name: "kv-store",
    state: {
      values: sortedMap(register<string>()),
      counts: sortedMap(counter()),
      names: sortedSet(),
      nested: map(sortedMap(register<string>())),
    },
    methods: {
      change({ values, counts, names, nested }, { steps, isRead }) {
        for (const { kind, key } of steps as unknown as readonly Step[]) {
          if (kind === "put") {
            values.set(key, key);
            counts.at(key).increment();
            names.add(key);
            nested.at("x/~").set(key, key);
          } else {
            values.delete(key);
            counts.delete(key);
            names.delete(key);
            nested.at("x/~").delete(key);
          }
        }
        if (isRead !== true) return null;
        return [
          values.range(range).map(([key]) => key),
          counts.range(range).map(([key]) => key),
          names.range(range),
          nested
            .at("x/~")
            .range(range)
            .map(([key]) => key),
          [values.first()?.[0] ?? null, counts.first()?.[0] ?? null, names.first() ?? null],
          [values.last()?.[0] ?? null, counts.last()?.[0] ?? null, names.last() ?? null],
        ];
      },
    },
    views: { size: ({ values, names }) => [values.size, names.size, values.keys().length] },
  });
}

/** The keys there should be, in order. */
function expectedKeys(steps: readonly Step[]): readonly string[] {
  const there = new Set<string>();
  for (const { kind, key } of steps) {
    if (kind === "put") there.add(key);
    else there.delete(key);
  }
  return Array.from(there).sort();
}

test("a range gives the keys a sorted list would, stored or written in the call itself", () => {
  holds(
    fc.property(calls, fc.array(write, { maxLength: 6 }), ranges, (list, last, range) => {
      const call = callsTo(sortedApp(range));
      for (const steps of list) call("change", { steps: steps as unknown as Json });
      const found = call("change", { steps: last as unknown as Json, isRead: true });
      const all = expectedKeys([...list.flat(), ...last]);
      const { from = "", until, limit = Number.POSITIVE_INFINITY, isReversed = false } = range;
      const inside = all.filter((key) => key >= from && (until === undefined || key < until));
      const ordered = (isReversed ? inside.toReversed() : inside).slice(0, limit);
      const [first = null, end = null] = [all[0], all.at(-1)];
      assert.equal(found, [ordered, ordered, ordered, ordered, [first, first, first], [end, end, end]]);
      assert.equal(call("size"), [all.length, all.length, all.length]);
    }),
    { share: 0.5 },
  );
});

test("a key that is too long for a sorted map is refused with its bound", () => {
  const call = callsTo(sortedApp({}));
  const steps = [{ kind: "put", key: "k".repeat(129) }] as unknown as Json;
  assert.is(call("change", { steps }), "bad-arguments: a key of 129 characters, at most 128 are allowed");
});

test.run();
