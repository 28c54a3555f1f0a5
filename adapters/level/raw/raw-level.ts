/**
 * All that can still be read of a LevelDB, read from its files without LevelDB, which are left as they are. Of each key
 * the newest write counts that can be read, and where that is a removal there is nothing.
 *
 * In memory is where each key's newest write lies, some 500 bytes a key, and the blocks and records that were read last,
 * up to a bound. Making it is O(bytes of the files), of which one at a time is in memory; reading a value that lies
 * elsewhere is O(its block or record).
 */

import { closeSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Cache, createCacheMemory } from "../../../core/cache.ts";
import { openBlock, type RawEntry, trailerBytes } from "./block.ts";
import { type LevelFile, levelFilesOf } from "./level-files.ts";
import { findHole, joinPieces, type Piece } from "./log-file.ts";
import { readTable } from "./table-file.ts";
import { batchesOf } from "./write-batch.ts";

/** What is read at once: a block of a table, or a record of a log. */
interface Chunk extends LevelFile {
  /** Where it is in the file, all there is around its content included. */
  readonly pieces: readonly Piece[];
}

interface Place extends Pick<RawEntry, "sequence" | "isRemoval" | "valueAt" | "valueBytes"> {
  readonly chunk: Chunk;
}

/** The logs of a LevelDB are less, so that their records, which may be large and hold many keys, are read once. */
const cacheBytesMax = 67_108_864;

export class RawLevel {
  readonly #newest: ReadonlyMap<string, Place>;
  readonly #chunks = new Cache<Buffer>(createCacheMemory(), {
    weightMax: cacheBytesMax,
    weigh: (_, { length }) => length,
  });

  private constructor(newest: ReadonlyMap<string, Place>) {
    this.#newest = newest;
  }

  /** Rejects with the system's error where a file cannot be read. */
  static async open(levelPath: string): Promise<RawLevel> {
    const newest = new Map<string, Place>();
    for (const file of (await levelFilesOf(levelPath)).files)
      for (const [pieces, entries] of writesOf(file, await readFile(file.path)))
        keepNewest(newest, { ...file, pieces }, entries);
    return new RawLevel(newest);
  }

  /** As it was before the first hole in its logs; null where they have none. */
  static async openBeforeHole(levelPath: string): Promise<RawLevel | null> {
    const newest = new Map<string, Place>();
    let hole: number | null = null;
    for (const file of (await levelFilesOf(levelPath)).files) {
      const bytes = await readFile(file.path);
      const wasWhole = hole === null;
      if (file.kind === "log" && wasWhole) hole = findHole(bytes, "next-readable");
      if (file.kind === "log" && !wasWhole) continue;
      const until = file.kind === "log" ? (hole ?? bytes.length) : bytes.length;
      for (const [pieces, entries] of writesOf(file, bytes))
        if ((pieces.at(-1)?.end ?? 0) <= until) keepNewest(newest, { ...file, pieces }, entries);
    }
    return hole === null ? null : new RawLevel(newest);
  }

  /** A copy of the value under a key, whose characters are its bytes. */
  get(key: string): Uint8Array | undefined {
    const place = this.#newest.get(key);
    if (place === undefined || place.isRemoval) return undefined;
    const { chunk, valueAt, valueBytes } = place;
    const content = this.#contentOf(chunk);
    return content === null ? undefined : new Uint8Array(content.subarray(valueAt, valueAt + valueBytes));
  }

  /** The keys that begin so and have a value, in LevelDB's order. */
  keys(prefix: string): readonly string[] {
    const found: string[] = [];
    for (const [key, { isRemoval }] of this.#newest)
      if (!isRemoval && key.startsWith(prefix)) found.push(key);
    return found.sort();
  }

  /** Null where it went bad since its file was read. */
  #contentOf(chunk: Chunk): Buffer | null {
    const name = `${chunk.pieces[0]?.at} ${chunk.path}`;
    const known = this.#chunks.get(name);
    if (known !== undefined) return known;
    const content = readChunk(chunk);
    if (content !== null) this.#chunks.set(name, content);
    return content;
  }
}

type Writes = readonly [pieces: readonly Piece[], entries: readonly RawEntry[]];

function writesOf({ kind }: LevelFile, file: Buffer): readonly Writes[] {
  if (kind === "log") return batchesOf(file).map(({ pieces, entries }) => [pieces, entries]);
  return readTable(file).blocks.map(({ offset, bytes, entries }) => {
    const end = offset + bytes + trailerBytes;
    return [[{ at: offset, end }], entries];
  });
}

function keepNewest(newest: Map<string, Place>, chunk: Chunk, entries: readonly RawEntry[]): void {
  for (const { key, ...write } of entries) {
    const name = key.toString("latin1");
    const known = newest.get(name);
    if (known === undefined || write.sequence > known.sequence) newest.set(name, { ...write, chunk });
  }
}

function readChunk({ path, kind, pieces }: Chunk): Buffer | null {
  const file = openSync(path, "r");
  try {
    const read = pieces.map(({ at, end }) => {
      const bytes = Buffer.alloc(end - at);
      return readSync(file, bytes, 0, bytes.length, at) === bytes.length ? bytes : null;
    });
    const whole = read.filter((bytes) => bytes !== null);
    if (whole.length < read.length) return null;
    const stored = Buffer.concat(whole);
    if (kind === "table") return openBlock(stored);
    let end = 0;
    const moved = whole.map(({ length }) => {
      end += length;
      return { at: end - length, end };
    });
    return joinPieces(stored, moved);
  } finally {
    closeSync(file);
  }
}
