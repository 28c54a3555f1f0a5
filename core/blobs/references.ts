/**
 * Which blobs a context refers to: entities in a collection of its state that is the node's own, one for each blob,
 * under the blob's id in hexadecimal. They travel, join and are deleted as any other entity. What peers wrote there
 * that is no reference is none.
 */

import { type BlobId, fromHex, idBytes, toHex } from "../ids.ts";
import { isJsonObject, type Json } from "../json.ts";
import { blobBytesMax } from "../limits.ts";
import type { Action } from "../state/action.ts";
import { reservedMark } from "../state/path.ts";
import { type EntityReader, liveEntities, liveEntity } from "../state/reader.ts";

const collection = `${reservedMark}blobs`;

/** Of a name, and of a media type. */
export const labelCharactersMax = 255;

export interface BlobReference {
  readonly blob: BlobId;
  /** What people call it. */
  readonly name: string;
  /** As its writer says, in bytes. */
  readonly size: number;
  readonly mediaType: string;
}

/** Null where a context refers to no such blob. O(log entities). */
export function referenceTo(blob: BlobId, state: EntityReader): BlobReference | null {
  const found = liveEntity(state, "register", { collection, key: toHex(blob) });
  return found === undefined ? null : readReference(found.key, found.content.value);
}

/** By name, then by id. O(references). */
export function referencesIn(state: EntityReader): readonly BlobReference[] {
  return liveEntities(state, "register", collection)
    .flatMap(({ key, content }) => readReference(key, content.value) ?? [])
    .sort((a, b) => compare(a.name, b.name) || compare(a.blob, b.blob));
}

export function putReference({ blob, name, size, mediaType }: BlobReference): Action {
  const change = { kind: "put", value: { name, size, mediaType } } as const;
  return { type: "register", collection, key: toHex(blob), change };
}

export function removeReference(blob: BlobId): Action {
  return { type: "register", collection, key: toHex(blob), change: { kind: "remove" } };
}

/** What is wrong with a name or a media type, as an expectation, or null. */
export function labelExpectation(label: string): string | null {
  const isRight = label.length <= labelCharactersMax && !/\p{Surrogate}|\p{Control}/u.test(label);
  return isRight ? null : `at most ${labelCharactersMax} printable characters`;
}

function readReference(key: string, value: Json): BlobReference | null {
  const blob = fromHex<BlobId>(key);
  if (blob?.length !== idBytes || toHex(blob) !== key || !isJsonObject(value)) return null;
  const { name, size, mediaType } = value;
  if (typeof name !== "string" || labelExpectation(name) !== null) return null;
  if (typeof mediaType !== "string" || labelExpectation(mediaType) !== null) return null;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 0 || size > blobBytesMax) return null;
  return { blob, name, size, mediaType };
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
