// What a delta may carry, the state can keep: values of every type, nested as deep as decoding a delta lets them be.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { isFault } from "../../../core/fault.ts";
import { byteString, type ContextId, type DeltaId, toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { depthMax } from "../../../core/limits.ts";
import type { Action } from "../../../core/state/action.ts";
import { decodeEntity, entitiesOf } from "../../../core/state/entity.ts";
import { hashOfValue } from "../../../core/state/types/register.ts";
import { type TypeName, typeNames } from "../../../core/state/types.ts";
import { decoding } from "../../../core/wire/cbor.ts";
import { openDelta, sealDelta } from "../../../core/wire/delta-codec.ts";
import { hashOf, identityOf, incarnation, operations, trustingCrypto } from "../authors.ts";

const ann = identityOf("ann");

function nested(depth: number): Json {
  let value: Json = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

/** Actions of each type that carry a value. */
const carrying: Readonly<Record<TypeName, ((value: Json) => Action) | null>> = {
  register: (value) => ({ type: "register", collection: "c", key: "k", change: { kind: "put", value } }),
  owned: (value) => ({
    type: "owned",
    collection: "c",
    key: toHex(ann.author),
    change: { kind: "put", value },
  }),
  shared: (value) => ({ type: "shared", collection: "c", key: "", change: { kind: "put", value } }),
  frozen: (value) => ({ type: "frozen", collection: "c", key: keyOf(value), change: { kind: "put", value } }),
  element: (value) => ({
    type: "element",
    collection: "c",
    key: keyOf(value),
    change: { kind: "add", value },
  }),
  run: (value) => ({
    type: "run",
    collection: "c",
    key: "",
    change: { kind: "insert", parent: null, side: "right", items: [value] },
  }),
  container: null,
  counter: null,
};

function keyOf(value: Json): string {
  return toHex(hashOfValue(value, nodeCrypto));
}

for (const type of typeNames) {
  const actionOf = carrying[type];
  if (actionOf === null) continue;
  test(`${type}: the deepest value that a delta may carry is read back from the state`, () => {
    let deepest = 0;
    for (let depth = 1; depth <= depthMax; depth += 1) {
      const draft = {
        contextId: byteString<ContextId>(hashOf("context")),
        parents: [byteString<DeltaId>(hashOf("parent"))],
        author: ann.author,
        incarnation,
        hlc: { ms: 5, counter: 1 },
        content: operations(actionOf(nested(depth))),
        events: [],
      };
      const delta = openDelta(sealDelta(draft, ann, trustingCrypto), trustingCrypto);
      if (isFault(delta)) break;
      deepest = depth;
      const [entity] = entitiesOf(delta, { at: delta.hlc, hlc: delta.hlc }, nodeCrypto);
      if (entity === undefined) throw new Error("a void action");
      const read = decoding(
        "a test",
        () => ({ kind: "read", entity: decodeEntity(entity.bytes, entity) }) as const,
      );
      assert.equal(isFault(read) ? read.detail : read.entity, entity, `${depth} deep`);
    }
    assert.ok(deepest > 50 && deepest < depthMax, `${deepest} deep at most`);
  });
}

test.run();
