/**
 * What a delta's id is the hash of: all that places it in its history, and the digest of what it says. So a delta
 * without its body still proves its parents, its author and its clock, from which its stamp follows.
 *
 *   head = [version, contextId, kind, [parents], author, incarnation, hlc ms, hlc counter, SHA-256 of body]
 *   body = [payload, [events]]
 */

import type { Hlc } from "../hlc.ts";
import {
  type AuthorId,
  byteString,
  bytesOf,
  type ContextId,
  type DeltaId,
  type Hash,
  type Incarnation,
  idBytes,
  incarnationBytes,
} from "../ids.ts";
import { deltaVersion, hlcCounterMax, hlcMsMax, parentsMax } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { encode, refuse } from "./cbor.ts";
import { expectByteString, expectInteger, expectList } from "./expect.ts";

/** By the kind of a delta its code. */
export const kindCodes = {
  genesis: 0,
  operations: 1,
  merge: 2,
  handler: 3,
  checkpoint: 4,
  membership: 5,
} as const;
/** Of kinds to come, too. */
export const kindCodeMax = 255;

/** Frozen. */
export interface DeltaHead {
  readonly kindCode: number;
  /** Sorted and unique; empty only in a genesis. */
  readonly parents: readonly DeltaId[];
  readonly author: AuthorId;
  readonly incarnation: Incarnation;
  readonly hlc: Hlc;
  readonly bodyDigest: Hash;
}

/** A delta without its body, as others tell of it. */
export interface PastDelta {
  readonly id: DeltaId;
  readonly head: DeltaHead;
}

/** What places a delta: all of its head but what it says. */
export type DeltaPlace = Omit<DeltaHead, "bodyDigest">;

/** What a head and the encoding of a delta begin with. A genesis names no context. */
export function placeFields(
  contextId: ContextId | "",
  { kindCode, parents, author, incarnation, hlc }: DeltaPlace,
): readonly unknown[] {
  return [
    deltaVersion,
    bytesOf(contextId),
    kindCode,
    parents.map(bytesOf),
    bytesOf(author),
    bytesOf(incarnation),
    hlc.ms,
    hlc.counter,
  ];
}

/** How many these are; payload and events follow them. */
const placeLength = 8;
/** The fields of a delta's encoding. */
export const deltaLength = placeLength + 2;

/** The id of a delta with these fields in its canonical encoding, as bytes. O(bytes). */
export function hashFields(fields: readonly unknown[], crypto: Crypto): Uint8Array {
  return hashOver(fields, digestBody(fields, crypto), crypto);
}

/** The same where the digest of the body is known. */
export function hashOver(fields: readonly unknown[], bodyDigest: Uint8Array, crypto: Crypto): Uint8Array {
  return hashHeadFields(fields.slice(0, placeLength), bodyDigest, crypto);
}

/** The id of a delta with this head; a genesis names no context. O(parents). */
export function idOfHead(contextId: ContextId | "", head: DeltaHead, crypto: Crypto): DeltaId {
  return byteString(hashHeadFields(placeFields(contextId, head), bytesOf(head.bodyDigest), crypto));
}

function hashHeadFields(place: readonly unknown[], digest: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.sha256(encode([...place, digest]));
}

function digestBody(fields: readonly unknown[], crypto: Crypto): Uint8Array {
  return crypto.sha256(encode(fields.slice(placeLength)));
}

/** What the fields of a delta's encoding say of its place. For use inside `decoding`. */
function expectPlace(fields: readonly unknown[]): DeltaPlace {
  return {
    kindCode: expectInteger(fields[2], kindCodeMax),
    parents: expectParents(fields[3]),
    author: expectByteString<AuthorId>(fields[4]),
    incarnation: expectByteString<Incarnation>(fields[5], incarnationBytes),
    hlc: Object.freeze({
      ms: expectInteger(fields[6], hlcMsMax),
      counter: expectInteger(fields[7], hlcCounterMax),
    }),
  };
}

/** The head of a delta with these fields. For use inside `decoding`. */
export function expectHead(fields: readonly unknown[], crypto: Crypto): DeltaHead {
  return Object.freeze({ ...expectPlace(fields), bodyDigest: byteString<Hash>(digestBody(fields, crypto)) });
}

function expectParents(value: unknown): readonly DeltaId[] {
  return sortedParents(expectList(value, parentsMax, (parent) => expectByteString<DeltaId>(parent, idBytes)));
}

/** Refuses others. For use inside `decoding`. */
export function sortedParents(parents: readonly DeltaId[]): readonly DeltaId[] {
  const isSorted = parents.every((parent, index) => index === 0 || (parents[index - 1] ?? "") < parent);
  return isSorted ? Object.freeze(parents) : refuse("non-canonical", "parents are not sorted and unique");
}
