// Ids of entities: names give ids one to one, what is in a collection lies together, and sorted ones in order.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { entityId, idsOfCollection } from "../../../core/state/entity-id.ts";
import { containersAbove, isSorted, nestedCollection, sortedCollection } from "../../../core/state/path.ts";
import { typeNames } from "../../../core/state/types.ts";
import { holds } from "../../laws.ts";

const keys = fc.oneof(
  fc.string({
    maxLength: 4,
    unit: fc.constantFrom("\u0000", "\u0001", "a", "b", "~", "/", "%", "\uffff", "é"),
  }),
  fc.string({ maxLength: 12 }),
);
const collections = fc.constantFrom("a", "a~", "b~", "a/x~", "a/x");
const names = fc.record({ type: fc.constantFrom(...typeNames), collection: collections, key: keys });
const idOf = (name: typeof names extends fc.Arbitrary<infer T> ? T : never) => entityId(name, nodeCrypto);

test("different names have different ids, of which none begins another", () => {
  holds(
    fc.property(names, names, (a, b) => {
      const isSame = a.type === b.type && a.collection === b.collection && a.key === b.key;
      assert.is(idOf(a).startsWith(idOf(b)), isSame);
    }),
  );
});

test("in a sorted collection ids are ordered as keys are, and a range of keys is a range of ids", () => {
  holds(
    fc.property(keys, keys, (a, b) => {
      const [x, y] = [a, b].map((key) => entityId({ type: "register", collection: "a~", key }, nodeCrypto));
      if (x === undefined || y === undefined) return;
      if (a !== b) assert.is(x < y, a < b);
      const { from = "", until = "" } = idsOfCollection("a~", { from: b, until: b }, nodeCrypto);
      assert.is(x >= from, a >= b);
      assert.is(x < until, a < b);
    }),
  );
});

test("the entities of a collection lie within its range, and those of another outside", () => {
  holds(
    fc.property(names, collections, (name, collection) => {
      const { from = "", until = "" } = idsOfCollection(collection, {}, nodeCrypto);
      const id = idOf(name);
      assert.is(id >= from && id < until, name.collection === collection);
    }),
  );
});

test("what a collection is nested in is read back from its path, sorted or not", () => {
  holds(
    fc.property(keys, keys, fc.boolean(), fc.boolean(), (outer, inner, isOuterSorted, isInnerSorted) => {
      const marked = (collection: string, isMarked: boolean) =>
        isMarked ? sortedCollection(collection) : collection;
      const field = marked("field", isOuterSorted);
      const middle = marked(nestedCollection(field, outer), isInnerSorted);
      const deepest = nestedCollection(middle, inner);
      assert.equal(containersAbove(deepest), [
        { collection: middle, key: inner },
        { collection: field, key: outer },
      ]);
      assert.is(isSorted(middle), isInnerSorted);
      assert.is(isSorted(deepest), false);
    }),
  );
});

test.run();
