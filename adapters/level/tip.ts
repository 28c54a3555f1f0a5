/**
 * The tip: proof that the end of the store's history is still there. LevelDB drops a damaged or truncated log
 * tail without a word, so every flush writes a record into its own batch (a count, the digest of the batch, and
 * a chain over all digests), and after the batch is durable the same count and chain into a small file beside.
 *
 * Found at the next start: a lost tail (the file is ahead of the store), a flush missing among the last
 * `ringSize` (the records are not consecutive), a store and a file of different histories (the chains differ),
 * a file that says nothing any more (it always holds one valid tip).
 * Not found: a whole folder put back from an older copy, for then both are old; a tail lost together with the
 * file's newest entry, which is written but not synced, in one power failure of a disk that does not keep what it
 * confirmed; and damage inside older table files, which LevelDB reports when they are read, if at all.
 */

import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { Commit } from "../../core/effect.ts";
import { codeOf } from "./store.ts";

/** How far a store has come. */
export interface Tip {
  /** Flushes so far. */
  readonly count: number;
  /** SHA-256 over the chain before it and the digest of the last flush, 16 bytes. */
  readonly chain: Buffer;
}

/** The tip after one flush, as the store keeps it. */
export interface TipRecord extends Tip {
  readonly digest: Buffer;
}

/** Records kept: more flushes than LevelDB's log holds, unless almost all of them are tiny. */
export const ringSize = 4_096;
const hashBytes = 16;
/** Stands for a value's length where the key is removed. */
const removed = 0xffff_ffff;
export const emptyTip: Tip = { count: 0, chain: Buffer.alloc(hashBytes) };

/** Where a record is kept. No key of the core begins with a zero byte. */
export const ringPrefix = "\0tip";
export const ringRange = {
  gte: Buffer.from(ringPrefix, "latin1"),
  lt: Buffer.from("\0tiq", "latin1"),
} as const;

export function ringKey(count: number): Buffer {
  const key = Buffer.alloc(ringPrefix.length + 2);
  key.write(ringPrefix, "latin1");
  key.writeUInt16BE(count % ringSize, ringPrefix.length);
  return key;
}

/** The record that follows a tip when these commits are flushed. O(bytes). */
export function nextTip(tip: Tip, commits: readonly Commit["writes"][]): TipRecord {
  const hash = createHash("sha256");
  const lengths = Buffer.alloc(8);
  for (const [key, value] of commits.flat()) {
    lengths.writeUInt32BE(key.length, 0);
    lengths.writeUInt32BE(value === null ? removed : value.length, 4);
    hash.update(lengths).update(key, "latin1");
    if (value !== null) hash.update(value);
  }
  const digest = hash.digest().subarray(0, hashBytes);
  return { count: tip.count + 1, digest, chain: chainAfter(tip.chain, digest) };
}

export function encodeTip({ count, digest, chain }: TipRecord): Buffer {
  return Buffer.concat([encodeCount(count), digest, chain]);
}

function decodeTip(bytes: Uint8Array): TipRecord | null {
  if (bytes.length !== 8 + 2 * hashBytes) return null;
  const buffer = Buffer.from(bytes);
  return {
    count: Number(buffer.readBigUInt64BE()),
    digest: buffer.subarray(8, 8 + hashBytes),
    chain: buffer.subarray(8 + hashBytes),
  };
}

/** The newest tip of the stored records, or what is wrong with them, for the end of a sentence. */
export function checkRing(stored: readonly Uint8Array[]): readonly TipRecord[] | string {
  const records = stored.map(decodeTip).filter((record) => record !== null);
  if (records.length !== stored.length) return "a record of its history is unreadable";
  records.sort((a, b) => a.count - b.count);
  const newest = records.at(-1);
  if (newest === undefined) return records;
  const expected = Math.min(newest.count, ringSize);
  if (records.length !== expected) return `of its last ${expected} writes only ${records.length} are there`;
  for (const [index, record] of records.entries()) {
    const before = index === 0 ? undefined : records[index - 1];
    if (before === undefined) continue;
    if (record.count !== before.count + 1) return `its write number ${before.count + 1} is missing`;
    if (!record.chain.equals(chainAfter(before.chain, record.digest)))
      return `its writes ${before.count} and ${record.count} are not of one history`;
  }
  return records;
}

/** The file beside the store: two slots written in turn, so that a torn write leaves the other. */
export class TipFile {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Throws the file system's error when the file is not there. */
  static async open(path: string): Promise<TipFile> {
    return new TipFile(await open(path, "r+"));
  }

  static async create(path: string): Promise<TipFile> {
    const file = new TipFile(await open(path, "w+"));
    await file.reset(emptyTip);
    return file;
  }

  /** Makes this the only tip it holds, with one write, so that there is always one; and syncs. */
  async reset(tip: Tip): Promise<void> {
    const slots = Buffer.alloc(2 * slotBytes);
    encodeSlot(tip).copy(slots, placeOf(tip));
    await this.#handle.write(slots, 0, slots.length, 0);
    await this.#handle.sync();
  }

  async write(tip: Tip): Promise<void> {
    await this.#handle.write(encodeSlot(tip), 0, slotBytes, placeOf(tip));
  }

  /** The newer of the two tips. Null when neither is readable, which no crash explains: each write leaves the other. */
  async read(): Promise<Tip | null> {
    const { buffer } = await this.#handle.read(Buffer.alloc(2 * slotBytes), 0, 2 * slotBytes, 0);
    const tips = [buffer.subarray(0, slotBytes), buffer.subarray(slotBytes)].map(decodeSlot);
    return tips.reduce((newest, tip) => (tip !== null && tip.count >= (newest?.count ?? 0) ? tip : newest));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** How many flushes the tip knows of that are newer than all whose records are left; null where no tip can be read. */
export async function flushesLost(tipPath: string, records: readonly Uint8Array[]): Promise<number | null> {
  const file = await TipFile.open(tipPath).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
  const kept = (await file?.read()) ?? null;
  await file?.close();
  const newest = Math.max(0, ...records.map((record) => decodeTip(record)?.count ?? 0));
  return kept === null ? null : Math.max(0, kept.count - newest);
}

const contentBytes = 8 + hashBytes;
const slotBytes = contentBytes + 8;

function encodeSlot({ count, chain }: Tip): Buffer {
  const content = Buffer.concat([encodeCount(count), chain]);
  return Buffer.concat([content, checksum(content)]);
}

function placeOf(tip: Tip): number {
  return (tip.count % 2) * slotBytes;
}

function decodeSlot(slot: Buffer): Tip | null {
  const content = slot.subarray(0, contentBytes);
  if (!slot.subarray(contentBytes).equals(checksum(content))) return null;
  return { count: Number(content.readBigUInt64BE()), chain: content.subarray(8) };
}

function checksum(content: Buffer): Buffer {
  return createHash("sha256").update(content).digest().subarray(0, 8);
}

function chainAfter(chain: Buffer, digest: Buffer): Buffer {
  return createHash("sha256").update(chain).update(digest).digest().subarray(0, hashBytes);
}

function encodeCount(count: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(count));
  return bytes;
}
