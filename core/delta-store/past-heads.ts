/**
 * How heads of applied deltas are stored: in blocks by position; parents lie in the index already. A block is
 * [[writer …], [[offset, writer, kind, ms, counter, digest] …]], a writer an author and its incarnation.
 */

import {
  type AuthorId,
  byteString,
  bytesOf,
  type ContextId,
  type Hash,
  type Incarnation,
  idBytes,
  incarnationBytes,
} from "../ids.ts";
import { hlcCounterMax, hlcMsMax } from "../limits.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { decodeValue, encode, refuse } from "../wire/cbor.ts";
import { type DeltaHead, kindCodeMax } from "../wire/delta-head.ts";
import { expectByteString, expectBytes, expectFields, expectInteger, expectList } from "../wire/expect.ts";

/** A head without its parents. */
export type StoredHead = Omit<DeltaHead, "parents">;

interface Place {
  readonly contextId: ContextId;
  readonly turn: Turn;
}

export const headsPerBlock = 64;
const blockBytesMax = 65_536;

/** Adds heads to those that are stored, by position; what is stored never changes. For use inside `decoding`. O(heads). */
export function writeHeads(heads: ReadonlyMap<number, StoredHead>, { contextId, turn }: Place): void {
  const blocks = new Map<number, Map<number, StoredHead>>();
  const changed = new Set<number>();
  for (const [position, head] of heads) {
    const block = Math.floor(position / headsPerBlock);
    const held = blocks.get(block) ?? readBlock(block, { contextId, turn });
    if (!held.has(position)) changed.add(block);
    blocks.set(block, held.set(position, head));
  }
  for (const [block, held] of blocks)
    if (changed.has(block))
      turn.put(storeKeys.pastHeads(contextId, block), encodeBlock(held, block * headsPerBlock));
}

/** The block that was read last. */
export interface HeadBlocks {
  block: number;
  heads: ReadonlyMap<number, StoredHead>;
}

/** The head at a position, where it is stored. For use inside `decoding`. */
export function findHead(position: number, place: Place, last: HeadBlocks): StoredHead | undefined {
  const block = Math.floor(position / headsPerBlock);
  if (block !== last.block) {
    last.heads = readBlock(block, place);
    last.block = block;
  }
  return last.heads.get(position);
}

function encodeBlock(heads: ReadonlyMap<number, StoredHead>, first: number): Uint8Array {
  const names = Array.from(new Set(Array.from(heads.values(), nameOf)));
  const places = new Map(names.map((name, place) => [name, place]));
  const entries = Array.from(heads, ([position, head]) => {
    const { kindCode, hlc, bodyDigest } = head;
    const writer = places.get(nameOf(head));
    return [position - first, writer, kindCode, hlc.ms, hlc.counter, bytesOf(bodyDigest)];
  });
  return encode([names.map(bytesOf), entries]);
}

function nameOf({ author, incarnation }: StoredHead): string {
  return author + incarnation;
}

function readBlock(block: number, { contextId, turn }: Place): Map<number, StoredHead> {
  const stored = turn.read(storeKeys.pastHeads(contextId, block));
  if (stored === undefined) return new Map();
  const [names, entries] = expectFields(decodeValue(stored, blockBytesMax), 2, "a block of heads");
  const writers = expectList(names, headsPerBlock, (name) => {
    const bytes = expectBytes(name, idBytes + incarnationBytes);
    return {
      author: byteString<AuthorId>(bytes.subarray(0, idBytes)),
      incarnation: byteString<Incarnation>(bytes.subarray(idBytes)),
    };
  });
  const first = block * headsPerBlock;
  return new Map(
    expectList(entries, headsPerBlock, (entry) => {
      const [offset, writer, kind, ms, counter, digest] = expectFields(entry, 6, "a stored head");
      const position = first + expectInteger(offset, headsPerBlock - 1);
      return [
        position,
        {
          ...(writers[expectInteger(writer, headsPerBlock)] ??
            refuse("malformed", "a writer that is missing")),
          kindCode: expectInteger(kind, kindCodeMax),
          hlc: { ms: expectInteger(ms, hlcMsMax), counter: expectInteger(counter, hlcCounterMax) },
          bodyDigest: expectByteString<Hash>(digest),
        },
      ] as const;
    }),
  );
}
