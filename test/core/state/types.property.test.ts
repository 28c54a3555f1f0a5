// The laws of every type of entity. Invariants 3 and 10.
//
// Broken by hand, each of these turns a test red (see mutants.md): the tests here are what holds the laws.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { DeltaId, Incarnation } from "../../../core/ids.ts";
import type { ActionOf } from "../../../core/state/action.ts";
import { createEntity, decodeEntity, type Entity, entityOf, isLive } from "../../../core/state/entity.ts";
import { compareMoments, type Moment } from "../../../core/state/moment.ts";
import { type CounterContent, counterValue } from "../../../core/state/types/counter.ts";
import { typeNames, types } from "../../../core/state/types.ts";
import { decoding } from "../../../core/wire/cbor.ts";
import { holds } from "../../laws.ts";
import { authors, hashKey, join, joined, joinsOn, moments, operationsOn } from "./operations.ts";

for (const type of typeNames) {
  test(`${type}: joining is commutative`, () => {
    holds(fc.property(joinsOn(type), ([a, b]) => assert.equal(join(a, b), join(b, a))));
  });

  test(`${type}: joining is associative`, () => {
    holds(fc.property(joinsOn(type), ([a, b, c]) => assert.equal(join(join(a, b), c), join(a, join(b, c)))));
  });

  test(`${type}: joining is idempotent, and gives one of the two where that is above both`, () => {
    holds(
      fc.property(joinsOn(type), ([a, b]) => {
        assert.is(join(a, a), a);
        const both = join(a, b);
        assert.is(join(both, a), both);
        assert.is(join(both, b), both);
        assert.is(join(a, decoded(a)), a, "an equal one");
      }),
    );
  });

  test(`${type}: no order and no repetition of operations changes the join`, () => {
    const shuffled = operationsOn(type)
      .filter((all) => all.length > 0)
      .chain((all) => {
        const order = fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length });
        return fc.tuple(fc.constant(all), order);
      });
    holds(fc.property(shuffled, ([all, order]) => assert.is(joined(order).hash, joined(all).hash)));
  });

  test(`${type}: the bytes are the entity`, () => {
    holds(fc.property(joinsOn(type), ([a]) => assert.equal(decoded(a), a)));
  });

  test(`${type}: a deletion ends all that is not above it, for good`, () => {
    holds(
      fc.property(operationsOn(type), moments, (all, floor) => {
        const ended = all.filter(({ at }) => compareMoments(at, floor) <= 0);
        if (ended.length === 0) return;
        assert.not(isLive(joined(ended), floor));
        assert.not(isLive(createEntity({ ...joined(ended), deleted: floor }, nodeCrypto)));
        const again = join(createEntity({ ...joined(ended), deleted: floor }, nodeCrypto), joined(ended));
        assert.not(isLive(again), "what it ended came back");
      }),
    );
  });

  test(`${type}: a later deletion never brings anything to life`, () => {
    holds(
      fc.property(joinsOn(type), moments, moments, ([a], one, other) => {
        const [lower, upper] = compareMoments(one, other) <= 0 ? [one, other] : [other, one];
        assert.ok(isLive(a, lower) || !isLive(a, upper));
      }),
    );
  });
}

test("types have codes of their own", () => {
  assert.is(new Set(typeNames.map((name) => types[name].code)).size, typeNames.length);
});

const at: Moment = { at: { ms: 5, counter: 0 }, hlc: { ms: 5, counter: 0 }, step: 3 };
const incarnation = "12345678" as Incarnation;
const origin = {
  delta: "d".repeat(32) as DeltaId,
  index: 3,
  author: authors[0] as (typeof authors)[number],
  incarnation,
  at,
};

function said(
  action: Pick<ActionOf<"register">, "key"> & { readonly type: string; readonly change: object },
) {
  return entityOf({ collection: "c", ...action } as ActionOf<"register">, origin, nodeCrypto);
}

test("an action that its delta alone shows to be wrong is void", () => {
  const name = (index: number) => ({ delta: "", index });
  const table: readonly (readonly [string, string, object])[] = [
    ["owned", "another's", { kind: "put", value: 1 }],
    ["owned", "another's", { kind: "remove" }],
    ["frozen", hashKey("w"), { kind: "put", value: "v" }],
    ["frozen", hashKey("v"), { kind: "remove" }],
    ["element", hashKey("w"), { kind: "add", value: "v" }],
    ["element", hashKey("v"), { kind: "remove", seen: [{ author: origin.author, incarnation, at }] }],
    ["counter", "", { kind: "count", since: at, plus: 1, minus: 0 }],
    ["counter", "", { kind: "count", since: { own: 3 }, plus: 1, minus: 0 }],
    ["run", "", { kind: "mark", run: name(3), ranges: [{ start: 0, end: 1 }] }],
    ["run", "named", { kind: "mark", run: name(0), ranges: [{ start: 0, end: 1 }] }],
    ["run", "", { kind: "insert", parent: { run: name(4), offset: 0 }, side: "left", items: [1] }],
    ["run", "", { kind: "insert", parent: null, side: "left", items: [1] }],
  ];
  for (const [type, key, change] of table) assert.is(said({ type, key, change }), null, type);
  assert.ok(said({ type: "frozen", key: hashKey("v"), change: { kind: "put", value: "v" } }));
  assert.ok(
    said({ type: "counter", key: "", change: { kind: "count", since: { own: 2 }, plus: 1, minus: 0 } }),
  );
  assert.ok(said({ type: "run", key: "", change: { kind: "mark", run: name(2), ranges: [] } }));
});

test("a counter's total never falls by a join of what one contributor counted, and is counted once", () => {
  const counted = fc.record({ plus: fc.nat(5), minus: fc.constant(0) });
  holds(
    fc.property(counted, counted, (one, other) => {
      const [a, b] = [one, other].map((totals) => {
        const change = { kind: "count", since: null, ...totals };
        return said({ type: "counter", key: "", change }) as Entity;
      }) as [Entity, Entity];
      const { content } = join(a, b);
      assert.is(counterValue(content as CounterContent, null), Math.max(one.plus, other.plus));
    }),
  );
});

test("a counter's value is exact up to the largest whole number, and stands there beyond it", () => {
  const max = Number.MAX_SAFE_INTEGER;
  const total = fc.oneof(fc.nat(3), fc.constantFrom(max, max - 1));
  const counted = fc.array(fc.tuple(total, total), { maxLength: 4 });
  holds(
    fc.property(counted, (list) => {
      const tallies = list.map(([plus, minus]) => ({ ...origin, since: null, plus, minus }));
      const exact = list.reduce((sum, [plus, minus]) => sum + BigInt(plus) - BigInt(minus), 0n);
      const value = counterValue({ type: "counter", tallies }, null);
      assert.ok(Number.isSafeInteger(value));
      assert.is(counterValue({ type: "counter", tallies: tallies.reverse() }, null), value);
      if (exact <= BigInt(max) && exact >= -BigInt(max)) assert.is(BigInt(value), exact);
      else assert.is(value, exact > 0n ? max : -max);
    }),
  );
});

function decoded(entity: Entity): Entity {
  const found = decoding("test", () => decodeEntity(entity.bytes, entity));
  if ("code" in found) throw new Error(found.detail);
  return found;
}

test.run();
