/**
 * One entity: a content of some type under the key of a collection, with its tombstone. Invariants 3 and 10.
 *
 * Merge law: contents by their type's law (`types/`), the later deletion stays. A product of joins, so joining is
 * commutative, associative and idempotent. Where a deletion leaves nothing (`nothing`), what it ended is not kept: what
 * is joined later meets the deletion anyway.
 */

import type { CausalDelta } from "../dag/delta.ts";
import { compareHlc, type Hlc, type Stamp } from "../hlc.ts";
import { byteString, type EntityId, type Hash } from "../ids.ts";
import { collectionCharactersMax, keyCharactersMax } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { decodeValue, encode, refuse } from "../wire/cbor.ts";
import { expectFields, expectText } from "../wire/expect.ts";
import type { Action } from "./action.ts";
import { entityId } from "./entity-id.ts";
import { compareMoments, decodeMoment, encodeMoment, latest, type Moment } from "./moment.ts";
import type { Origin } from "./types/entity-type.ts";
import { type Content, type ContentOf, lawsOf, type TypeName, typeNameOf, types } from "./types.ts";

/** The fields that are joined, hashed and kept. */
export interface EntityFields<Held extends Content = Content> {
  readonly collection: string;
  readonly key: string;
  readonly content: Held;
  /** The latest deletion, or null. Stays on an entity that lives again. */
  readonly deleted: Moment | null;
}

/** Immutable; shared by whoever holds it. */
export interface Entity<Held extends Content = Content> extends EntityFields<Held> {
  readonly id: EntityId;
  /** The encoding of the fields: what is stored, and what `hash` is the SHA-256 of. */
  readonly bytes: Uint8Array;
  readonly hash: Hash;
}

export type EntityOf<Name extends TypeName> = Entity<ContentOf<Name>>;

export function createEntity(fields: EntityFields, crypto: Crypto): Entity {
  const { collection, key, deleted } = fields;
  const { type } = fields.content;
  const { nothing, isLive } = lawsOf(type);
  const content =
    nothing === null || deleted === null || isLive(fields.content, deleted) ? fields.content : nothing;
  const bytes = encode([
    types[type].code,
    collection,
    key,
    lawsOf(type).encode(content),
    encodeMoment(deleted),
  ]);
  const id = entityId({ type, collection, key }, crypto);
  const hash = byteString<Hash>(crypto.sha256(bytes));
  return Object.freeze({ collection, key, content, deleted, id, bytes, hash });
}

/** Does it live, given the latest deletion of a container above it? */
export function isLive({ content, deleted }: Entity, floorAbove: Moment | null = null): boolean {
  return lawsOf(content.type).isLive(content, latest(deleted, floorAbove));
}

/** The least entity above both, which must have one id. Gives one of the two where that is it. */
export function joinEntities(a: Entity, b: Entity, crypto: Crypto): Entity {
  const content = lawsOf(a.content.type).join(a.content, b.content, crypto);
  const deleted = latest(a.deleted, b.deleted);
  if (content === a.content && compareMoments(deleted, a.deleted) === 0) return a;
  if (content === b.content && compareMoments(deleted, b.deleted) === 0) return b;
  const joined = createEntity({ collection: a.collection, key: a.key, content, deleted }, crypto);
  return joined.hash === a.hash ? a : joined.hash === b.hash ? b : joined;
}

/** When what may be collected of it was deleted; null where nothing may. */
export function collectable({ content, deleted }: Entity): Moment | null {
  return lawsOf(content.type).nothing === null ? null : deleted;
}

/** What is left of it when deletions up to a line are collected: null for nothing. */
export function collectedUpTo(entity: Entity, line: Hlc, crypto: Crypto): Entity | null {
  const deletion = collectable(entity);
  if (deletion === null || compareHlc(deletion.at, line) > 0) return entity;
  return isLive(entity) ? createEntity({ ...fieldsOfEntity(entity), deleted: null }, crypto) : null;
}

/** What of it came after a line, where its deletions may be collected; else all of it. */
export function beyond(entity: Entity, line: Hlc, crypto: Crypto): Entity | null {
  const { nothing } = lawsOf(entity.content.type);
  if (nothing === null) return entity;
  const { content, deleted } = entity;
  const updated = "updated" in content ? content.updated : null;
  const isOld = updated === null || compareHlc(updated.at, line) <= 0;
  const isOldDeletion = deleted !== null && compareHlc(deleted.at, line) <= 0;
  if ((updated === null || !isOld) && !isOldDeletion) return entity;
  const left = { content: isOld ? nothing : content, deleted: isOldDeletion ? null : deleted };
  if (isOld && left.deleted === null) return null;
  return createEntity({ ...fieldsOfEntity(entity), ...left }, crypto);
}

function fieldsOfEntity({ collection, key, content, deleted }: Entity): EntityFields {
  return { collection, key, content, deleted };
}

/** What one action says about the state, or null when it is void. */
export function entityOf(action: Action, origin: Origin, crypto: Crypto): Entity | null {
  const fields = fieldsOf(action, origin, crypto);
  return fields === null ? null : createEntity(fields, crypto);
}

function fieldsOf(action: Action, origin: Origin, crypto: Crypto): EntityFields | null {
  const { type, collection, key, change } = action;
  const said = lawsOf(type).said(change, { collection, key, origin, crypto });
  if (said === null) return null;
  return { collection, key: said.key ?? key, content: said.content, deleted: said.deleted };
}

/**
 * What a delta's actions say about the state, given its stamp: one entity each, however many actions speak of it.
 * Pure. O(actions log actions).
 */
export function entitiesOf(delta: CausalDelta, { at, hlc }: Stamp, crypto: Crypto): readonly Entity[] {
  if (delta.content.kind !== "operations" && delta.content.kind !== "handler") return [];
  const { id, author, incarnation } = delta;
  const said = new Map<string, EntityFields[]>();
  for (const [index, action] of delta.content.actions.entries()) {
    const origin = { delta: id, index, author, incarnation, at: { at, hlc, step: index } };
    const fields = fieldsOf(action, origin, crypto);
    if (fields === null) continue;
    const name = JSON.stringify([action.type, fields.collection, fields.key]);
    const together = said.get(name);
    if (together === undefined) said.set(name, [fields]);
    else together.push(fields);
  }
  return Array.from(said.values(), (together) => createEntity(joinAll(together, crypto), crypto));
}

/** Joins in pairs, then pairs of pairs: joining one after the other would copy what grows as often as there are. */
function joinAll(all: readonly EntityFields[], crypto: Crypto): EntityFields {
  let level = all;
  while (level.length > 1) {
    const above: EntityFields[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const [a, b] = [level[index] as EntityFields, level[index + 1]];
      above.push(b === undefined ? a : joinFields(a, b, crypto));
    }
    level = above;
  }
  return level[0] as EntityFields; // there is one at least
}

function joinFields(a: EntityFields, b: EntityFields, crypto: Crypto): EntityFields {
  const content = lawsOf(a.content.type).join(a.content, b.content, crypto);
  return { collection: a.collection, key: a.key, content, deleted: latest(a.deleted, b.deleted) };
}

/** Reads an entity that a peer sent: its id and hash follow from its bytes. For use inside `decoding`. */
export function openEntity(bytes: Uint8Array, crypto: Crypto): Entity {
  const hash = byteString<Hash>(crypto.sha256(bytes));
  const entity = createEntity(decodeEntity(bytes, { id: "" as EntityId, hash }), crypto);
  if (entity.hash !== hash) refuse("non-canonical", "not the canonical encoding of an entity");
  return entity;
}

/** Reads an entity from the bytes `createEntity` gave it, under the names it was kept by. For use inside `decoding`. */
export function decodeEntity(bytes: Uint8Array, { id, hash }: Pick<Entity, "id" | "hash">): Entity {
  const fields = expectFields(decodeValue(bytes, Number.MAX_SAFE_INTEGER), 5, "an entity");
  const type = typeNameOf(fields[0]);
  if (type === undefined) return refuse("malformed", "an entity of an unknown type");
  return Object.freeze({
    collection: expectText(fields[1], collectionCharactersMax),
    key: expectText(fields[2], keyCharactersMax),
    content: lawsOf(type).decode(fields[3]),
    deleted: decodeMoment(fields[4]),
    id,
    bytes,
    hash,
  });
}
