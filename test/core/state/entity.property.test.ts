// The join of entities is a semilattice, total on ties, in which deletion wins them. Invariant 3.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { byteString } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { createEntity, decodeEntity, type Entity, isLive, joinEntities } from "../../../core/state/entity.ts";
import { entityId } from "../../../core/state/entity-id.ts";
import { compareMoments, type Moment } from "../../../core/state/moment.ts";
import { decoding } from "../../../core/wire/cbor.ts";
import { holds } from "../../laws.ts";
import { jsons } from "../wire/messages.ts";
import { collection, entityOf, naiveRead, stamps, type Write, writes } from "./entities.ts";

/** Of one key; some are joins already, so that a value and a deletion meet in one. */
const writesOfOneKey = fc
  .array(writes, { minLength: 1, maxLength: 3 })
  .map((list) => list.map((write) => ({ ...write, key: "k" })));
const entities = writesOfOneKey.map(joined);

function joined(list: readonly Write[]): Entity {
  return list.map(entityOf).reduce(join);
}

function join(a: Entity, b: Entity): Entity {
  return joinEntities(a, b, nodeCrypto);
}

function updatedOf({ content }: Entity): Moment | null {
  return content.type === "register" ? content.updated : null;
}

function valueIn({ content }: Entity): Json | undefined {
  return content.type === "register" ? content.value : undefined;
}

interface Fields {
  readonly collection: string;
  readonly key: string;
  readonly value: Json;
  readonly updated: Moment | null;
  readonly deleted: Moment | null;
}

function registerOf({ value, updated, ...rest }: Fields): Entity {
  return createEntity({ ...rest, content: { type: "register", value, updated } }, nodeCrypto);
}

test("joining is commutative", () => {
  holds(
    fc.property(entities, entities, (a, b) => assert.equal(join(a, b), join(b, a))),
    { share: 3 },
  );
});

test("joining is associative", () => {
  holds(
    fc.property(entities, entities, entities, (a, b, c) =>
      assert.equal(join(join(a, b), c), join(a, join(b, c))),
    ),
    { share: 3 },
  );
});

test("joining is idempotent, and gives one of the two where that is above both", () => {
  holds(
    fc.property(entities, entities, (a, b) => {
      assert.is(join(a, a), a);
      const both = join(a, b);
      assert.is(join(both, a), both);
      assert.is(join(both, b), both);
    }),
    { share: 3 },
  );
});

test("nothing a part of the join says goes back", () => {
  holds(
    fc.property(entities, entities, (a, b) => {
      const both = join(a, b);
      for (const each of [a, b]) {
        if (each.deleted !== null)
          assert.ok(both.deleted !== null && compareMoments(both.deleted, each.deleted) >= 0);
        // Unless that ended it, and then it holds nothing.
        const isEnded = compareMoments(both.deleted, updatedOf(each)) >= 0;
        assert.ok(isEnded || compareMoments(updatedOf(both), updatedOf(each)) >= 0);
        assert.is(updatedOf(both) === null, !isLive(both));
      }
    }),
  );
});

test("an entity reads as a naive fold over its writes says", () => {
  const all = fc
    .array(writes, { minLength: 1, maxLength: 6 })
    .map((list) => list.map((write) => ({ ...write, key: "k" })));
  holds(
    fc.property(all, (list) => {
      const entity = joined(list);
      assert.equal(isLive(entity) ? valueIn(entity) : undefined, naiveRead(list, "k"));
    }),
    { share: 3 },
  );
});

test("of a write and a removal with the same stamp the removal stays", () => {
  holds(
    fc.property(stamps, jsons, (stamp, value) => {
      const key = "k";
      const both = join(entityOf({ key, stamp, value }), entityOf({ key, stamp, value: undefined }));
      assert.not(isLive(both));
    }),
    { share: 0.2 },
  );
});

test("of two values with the same stamp the one with the larger hash stays", () => {
  const at = { ms: 1, counter: 0 };
  const stamp = { at, hlc: at, step: 0 };
  const [a, b] = ["a", "b"].map((value) => entityOf({ key: "k", stamp, value }));
  assert.is(valueIn(join(a as Entity, b as Entity)), "b");
  // SHA-256 of 61 61 begins with 96, of 61 62 with fb.
});

test("all fields count for the hash, and the bytes are the entity", () => {
  const fields = fc.record({
    collection: fc.constantFrom("c", "d"),
    key: fc.constantFrom("k", "l"),
    value: fc.oneof(fc.constantFrom(1, 2), jsons),
    updated: fc.oneof(fc.constant(null), stamps),
    deleted: fc.oneof(fc.constant(null), stamps),
  });
  holds(
    fc.property(fields, fields, (first, second) => {
      const [a, b] = [first, second].map(registerOf) as [Entity, Entity];
      const same = byteString(a.bytes) === byteString(b.bytes);
      assert.is(a.hash === b.hash, same);
      assert.equal(
        decoding("test", () => decodeEntity(a.bytes, a)),
        a,
      );
      assert.is(a.id === b.id, a.collection === b.collection && a.key === b.key);
      assert.is(a.id, entityId({ type: "register", ...first }, nodeCrypto));
    }),
  );
});

test("the same names give the same entity for ever", () => {
  const id = entityId({ type: "register", collection, key: "key" }, nodeCrypto);
  assert.is(id, "fbd8f89114069614413afb020fccefb51f483ddf4dce1f5c7a12bc8aa9b1866b");
});

test.run();
