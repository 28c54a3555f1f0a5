/**
 * The graph's index as it is stored: entries in the order of application, in blocks, so that a start reads
 * blocks and not deltas. An entry is
 *
 *   id (32) · derived time: ms (8), counter (2) · parent count (1) · each parent's position (4)
 *
 * A derived time may exceed the 48 bits of a clock value, so its ms is kept as a double.
 */

import { present } from "../assert.ts";
import type { AppliedDelta, Graph, IndexEntry, PackedEntry } from "../dag/graph.ts";
import { byteString, type ContextId, type DeltaId, idBytes } from "../ids.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";

/** Small, because the last block is written again with every delta. */
export const entriesPerBlock = 32;

const fixedBytes = idBytes + 8 + 2 + 1;
const positionBytes = 4;
const noBytes = new Uint8Array(0);

/** Writes the entries of positions `from` and above; those below are stored. O(entries written). */
export function writeIndex(
  graph: Graph,
  from: number,
  { contextId, turn }: { contextId: ContextId; turn: Turn },
): void {
  for (let start = from; start < graph.count; ) {
    const block = Math.floor(start / entriesPerBlock);
    const end = Math.min(graph.count, (block + 1) * entriesPerBlock);
    const key = storeKeys.indexBlock(contextId, block);
    const stored = start % entriesPerBlock === 0 ? noBytes : present(turn.read(key), "a begun index block");
    const entries = Array.from({ length: end - start }, (_, index) => graph.at(start + index));
    turn.put(key, appendEntries(stored, entries));
    start = end;
  }
}

/** Fills an empty graph with the stored entries. For use inside `decoding`. */
export function readIndex(
  graph: Graph,
  count: number,
  about: { readonly contextId: ContextId; readonly turn: Turn },
): void {
  // Before room is made for so many.
  if (count > 0) readStored(lastBlock(count), about);
  graph.restore(count, (add) => readBlocks(graph, count, { ...about, add }));
  if (graph.count !== count) refuse("malformed", `an index of ${graph.count} deltas, expected ${count}`);
}

function readBlocks(
  graph: Graph,
  count: number,
  {
    contextId,
    turn,
    add,
  }: { readonly contextId: ContextId; readonly turn: Turn; readonly add: (entry: PackedEntry) => void },
): void {
  for (let block = 0; block <= lastBlock(count); block += 1)
    readBlock(graph, readStored(block, { contextId, turn }), add);
}

function lastBlock(count: number): number {
  return Math.ceil(count / entriesPerBlock) - 1;
}

function readStored(
  block: number,
  { contextId, turn }: { readonly contextId: ContextId; readonly turn: Turn },
): Uint8Array {
  const bytes = turn.read(storeKeys.indexBlock(contextId, block));
  return bytes ?? refuse("malformed", `index block ${block} of a context is missing`);
}

function appendEntries(stored: Uint8Array, entries: readonly AppliedDelta[]): Uint8Array {
  const added = entries.reduce((sum, entry) => sum + fixedBytes + entry.parents.length * positionBytes, 0);
  const bytes = new Uint8Array(stored.length + added);
  bytes.set(stored);
  const view = new DataView(bytes.buffer);
  let offset = stored.length;
  for (const { id, at, parents } of entries) {
    for (let index = 0; index < idBytes; index += 1) bytes[offset + index] = id.charCodeAt(index);
    offset += idBytes;
    view.setFloat64(offset, at.ms);
    view.setUint16(offset + 8, at.counter);
    view.setUint8(offset + 10, parents.length);
    offset += 11;
    for (const parent of parents) {
      view.setUint32(offset, parent);
      offset += positionBytes;
    }
  }
  return bytes;
}

/** A start reads every delta's entry here, so nothing is made that is not kept: no ids, no views of them, no lists with room to grow. */
function readBlock(graph: Graph, bytes: Uint8Array, add: (entry: PackedEntry) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset < bytes.length) {
    const parentCount = bytes[offset + fixedBytes - 1] ?? 0;
    const next = offset + fixedBytes + parentCount * positionBytes;
    if (next > bytes.length) refuse("malformed", "an index entry is cut off");
    const at = { ms: view.getFloat64(offset + idBytes), counter: view.getUint16(offset + idBytes + 8) };
    const parents = readParents(view, { from: offset + fixedBytes, count: parentCount });
    for (const parent of parents)
      if (parent >= graph.count) refuse("malformed", "an index entry before its parents");
    add({ bytes, idFrom: offset, parents, at });
    offset = next;
  }
}

function readParents(
  view: DataView,
  { from, count }: { readonly from: number; readonly count: number },
): readonly number[] {
  // Most deltas have one parent; a literal takes as much room as it needs.
  if (count === 1) return [view.getUint32(from)];
  return Array.from({ length: count }, (_, index) => view.getUint32(from + index * positionBytes));
}

/** The ids of a stored block. For use inside `decoding`. */
export function* idsIn(bytes: Uint8Array): Generator<DeltaId> {
  for (let offset = 0; offset < bytes.length; ) {
    const parentCount = bytes[offset + fixedBytes - 1] ?? 0;
    if (offset + fixedBytes > bytes.length) refuse("malformed", "an index entry is cut off");
    yield byteString<DeltaId>(bytes.subarray(offset, offset + idBytes));
    offset += fixedBytes + parentCount * positionBytes;
  }
}

/** An applied delta, its generation derived from its parents'. */
export function createApplied(graph: Graph, entry: IndexEntry): AppliedDelta {
  return { ...entry, generation: graph.generationOn(entry.parents) };
}
