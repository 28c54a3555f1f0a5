/**
 * Heads of deltas (`delta-head.ts`), packed one after the other in causal order. Their ids are not told: who receives
 * a page hashes what it is told, so that nothing of a delta can be another than its author's. Big-endian:
 *
 *   page   = writer count (2) · writer … · head …
 *   writer = author (32) · incarnation (8)
 *   head   = writer (2) · kind (1) · clock: ms (6), counter (2) · digest of the body (32) · parent count (1) · of each
 *            parent: how many places back in this page it is (4), or 0 and its id (32)
 */

import type { Fault } from "../fault.ts";
import {
  type AuthorId,
  byteString,
  type ContextId,
  type DeltaId,
  type Hash,
  type Incarnation,
  idBytes,
  incarnationBytes,
} from "../ids.ts";
import { parentsMax } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { decoding, refuse } from "./cbor.ts";
import { type DeltaHead, idOfHead, kindCodes, type PastDelta, sortedParents } from "./delta-head.ts";

/** A head whose parents are ids, or how many places back in the page. */
export interface PackedHead extends Omit<DeltaHead, "parents"> {
  readonly parents: readonly (DeltaId | number)[];
}

/** A page ends once it holds this much. */
export const pageBytes = 262_144;
const writerBytes = idBytes + incarnationBytes;
const placeBytes = 4;
const parentBytes = placeBytes + idBytes;
const fixedBytes = 2 + 1 + 8 + idBytes + 1;
const countBytes = 2;
/** One delta more may lie in it. */
export const historyBytesMax = pageBytes + writerBytes + fixedBytes + parentsMax * parentBytes;

/** As many of the deltas, from the first, as fit a page. */
export function pageOf(deltas: Iterable<PastDelta>): readonly PackedHead[] {
  const heads: PackedHead[] = [];
  const places = new Map<DeltaId, number>();
  const writers = new Set<string>();
  let bytes = countBytes;
  for (const { id, head } of deltas) {
    if (bytes >= pageBytes) break;
    const parents = head.parents.map((parent) => {
      const place = places.get(parent);
      return place === undefined ? parent : heads.length - place;
    });
    places.set(id, heads.length);
    heads.push({ ...head, parents });
    bytes += fixedBytes + parentsBytes(parents) + (writers.has(writerOf(head)) ? 0 : writerBytes);
    writers.add(writerOf(head));
  }
  return heads;
}

function parentsBytes(parents: PackedHead["parents"]): number {
  return parents.reduce(
    (sum: number, parent) => sum + (typeof parent === "string" ? parentBytes : placeBytes),
    0,
  );
}

function writerOf({ author, incarnation }: Pick<DeltaHead, "author" | "incarnation">): string {
  return author + incarnation;
}

export function packHeads(heads: readonly PackedHead[]): Uint8Array {
  const names = Array.from(new Set(heads.map(writerOf)));
  const writers = new Map(names.map((name, place) => [name, place]));
  const headBytes = heads.reduce((sum, { parents }) => sum + fixedBytes + parentsBytes(parents), 0);
  const bytes = new Uint8Array(countBytes + names.length * writerBytes + headBytes);
  const view = new DataView(bytes.buffer);
  let offset = countBytes;
  const put = (text: string) => {
    for (let index = 0; index < text.length; index += 1) bytes[offset + index] = text.charCodeAt(index);
    offset += text.length;
  };
  view.setUint16(0, names.length);
  names.forEach(put);
  for (const head of heads) {
    view.setUint16(offset, writers.get(writerOf(head)) ?? 0);
    view.setUint8(offset + 2, head.kindCode);
    view.setUint16(offset + 3, Math.floor(head.hlc.ms / 0x1_0000_0000));
    view.setUint32(offset + 5, head.hlc.ms % 0x1_0000_0000);
    view.setUint16(offset + 9, head.hlc.counter);
    offset += 11;
    put(head.bodyDigest);
    view.setUint8(offset, head.parents.length);
    offset += 1;
    for (const parent of head.parents) {
      view.setUint32(offset, typeof parent === "number" ? parent : 0);
      offset += placeBytes;
      if (typeof parent === "string") put(parent);
    }
  }
  return bytes;
}

/** For use inside `decoding`. */
export function expectHeads(bytes: Uint8Array): readonly PackedHead[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  const take = (length: number): number => {
    const start = offset;
    offset += length;
    if (offset > bytes.length) refuse("malformed", "a history that ends in the middle");
    return start;
  };
  const takeText = <Id extends string>(length: number): Id => {
    const start = take(length);
    return byteString<Id>(bytes.subarray(start, start + length));
  };
  const takeParent = (): DeltaId | number => {
    const back = view.getUint32(take(placeBytes));
    return back === 0 ? takeText<DeltaId>(idBytes) : back;
  };
  const writers = Array.from({ length: view.getUint16(take(countBytes)) }, () => ({
    author: takeText<AuthorId>(idBytes),
    incarnation: takeText<Incarnation>(incarnationBytes),
  }));
  const heads: PackedHead[] = [];
  while (offset < bytes.length) {
    const start = take(11);
    const writer = writers[view.getUint16(start)] ?? refuse("malformed", "a writer that is not named");
    const kindCode = view.getUint8(start + 2);
    const ms = view.getUint16(start + 3) * 0x1_0000_0000 + view.getUint32(start + 5);
    const hlc = Object.freeze({ ms, counter: view.getUint16(start + 9) });
    const bodyDigest = takeText<Hash>(idBytes);
    const parentCount = view.getUint8(take(1));
    if (parentCount === 0 || parentCount > parentsMax) refuse("malformed", `${parentCount} parents`);
    const parents = Object.freeze(Array.from({ length: parentCount }, takeParent));
    heads.push(Object.freeze({ ...writer, kindCode, hlc, bodyDigest, parents }));
  }
  return heads;
}

/** Kinds of deltas that can be applied on others. */
const appliedKinds: ReadonlySet<number> = new Set(
  Object.values(kindCodes).filter((code) => code !== kindCodes.genesis),
);

/** The deltas that a page tells of, each named by the hash of its head. O(deltas), each hashed once. */
export function unpackHeads(
  heads: readonly PackedHead[],
  { contextId, crypto }: { readonly contextId: ContextId; readonly crypto: Crypto },
): { readonly kind: "past"; readonly deltas: readonly PastDelta[] } | Fault {
  const deltas: PastDelta[] = [];
  return decoding("history", () => {
    for (const packed of heads) {
      if (!appliedKinds.has(packed.kindCode))
        refuse("unknown-version", `an applied delta of kind ${packed.kindCode}`);
      const parents = packed.parents.map((parent) => {
        if (typeof parent === "string") return parent;
        return deltas[deltas.length - parent]?.id ?? refuse("malformed", "a parent before the first delta");
      });
      const head = Object.freeze({ ...packed, parents: sortedParents(parents) });
      const id = idOfHead(contextId, head, crypto);
      deltas.push(Object.freeze({ id, head }));
    }
    return { kind: "past" as const, deltas };
  });
}
