/**
 * Holes in LevelDB's log. What LevelDB cannot read there it skips, and goes on with the next block, so that
 * writes are missing from the middle of a history. A log that merely ends early is no hole: the tip finds that.
 *
 * The format is LevelDB's (doc/log_format.md): blocks of 32 KiB, in each records of CRC-32C (masked, 4 bytes),
 * length (2), type (1) and content; a record that does not fit is split into first, middle and last.
 */

import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where a log is unreadable although a write that begins later is not. */
export interface LogHole {
  readonly path: string;
  /** Of the first unreadable write: up to here the log is whole. */
  readonly offset: number;
}

const blockBytes = 32_768;
const headerBytes = 7;
const types = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** The first hole in the logs of a LevelDB that nobody has open, or null. O(bytes of its logs, some MiB). */
export async function findLogHole(levelPath: string): Promise<LogHole | null> {
  for (const path of await logsOf(levelPath)) {
    const offset = findHole(await readFile(path));
    if (offset !== null) return { path, offset };
  }
  return null;
}

/** Cuts the log off where it has a hole, and empties the logs after it: what is left is a prefix of what was written. */
export async function cutLogs(levelPath: string, hole: LogHole): Promise<void> {
  const logs = await logsOf(levelPath);
  // From the last to the first, so that a crash in between leaves the hole to be found.
  for (const path of logs.slice(logs.indexOf(hole.path)).reverse()) {
    const handle = await open(path, "r+");
    try {
      await handle.truncate(path === hole.path ? hole.offset : 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** Oldest first. None where there is no folder. */
async function logsOf(levelPath: string): Promise<readonly string[]> {
  const names = await readdir(levelPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const logs = names.filter((name) => /^\d+\.log$/.test(name));
  return logs
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => join(levelPath, name));
}

/** Where the first unreadable write begins, when a readable one begins after it. Exported for its test. */
export function findHole(log: Buffer): number | null {
  /** Behind the last write that was read to its end. */
  let wholeUntil = 0;
  let isBroken = false;
  /** A write was begun and has not ended. */
  let isInside = false;
  let at = 0;
  while (at + headerBytes <= log.length) {
    const leftInBlock = blockBytes - (at % blockBytes);
    const type = leftInBlock < headerBytes ? null : readType(log, at, leftInBlock);
    if (type === null) {
      // Fewer bytes than a header are filling; anything else here is unreadable.
      if (leftInBlock >= headerBytes) isBroken = true;
      at += leftInBlock;
      continue;
    }
    const begins = type === types.full || type === types.first;
    if (begins === isInside) isBroken = true;
    if (begins && isBroken) return wholeUntil;
    at += headerBytes + log.readUInt16LE(at + 4);
    isInside = type === types.first || type === types.middle;
    if (!isInside && !isBroken) wholeUntil = at;
  }
  return null;
}

/** The type of the record at this place, or null when it is unreadable. */
function readType(log: Buffer, at: number, leftInBlock: number): number | null {
  const length = log.readUInt16LE(at + 4);
  const end = at + headerBytes + length;
  const type = log[at + 6] ?? 0;
  if (headerBytes + length > leftInBlock || end > log.length) return null;
  if (type < types.full || type > types.last) return null;
  return maskedCrc(log.subarray(at + 6, end)) === log.readUInt32LE(at) ? type : null;
}

/** CRC-32C (Castagnoli), by tables. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** As LevelDB stores it: rotated and shifted, so that a checksum of checksums stays a good one. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
