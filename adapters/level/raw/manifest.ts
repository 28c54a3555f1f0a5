/**
 * LevelDB's manifest: a log whose records say which tables came and went, and from which log on nothing is in a table
 * yet. What else lies in the folder counts for nothing: a crash leaves it there, half written or not yet removed.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../store.ts";
import { findGap, joinPieces, recordsOf } from "./log-file.ts";
import { readVarint } from "./varint.ts";

/** By their numbers. */
export interface LiveFiles {
  readonly tables: ReadonlySet<number>;
  isLive(log: number): boolean;
}

/** What each part of a record begins with, and what follows: numbers, or bytes with their length. */
const parts: ReadonlyMap<number, readonly ("number" | "bytes")[]> = new Map([
  [1, ["bytes"]],
  [2, ["number"]],
  [3, ["number"]],
  [4, ["number"]],
  [5, ["number", "bytes"]],
  [6, ["number", "number"]],
  [7, ["number", "number", "number", "bytes", "bytes"]],
  [9, ["number"]],
]);
const tags = { firstLog: 2, removedTable: 6, newTable: 7, logBefore: 9 } as const;

/** Null where there is no manifest, or not all of it can be read. */
export async function readManifest(levelPath: string): Promise<LiveFiles | null> {
  try {
    const current = await readFile(join(levelPath, "CURRENT"), "latin1");
    const name = /^(MANIFEST-\d+)\n$/.exec(current)?.[1];
    return name === undefined ? null : liveFilesIn(await readFile(join(levelPath, name)));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

function liveFilesIn(manifest: Buffer): LiveFiles | null {
  const tables = new Set<number>();
  let [firstLog, logBefore] = [0, 0];
  let end = 0;
  for (const pieces of recordsOf(manifest)) {
    const changes = changesIn(joinPieces(manifest, pieces));
    if (changes === null) return null;
    end = pieces.at(-1)?.end ?? end;
    for (const [tag, first, second] of changes) {
      if (tag === tags.firstLog) firstLog = first;
      if (tag === tags.logBefore) logBefore = first;
      if (tag === tags.removedTable) tables.delete(second);
      if (tag === tags.newTable) tables.add(second);
    }
  }
  if (end === 0 || end < manifest.length || findGap(manifest) !== null) return null;
  return { tables, isLive: (log) => log >= firstLog || (log === logBefore && log > 0) };
}

type Change = readonly [tag: number, first: number, second: number];

function changesIn(record: Buffer): readonly Change[] | null {
  const changes: Change[] = [];
  for (let at = 0; at < record.length; ) {
    const tag = readVarint(record, at);
    const shape = tag && parts.get(tag[0]);
    if (!tag || !shape) return null;
    at = tag[1];
    const numbers: number[] = [];
    for (const kind of shape) {
      const read = readVarint(record, at);
      if (read === null) return null;
      at = kind === "bytes" ? read[1] + read[0] : read[1];
      if (kind === "number") numbers.push(read[0]);
    }
    if (at > record.length) return null;
    changes.push([tag[0], numbers[0] ?? 0, numbers[1] ?? 0]);
  }
  return changes;
}
