/**
 * Ids of entities, which are their places in the state tree: lower-case hexadecimal, ordered as text. Invariant 9.
 *
 *   16 digits of the collection's hash, so that what is in one collection lies together
 *   in a sorted collection the key, four digits a UTF-16 code unit, so that ids are ordered as keys are by `<`;
 *     U+0000 is followed by 0001, and the key ends with 00000000, so that no id begins another
 *   48 digits of the SHA-256 of [type's code, collection, key]
 */

import { byteString, type EntityId, toHex } from "../ids.ts";
import { sortedKeyCharactersMax } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { encode } from "../wire/cbor.ts";
import { isSorted } from "./path.ts";
import { type Range, rangeOfPrefix } from "./tree/tree-walk.ts";
import { type TypeName, types } from "./types.ts";

/** Some keys of a sorted collection. */
export interface KeyRange {
  /** The first key, included: by default the least. */
  readonly from?: string | undefined;
  /** The end, not included: by default none. */
  readonly until?: string | undefined;
  readonly isReversed?: boolean | undefined;
}

export interface EntityName {
  readonly type: TypeName;
  readonly collection: string;
  readonly key: string;
}

const prefixDigits = 16;
const hashDigits = 48;
const endDigits = "00000000";
/** Of the longest id: of a sorted key of nothing but U+0000. */
export const idDigitsMax = prefixDigits + 8 * sortedKeyCharactersMax + endDigits.length + hashDigits;

/** Names an entity: the same names give the same id everywhere, and two types never meet in one. */
export function entityId({ type, collection, key }: EntityName, crypto: Crypto): EntityId {
  const hash = toHex(byteString(crypto.sha256(encode([types[type].code, collection, key]))));
  const order = isSorted(collection) ? `${orderedDigits(key)}${endDigits}` : "";
  // Joined, not added: an id is kept, and a string that was added up keeps its parts as well.
  return [collectionPrefix(collection, crypto), order, hash.slice(0, hashDigits)].join("") as EntityId;
}

/**
 * Where the entities of a collection lie, those of some keys where it is sorted. Rarely one of another collection
 * lies there too.
 */
export function idsOfCollection(
  collection: string,
  { from, until, isReversed = false }: KeyRange,
  crypto: Crypto,
): Range {
  const prefix = collectionPrefix(collection, crypto);
  const all = rangeOfPrefix(prefix);
  return {
    from: from === undefined ? all.from : prefix + orderedDigits(from),
    until: until === undefined ? all.until : prefix + orderedDigits(until),
    isReversed,
  };
}

function collectionPrefix(collection: string, crypto: Crypto): string {
  return toHex(byteString(crypto.sha256(encode(collection)).subarray(0, prefixDigits / 2)));
}

function orderedDigits(key: string): string {
  const units = Array.from({ length: key.length }, (_, index) => key.charCodeAt(index));
  return units.map((unit) => (unit === 0 ? "00000001" : unit.toString(16).padStart(4, "0"))).join("");
}
