/**
 * LevelDB's log (doc/log_format.md): blocks of 32 KiB, in each fragments of CRC-32C (masked, 4 bytes), length (2), type
 * (1) and content; a record that does not fit is split into first, middle and last. A record is a batch of writes.
 */

import { maskedCrc } from "./crc32c.ts";

/** Some bytes of a log that its checksum says were written so. */
export interface Fragment {
  readonly at: number;
  readonly end: number;
  readonly type: number;
  /** What stands before it cannot be read. */
  readonly isBehindGap: boolean;
}

/** A stretch of a log, header and all. */
export type Piece = Pick<Fragment, "at" | "end">;

const blockBytes = 32_768;
const headerBytes = 7;
const types = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** Where to go on behind what cannot be read. */
export type Resume =
  /** At the next block, as LevelDB does: what it will find when it opens the log. */
  | "next-block"
  /**
   * Wherever the next fragment verifies, first where the length of the unreadable one leads. A checksum is compared
   * wherever the bytes could be a header, which is at most 2^29 steps for each damaged block, and a hundredth of that
   * unless somebody chose its bytes.
   */
  | "next-readable";

/** Everything in a log that can be read. */
export function* fragmentsOf(log: Buffer, resume: Resume): Generator<Fragment> {
  let isBehindGap = false;
  for (let at = 0; at + headerBytes <= log.length; ) {
    const blockEnd = at + blockBytes - (at % blockBytes);
    const found = readFragment(log, at);
    if (found !== null) {
      yield { ...found, isBehindGap };
      isBehindGap = false;
      at = found.end;
      continue;
    }
    // Fewer bytes than a header are filling; anything else here is unreadable.
    if (blockEnd - at >= headerBytes) isBehindGap = true;
    at = resume === "next-readable" ? nextReadable(log, at, blockEnd) : blockEnd;
  }
}

function nextReadable(log: Buffer, at: number, blockEnd: number): number {
  if (blockEnd - at < headerBytes) return blockEnd;
  const told = at + headerBytes + log.readUInt16LE(at + 4);
  if (told <= blockEnd && (blockEnd - told < headerBytes || readFragment(log, told) !== null)) return told;
  for (let next = at + 1; next + headerBytes <= Math.min(blockEnd, log.length); next += 1)
    if (readFragment(log, next) !== null) return next;
  return blockEnd;
}

/** The fragment at this place, or null when it is unreadable. */
function readFragment(log: Buffer, at: number): Omit<Fragment, "isBehindGap"> | null {
  const blockEnd = at + blockBytes - (at % blockBytes);
  if (at + headerBytes > Math.min(blockEnd, log.length)) return null;
  const end = at + headerBytes + log.readUInt16LE(at + 4);
  const type = log[at + 6] ?? 0;
  if (end > blockEnd || end > log.length) return null;
  if (type < types.full || type > types.last) return null;
  return maskedCrc(log.subarray(at + 6, end)) === log.readUInt32LE(at) ? { at, end, type } : null;
}

/** Where the first unreadable record begins, when a readable one begins after it; null: it merely ends, if early. */
export function findHole(log: Buffer, resume: Resume): number | null {
  /** Behind the last record that was read to its end. */
  let wholeUntil = 0;
  let isBroken = false;
  /** A record was begun and has not ended. */
  let isInside = false;
  for (const { end, type, isBehindGap } of fragmentsOf(log, resume)) {
    const begins = type === types.full || type === types.first;
    if (isBehindGap || begins === isInside) isBroken = true;
    if (begins && isBroken) return wholeUntil;
    isInside = type === types.first || type === types.middle;
    if (!isInside && !isBroken) wholeUntil = end;
  }
  return null;
}

/**
 * Where the first thing begins that is unreadable; null where there is none but what a crash leaves: a fragment that the
 * file's end cuts off, or zeros to its end. LevelDB's repair compares no checksums of logs, and takes the rest as it is.
 */
export function findGap(log: Buffer): number | null {
  let at = 0;
  for (const { end, isBehindGap } of fragmentsOf(log, "next-readable")) {
    if (isBehindGap) return at;
    at = end;
  }
  const blockEnd = at + blockBytes - (at % blockBytes);
  const from = blockEnd - at < headerBytes ? blockEnd : at;
  const isCut =
    log.length - from < headerBytes ||
    (log.length <= blockEnd && from + headerBytes + log.readUInt16LE(from + 4) > log.length);
  return isCut || log.subarray(from).every((byte) => byte === 0) ? null : from;
}

/** What each record is made of whose every fragment can be read, also behind what cannot. O(bytes) where nothing is damaged. */
export function* recordsOf(log: Buffer): Generator<readonly Piece[]> {
  let pieces: Piece[] = [];
  for (const { at, end, type, isBehindGap } of fragmentsOf(log, "next-readable")) {
    const begins = type === types.full || type === types.first;
    if (begins || isBehindGap) pieces = [];
    if (!begins && pieces.length === 0) continue;
    pieces.push({ at, end });
    if (type === types.first || type === types.middle) continue;
    yield pieces;
    pieces = [];
  }
}

/** The content of a record. */
export function joinPieces(log: Buffer, pieces: readonly Piece[]): Buffer {
  const contents = pieces.map(({ at, end }) => log.subarray(at + headerBytes, end));
  return contents.length === 1 && contents[0] !== undefined ? contents[0] : Buffer.concat(contents);
}
