/**
 * One entity: a last-writer-wins register with its tombstone, under the key of a collection. Invariants 3 and 10.
 *
 * Merge law: the value with the larger (stamp, SHA-256 of its encoding) stays; the larger deletion stamp stays;
 * an entity lives while `updated` is above `deleted`, so deletion wins ties. Each part is a maximum of a total
 * order, so joining is commutative, associative and idempotent.
 */

import type { CausalDelta } from "../dag/delta.ts";
import { compareStamp, type Stamp } from "../hlc.ts";
import { byteString, type EntityId, type Hash } from "../ids.ts";
import type { Json } from "../json.ts";
import { frameBytesMax, keyCharactersMax, nameCharactersMax } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { decodeValue, encode } from "../wire/cbor.ts";
import { expectFields, expectInteger, expectJson, expectText } from "../wire/expect.ts";

/** The fields that are joined, hashed and kept. */
export interface EntityFields {
  readonly collection: string;
  readonly key: string;
  /** Null also where `updated` is null. */
  readonly value: Json;
  /** When the value was written, or null when it never was. */
  readonly updated: Stamp | null;
  /** The latest removal, or null. Stays on an entity that lives again. */
  readonly deleted: Stamp | null;
}

/** Immutable; shared by whoever holds it. */
export interface Entity extends EntityFields {
  readonly id: EntityId;
  /** The encoding of the fields: what is stored, and what `hash` is the SHA-256 of. */
  readonly bytes: Uint8Array;
  readonly hash: Hash;
}

/** The id is SHA-256 of the collection and the key, so the same names give the same entity everywhere. Invariant 9. */
export function entityId(collection: string, key: string, crypto: Crypto): EntityId {
  return byteString(crypto.sha256(encode([collection, key])));
}

export function createEntity(fields: EntityFields, crypto: Crypto): Entity {
  const { collection, key, value, updated, deleted } = fields;
  const bytes = encode([collection, key, value, encodeStamp(updated), encodeStamp(deleted)]);
  const id = entityId(collection, key, crypto);
  return Object.freeze({
    collection,
    key,
    value,
    updated,
    deleted,
    id,
    bytes,
    hash: byteString<Hash>(crypto.sha256(bytes)),
  });
}

export function isLive(entity: Entity): entity is Entity & { readonly updated: Stamp } {
  if (entity.updated === null) return false;
  return entity.deleted === null || compareStamp(entity.updated, entity.deleted) > 0;
}

/** The least entity above both. Gives one of the two where that is it. */
export function joinEntities(a: Entity, b: Entity, crypto: Crypto): Entity {
  const newest = compareValues(a, b, crypto) >= 0 ? a : b;
  const deleted = compareOptional(a.deleted, b.deleted) >= 0 ? a.deleted : b.deleted;
  const other = newest === a ? b : a;
  if (compareOptional(newest.deleted, deleted) === 0) return newest;
  if (compareValues(newest, other, crypto) === 0) return other;
  return createEntity({ ...newest, deleted }, crypto);
}

function compareOptional(a: Stamp | null, b: Stamp | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compareStamp(a, b);
}

function compareValues(a: Entity, b: Entity, crypto: Crypto): number {
  const byStamp = compareOptional(a.updated, b.updated);
  if (byStamp !== 0 || a.updated === null) return byStamp;
  const [x, y] = [a, b].map((entity) => byteString(crypto.sha256(encode(entity.value))));
  return x === y ? 0 : (x ?? "") < (y ?? "") ? -1 : 1;
}

/** What a delta's actions say about the state, given its stamp. Pure. */
export function entitiesOf(delta: CausalDelta, stamp: Stamp, crypto: Crypto): readonly Entity[] {
  if (delta.content.kind !== "operations") return [];
  return delta.content.actions.map((action) => {
    const { collection, key } = action;
    return action.kind === "put"
      ? createEntity({ collection, key, value: action.value, updated: stamp, deleted: null }, crypto)
      : createEntity({ collection, key, value: null, updated: null, deleted: stamp }, crypto);
  });
}

function encodeStamp(stamp: Stamp | null): readonly number[] {
  return stamp === null ? [] : [stamp.at.ms, stamp.at.counter, stamp.hlc.ms, stamp.hlc.counter];
}

/** Reads an entity from the bytes `createEntity` gave it. For use inside `decoding`. */
export function decodeEntity(bytes: Uint8Array, crypto: Crypto): Entity {
  const fields = expectFields(decodeValue(bytes, frameBytesMax), 5, "an entity");
  const collection = expectText(fields[0], nameCharactersMax);
  const key = expectText(fields[1], keyCharactersMax);
  return Object.freeze({
    collection,
    key,
    value: expectJson(fields[2]),
    updated: decodeStamp(fields[3]),
    deleted: decodeStamp(fields[4]),
    id: entityId(collection, key, crypto),
    bytes,
    hash: byteString<Hash>(crypto.sha256(bytes)),
  });
}

function decodeStamp(value: unknown): Stamp | null {
  if (Array.isArray(value) && value.length === 0) return null;
  const numbers = expectFields(value, 4, "a stamp").map((part) =>
    expectInteger(part, Number.MAX_SAFE_INTEGER),
  );
  const [atMs = 0, atCounter = 0, hlcMs = 0, hlcCounter = 0] = numbers;
  return Object.freeze({ at: { ms: atMs, counter: atCounter }, hlc: { ms: hlcMs, counter: hlcCounter } });
}
