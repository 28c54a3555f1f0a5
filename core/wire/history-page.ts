/**
 * Deltas without their bodies, packed one after the other in causal order. Big-endian:
 *
 *   id (32) · derived time: ms (8, a double: it may exceed 48 bits), counter (2) · parent count (1) · of each parent:
 *   how many places back in this page it is (4), or 0 and its id (32)
 */

import type { PastDelta } from "../delta-store/delta-store.ts";
import { byteString, type DeltaId, idBytes } from "../ids.ts";
import { hlcCounterMax, parentsMax } from "../limits.ts";
import { refuse } from "./cbor.ts";

/** A page ends once it holds this much. */
export const pageBytes = 262_144;
/** One delta more may lie in it. */
export const historyBytesMax = pageBytes + 64 + parentsMax * (4 + idBytes);
const fixedBytes = idBytes + 8 + 2 + 1;

/** As many of the deltas, from the first, as fit a page. */
export function pageOf(deltas: Iterable<PastDelta>): readonly PastDelta[] {
  const page: PastDelta[] = [];
  let bytes = 0;
  for (const delta of deltas) {
    if (bytes >= pageBytes) break;
    page.push(delta);
    bytes += fixedBytes + delta.parents.length * (4 + idBytes);
  }
  return page;
}

export function packHistory(deltas: readonly PastDelta[]): Uint8Array {
  const places = new Map(deltas.map(({ id }, place) => [id, place]));
  const widest = deltas.reduce((sum, { parents }) => sum + fixedBytes + parents.length * (4 + idBytes), 0);
  const bytes = new Uint8Array(widest);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  const putId = (id: DeltaId) => {
    for (let index = 0; index < idBytes; index += 1) bytes[offset + index] = id.charCodeAt(index);
    offset += idBytes;
  };
  deltas.forEach(({ id, parents, at }, place) => {
    putId(id);
    view.setFloat64(offset, at.ms);
    view.setUint16(offset + 8, at.counter);
    view.setUint8(offset + 10, parents.length);
    offset += 11;
    for (const parent of parents) {
      const back = Math.max(0, place - (places.get(parent) ?? place));
      view.setUint32(offset, back);
      offset += 4;
      if (back === 0) putId(parent);
    }
  });
  return bytes.subarray(0, offset);
}

/** For use inside `decoding`. */
export function expectHistory(bytes: Uint8Array): readonly PastDelta[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const deltas: PastDelta[] = [];
  let offset = 0;
  const take = (length: number): number => {
    const start = offset;
    offset += length;
    if (offset > bytes.length) refuse("malformed", "a history that ends in the middle");
    return start;
  };
  const takeId = () => {
    const start = take(idBytes);
    return byteString<DeltaId>(bytes.subarray(start, start + idBytes));
  };
  const takeParent = (): DeltaId => {
    const back = view.getUint32(take(4));
    if (back === 0) return takeId();
    return deltas[deltas.length - back]?.id ?? refuse("malformed", "a parent before the first delta");
  };
  while (offset < bytes.length) {
    const id = takeId();
    const start = take(11);
    const at = Object.freeze({ ms: view.getFloat64(start), counter: view.getUint16(start + 8) });
    if (!Number.isSafeInteger(at.ms) || at.ms < 0 || at.counter > hlcCounterMax)
      refuse("malformed", "a time that is none");
    const parentCount = view.getUint8(start + 10);
    if (parentCount === 0 || parentCount > parentsMax) refuse("malformed", `${parentCount} parents`);
    const parents = Object.freeze(Array.from({ length: parentCount }, takeParent));
    if (parents.some((parent, index) => index > 0 && (parents[index - 1] as string) >= parent))
      refuse("malformed", "parents that are not sorted");
    deltas.push(Object.freeze({ id, parents, at }));
  }
  return deltas;
}
