/**
 * Deltas of one context as they travel together in a session: without what the receiver can tell by itself. From what
 * is left it builds the very bytes again that each id and signature is of, so nothing is believed that was not before.
 *
 *   batch     = [writer …], [entry …], signatures
 *   writer    = [author, incarnation]
 *   entry     = [writer, parents, clock, shared, rest], and kind and events (encoded, as bytes) where they are not
 *               operations without events; or a sealed delta as bytes
 *   parents   = [parent …], or the parent where it is one; a parent as how many places back it is, or as −n for the
 *               n-th id of the frontier that the session is above, or as its id
 *   clock     = ms, or [ms, counter] where that is not 0; ms as the difference to those of the entry before
 *   shared    = how many bytes of the payload are those of the entry before; `rest` is what follows
 *
 * The entry before is the last that is not whole. What is left out comes to at most `sharedMax` bytes, 64 parents
 * and some fixed ones a delta, so a small frame does not grow into a large one.
 */

import { type Fault, isFault } from "../fault.ts";
import {
  type AuthorId,
  byteString,
  bytesOf,
  type ContextId,
  type DeltaId,
  type Incarnation,
  idBytes,
  incarnationBytes,
} from "../ids.ts";
import {
  deltaBytesMax,
  deltaVersion,
  gossipBytesMax,
  hlcCounterMax,
  hlcMsMax,
  parentsMax,
  turnDeltasMax,
} from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { decodeValue, decoding, encode, equalBytes, refuse } from "./cbor.ts";
import { deltaTag } from "./delta-codec.ts";
import {
  type DeltaHead,
  deltaLength,
  hashFields,
  kindCodeMax,
  kindCodes,
  placeFields,
} from "./delta-head.ts";
import { expectByteString, expectBytes, expectFields, expectInteger, expectList } from "./expect.ts";
import { signatureBytes } from "./signed.ts";

export interface DeltaBatch {
  readonly writers: readonly Writer[];
  readonly entries: readonly Entry[];
  /** Of each entry that is not whole, one after the other. */
  readonly signatures: Uint8Array;
}

type Writer = Pick<DeltaHead, "author" | "incarnation">;

/** A delta of a version this node does not know travels whole. */
type Entry = PackedDelta | Uint8Array;

interface PackedDelta {
  readonly writer: number;
  /** Ids, or places back, or of the session's frontier below zero. */
  readonly parents: readonly (DeltaId | number)[];
  readonly ms: number;
  readonly counter: number;
  readonly shared: number;
  readonly rest: Uint8Array;
  readonly kindCode: number;
  /** Encoded. */
  readonly events: Uint8Array;
}

interface Before {
  readonly ms: number;
  readonly payload: Uint8Array;
}

/** Of the frontier that a session is above. */
export const frontierIdsMax = 128;
const sharedMax = 255;
const noEvents = encode([]);
const nothing = new Uint8Array();

/** Canonical deltas, most of them of this context: others go whole, as do those of another version. The frontier is what both sides know by its place. */
export function packDeltas(
  deltas: readonly { readonly id: DeltaId; readonly sealed: Uint8Array }[],
  contextId: ContextId,
  frontier: readonly DeltaId[] = [],
): DeltaBatch {
  const known = new Map(frontier.map((id, index) => [id, -1 - index]));
  const writers = new Map<string, number>();
  const places = new Map<DeltaId, number>();
  const signatures = new Uint8Array(deltas.length * signatureBytes);
  let before: Before = { ms: 0, payload: nothing };
  let signed = 0;
  const entries = deltas.map(({ id: own, sealed }, place): Entry => {
    const delta = decoding("delta", () => takeApart(sealed, contextId));
    if (isFault(delta)) return sealed;
    const name = delta.author + delta.incarnation;
    const writer = writers.get(name) ?? writers.size;
    writers.set(name, writer);
    const shared = sharedLength(before.payload, delta.payload);
    const parents = delta.parents.map((id) => {
      const at = places.get(id);
      return at === undefined ? (known.get(id) ?? id) : place - at;
    });
    const { counter, kindCode, events } = delta;
    const rest = delta.payload.subarray(shared);
    const entry = { writer, parents, ms: delta.ms - before.ms, counter, shared, rest, kindCode, events };
    places.set(own, place);
    signatures.set(delta.signature, signed);
    signed += signatureBytes;
    before = delta;
    return entry;
  });
  const names = Array.from(writers.keys(), (name) => ({
    author: name.slice(0, idBytes) as AuthorId,
    incarnation: name.slice(idBytes) as Incarnation,
  }));
  return { writers: names, entries, signatures: signatures.subarray(0, signed) };
}

/** The sealed deltas. A fault where there are none that could be meant. */
export function unpackDeltas(
  { writers, entries, signatures }: DeltaBatch,
  {
    contextId,
    crypto,
    frontier = [],
  }: {
    readonly contextId: ContextId;
    readonly crypto: Crypto;
    readonly frontier?: readonly DeltaId[];
  },
): { readonly kind: "unpacked"; readonly deltas: readonly Uint8Array[] } | Fault {
  const ids = new Map<number, DeltaId>();
  let before: Before = { ms: 0, payload: nothing };
  let signed = 0;
  return decoding("deltas", () => {
    const deltas = entries.map((entry, place) => {
      if (entry instanceof Uint8Array) return entry;
      const writer = writers[entry.writer] ?? refuse("malformed", "a writer that is not named");
      if (entry.shared > before.payload.length) refuse("malformed", "more is shared than there is");
      const payload = joined(before.payload.subarray(0, entry.shared), entry.rest);
      const ms = expectInteger(before.ms + entry.ms, hlcMsMax);
      before = { ms, payload };
      const parents = entry.parents.map((parent) =>
        typeof parent === "string"
          ? parent
          : parent < 0
            ? idOf(frontier, parent)
            : idBack(ids, place, parent),
      );
      const { kindCode, counter } = entry;
      const context = kindCode === kindCodes.genesis ? "" : contextId;
      const fields = [
        ...placeFields(context, { ...writer, kindCode, parents, hlc: { ms, counter } }),
        payload,
        decodeValue(entry.events, deltaBytesMax),
      ];
      ids.set(place, byteString<DeltaId>(hashFields(fields, crypto)));
      const signature = signatures.subarray(signed, signed + signatureBytes);
      signed += signatureBytes;
      return encode([deltaTag, encode(fields), signature]);
    });
    return { kind: "unpacked", deltas };
  });
}

export function encodeBatch({ writers, entries, signatures }: DeltaBatch): readonly unknown[] {
  const names = writers.map(({ author, incarnation }) => [bytesOf(author), bytesOf(incarnation)]);
  return [names, entries.map(encodeEntry), signatures];
}

/** For use inside `decoding`. */
export function expectBatch([names, list, signatures]: readonly unknown[]): DeltaBatch {
  const entries = expectList(list, turnDeltasMax, expectEntry);
  const packed = entries.reduce((count, entry) => count + Number(!(entry instanceof Uint8Array)), 0);
  const bytes = expectBytes(signatures, turnDeltasMax * signatureBytes);
  if (bytes.length !== packed * signatureBytes) refuse("malformed", "not one signature for each delta");
  return { writers: expectList(names, turnDeltasMax, expectWriter), entries, signatures: bytes };
}

function expectWriter(value: unknown): Writer {
  const [author, incarnation] = expectFields(value, 2, "a writer");
  return { author: expectByteString(author), incarnation: expectByteString(incarnation, incarnationBytes) };
}

function encodeEntry(entry: Entry): unknown {
  if (entry instanceof Uint8Array) return entry;
  const { writer, ms, counter, shared, rest, kindCode, events } = entry;
  const parents = entry.parents.map((parent) => (typeof parent === "string" ? bytesOf(parent) : parent));
  const clock = counter === 0 ? ms : [ms, counter];
  const fields = [writer, parents.length === 1 ? parents[0] : parents, clock, shared, rest];
  return isUsual(kindCode, events) ? fields : [...fields, kindCode, events];
}

function expectEntry(value: unknown): Entry {
  if (value instanceof Uint8Array) return expectBytes(value, gossipBytesMax);
  const isLong = Array.isArray(value) && value.length === 7;
  const fields = expectFields(value, isLong ? 7 : 5, "a delta of a batch");
  const [ms, counter] = Array.isArray(fields[2]) ? expectFields(fields[2], 2, "a clock") : [fields[2], 0];
  const entry = {
    writer: expectInteger(fields[0], turnDeltasMax - 1),
    parents: Array.isArray(fields[1])
      ? expectList(fields[1], parentsMax, expectParent)
      : [expectParent(fields[1])],
    ms: expectInteger(ms, hlcMsMax, -hlcMsMax),
    counter: expectInteger(counter, hlcCounterMax),
    shared: expectInteger(fields[3], sharedMax),
    rest: expectBytes(fields[4], deltaBytesMax),
    kindCode: isLong ? expectInteger(fields[5], kindCodeMax) : kindCodes.operations,
    events: isLong ? expectBytes(fields[6], deltaBytesMax) : noEvents,
  };
  // One delta, one way to say it.
  if (isLong && isUsual(entry.kindCode, entry.events)) refuse("non-canonical", "what is usual is not said");
  if (Array.isArray(fields[1]) && entry.parents.length === 1) refuse("non-canonical", "a list of one parent");
  if (Array.isArray(fields[2]) && entry.counter === 0) refuse("non-canonical", "a counter of 0 is not said");
  return entry;
}

function expectParent(value: unknown): DeltaId | number {
  if (typeof value !== "number") return expectByteString<DeltaId>(value);
  return value < 0 ? expectInteger(value, -1, -frontierIdsMax) : expectInteger(value, turnDeltasMax, 1);
}

function isUsual(kindCode: number, events: Uint8Array): boolean {
  return kindCode === kindCodes.operations && equalBytes(events, noEvents);
}

function idBack(ids: ReadonlyMap<number, DeltaId>, place: number, back: number): DeltaId {
  return ids.get(place - back) ?? refuse("malformed", "a parent before the first delta");
}

function idOf(frontier: readonly DeltaId[], parent: number): DeltaId {
  return frontier[-1 - parent] ?? refuse("malformed", "a parent of a frontier that is not this long");
}

/** The fields of a sealed delta of this context that a batch tells. For use inside `decoding`. */
function takeApart(sealed: Uint8Array, contextId: ContextId) {
  const [tag, bytes, signature] = expectFields(decodeValue(sealed, gossipBytesMax), 3, "a sealed delta");
  expectInteger(tag, deltaTag, deltaTag);
  const encoding = decodeValue(expectBytes(bytes, deltaBytesMax), deltaBytesMax);
  const fields = expectFields(encoding, deltaLength, "a delta");
  expectInteger(fields[0], deltaVersion, deltaVersion);
  const kindCode = expectInteger(fields[2], kindCodeMax);
  const context = expectBytes(fields[1], idBytes);
  if (byteString(context) !== (kindCode === kindCodes.genesis ? "" : contextId))
    refuse("wrong-context", "a delta of another context");
  return {
    kind: "apart" as const,
    kindCode,
    parents: expectList(fields[3], parentsMax, (id) => expectByteString<DeltaId>(id)),
    author: expectByteString(fields[4]),
    incarnation: expectByteString(fields[5], incarnationBytes),
    ms: expectInteger(fields[6], hlcMsMax),
    counter: expectInteger(fields[7], hlcCounterMax),
    payload: expectBytes(fields[8], deltaBytesMax),
    events: encode(fields[9]),
    signature: expectSignature(signature),
  };
}

function expectSignature(value: unknown): Uint8Array {
  const bytes = expectBytes(value, signatureBytes);
  return bytes.length === signatureBytes ? bytes : refuse("malformed", "a signature of another length");
}

function sharedLength(one: Uint8Array, other: Uint8Array): number {
  const most = Math.min(one.length, other.length, sharedMax);
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return length;
}

function joined(start: Uint8Array, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(start.length + rest.length);
  bytes.set(start);
  bytes.set(rest, start.length);
  return bytes;
}
