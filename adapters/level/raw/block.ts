/**
 * Blocks of LevelDB's tables (doc/table_format.md): entries whose keys share a beginning with the key before, then the
 * offsets of those that share nothing, and their number. Behind a block come its type and its checksum, which LevelDB
 * itself compares neither when it reads nor when it compacts nor when it repairs.
 */

import snappy from "snappyjs";
import { maskedCrc } from "./crc32c.ts";
import { readVarint } from "./varint.ts";

/** One thing that was written, wherever it lies. */
export interface RawEntry {
  /** The key of whoever wrote it. */
  readonly key: Buffer;
  /** The higher one is the newer. */
  readonly sequence: number;
  readonly isRemoval: boolean;
  /** Where the value is in the content of its block or record. */
  readonly valueAt: number;
  readonly valueBytes: number;
}

/** The type and the checksum behind a block. */
export const trailerBytes = 5;
const types = { bare: 0, snappy: 1 } as const;
/** The most that Snappy makes of a byte, with room to spare: 64 of 3. */
const growthMax = 32;
const tagBytes = 8;

/** The content of a block that is given with its trailer; null where it is not what was written. O(bytes). */
export function openBlock(stored: Buffer): Buffer | null {
  const end = stored.length - trailerBytes;
  if (end < 0 || maskedCrc(stored.subarray(0, end + 1)) !== stored.readUInt32LE(end + 1)) return null;
  return contentOf(stored);
}

/** The same of a block whose checksum was compared. */
export function contentOf(stored: Buffer): Buffer | null {
  const end = stored.length - trailerBytes;
  const bytes = stored.subarray(0, end);
  if (stored[end] === types.bare) return bytes;
  if (stored[end] !== types.snappy) return null;
  try {
    return snappy.uncompress(bytes, growthMax * bytes.length);
  } catch {
    return null; // The package says "not compressed by Snappy" by throwing.
  }
}

interface Pair {
  readonly name: Buffer;
  readonly valueAt: number;
  readonly valueBytes: number;
}

/** The keys and values of a block as far as they can be told apart, and whether that is all of it. */
export function pairsIn(content: Buffer): { readonly pairs: readonly Pair[]; readonly isWhole: boolean } {
  const pairs: Pair[] = [];
  const end = endOfPairs(content);
  if (end === null) return { pairs, isWhole: false };
  let name = Buffer.alloc(0);
  for (let at = 0; at < end; ) {
    const shared = readVarint(content, at);
    const own = shared && readVarint(content, shared[1]);
    const value = own && readVarint(content, own[1]);
    if (!value || shared[0] > name.length) return { pairs, isWhole: false };
    const keyEnd = value[1] + own[0];
    at = keyEnd + value[0];
    if (at > end) return { pairs, isWhole: false };
    name = Buffer.concat([name.subarray(0, shared[0]), content.subarray(value[1], keyEnd)]);
    pairs.push({ name, valueAt: keyEnd, valueBytes: value[0] });
  }
  return { pairs, isWhole: true };
}

/** Where the offsets begin; null where what they say cannot be. */
function endOfPairs(content: Buffer): number | null {
  if (content.length < 8) return null;
  const count = content.readUInt32LE(content.length - 4);
  const end = content.length - 4 * (count + 1);
  if (count === 0 || end < 0 || content.readUInt32LE(end) !== 0) return null;
  for (let index = 1; index < count; index += 1) {
    const offset = content.readUInt32LE(end + 4 * index);
    if (offset <= content.readUInt32LE(end + 4 * (index - 1)) || offset >= end) return null;
  }
  return end;
}

/** What a data block says, as far as it can be read, and whether that is all of it, in LevelDB's order. */
export function entriesIn(content: Buffer): {
  readonly entries: readonly RawEntry[];
  readonly isWhole: boolean;
} {
  const { pairs, isWhole } = pairsIn(content);
  const entries: RawEntry[] = [];
  let isOrdered = isWhole;
  for (const { name, ...value } of pairs) {
    const keyEnd = name.length - tagBytes;
    const kind = name[keyEnd];
    if (keyEnd < 0 || (kind !== 0 && kind !== 1)) {
      isOrdered = false;
      continue;
    }
    const sequence = name.readUIntLE(keyEnd + 1, 6) + (name[keyEnd + 7] as number) * 2 ** 48;
    const entry = { key: name.subarray(0, keyEnd), sequence, isRemoval: kind === 0, ...value };
    const last = entries.at(-1);
    if (last !== undefined && !isBefore(last, entry)) isOrdered = false;
    if (Number.isSafeInteger(sequence)) entries.push(entry);
    else isOrdered = false;
  }
  return { entries, isWhole: isOrdered };
}

/** Is this LevelDB's order? By key, and of one key the newest first. */
export function isBefore(a: RawEntry, b: RawEntry): boolean {
  const order = Buffer.compare(a.key, b.key);
  return order < 0 || (order === 0 && a.sequence > b.sequence);
}
