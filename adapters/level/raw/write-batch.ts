/** A record of LevelDB's log: the sequence number of its first write, how many there are, and each of them. */

import type { RawEntry } from "./block.ts";
import { joinPieces, type Piece, recordsOf } from "./log-file.ts";
import { readVarint } from "./varint.ts";

const headBytes = 12;
const kinds = { removal: 0, value: 1 } as const;

/** What a record says; null where it is none that LevelDB writes. O(bytes). */
export function writesIn(record: Buffer): readonly RawEntry[] | null {
  if (record.length < headBytes) return null;
  const first = Number(record.readBigUInt64LE(0));
  const entries: RawEntry[] = [];
  for (let at = headBytes; at < record.length; ) {
    const kind = record[at];
    if (kind !== kinds.removal && kind !== kinds.value) return null;
    const isRemoval = kind === kinds.removal;
    const key = readBytes(record, at + 1);
    const value = key && (isRemoval ? { at: key.end, end: key.end } : readBytes(record, key.end));
    if (key === null || value === null) return null;
    entries.push({
      key: record.subarray(key.at, key.end),
      sequence: first + entries.length,
      isRemoval,
      valueAt: value.at,
      valueBytes: value.end - value.at,
    });
    at = value.end;
  }
  const isWhole = record.readUInt32LE(8) === entries.length && Number.isSafeInteger(first + entries.length);
  return isWhole ? entries : null;
}

/** Bytes with their length before them. */
function readBytes(record: Buffer, from: number): { readonly at: number; readonly end: number } | null {
  const length = readVarint(record, from);
  if (length === null) return null;
  const [at, end] = [length[1], length[1] + length[0]];
  return end <= record.length ? { at, end } : null;
}

export interface LogBatch {
  readonly pieces: readonly Piece[];
  readonly entries: readonly RawEntry[];
}

/** Batches whose numbers go on from one to the next. */
interface Run {
  readonly batches: LogBatch[];
  readonly from: number;
  readonly first: number;
  until: number;
  next: number;
}

/**
 * The writes of a log that can be read. Numbers only grow, from batch to batch: what says otherwise lay in the middle of
 * something that was written, and happens to look like a record. Of runs that contradict each other those are believed
 * that are most bytes together.
 */
export function batchesOf(log: Buffer): readonly LogBatch[] {
  const runs: Run[] = [];
  for (const pieces of recordsOf(log)) {
    const entries = writesIn(joinPieces(log, pieces));
    const [write] = entries ?? [];
    if (entries === null || write === undefined) continue;
    const [from, until] = [pieces[0]?.at ?? 0, pieces.at(-1)?.end ?? 0];
    const last = runs.at(-1);
    const batch = { pieces, entries };
    const next = write.sequence + entries.length;
    if (last !== undefined && last.next === write.sequence) {
      last.batches.push(batch);
      [last.until, last.next] = [until, next];
    } else runs.push({ batches: [batch], from, first: write.sequence, until, next });
  }
  return believed(runs).flatMap(({ batches }) => batches);
}

interface Chain {
  readonly last: Run;
  readonly before: Chain | null;
  readonly bytes: number;
}

/** O(runs²), of which there is one, and one more for each gap. */
function believed(runs: readonly Run[]): readonly Run[] {
  const chains: Chain[] = [];
  for (const run of runs) {
    const before = heaviest(chains.filter(({ last }) => last.next <= run.first));
    chains.push({ last: run, before, bytes: (before?.bytes ?? 0) + run.until - run.from });
  }
  const kept: Run[] = [];
  for (let chain = heaviest(chains); chain !== null; chain = chain.before) kept.push(chain.last);
  return kept.reverse();
}

function heaviest(chains: readonly Chain[]): Chain | null {
  return chains.reduce<Chain | null>(
    (best, chain) => (chain.bytes > (best?.bytes ?? 0) ? chain : best),
    null,
  );
}
