/**
 * The chunks of blobs, and their manifests, as files of one folder, each by the hash of what it holds. A chunk is
 * written beside, synced and renamed, so that a file under its own name is whole whatever happened; what a crash left
 * beside is removed at the next start. What is done to one chunk is done in the order it is asked for.
 */

import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ChunkEffect } from "../../core/effect.ts";
import { fromHex, type Hash, toHex } from "../../core/ids.ts";
import type { ChunkInput, FoundChunk } from "../../core/input.ts";

/** For trouble with single files. */
export interface ChunkLog {
  error(about: Readonly<Record<string, unknown>>, message: string): void;
}

/** The folder cannot be used. The message is one sentence for people. */
export class ChunkFilesError extends Error {
  override readonly name = "ChunkFilesError";
  readonly code = "blobs-unusable";
}

/** What a chunk is called. */
export const chunkName = /^[0-9a-f]{64}$/;
const besideMark = ".new";
/** Files that are written or read at a time. */
const atOnceMax = 4;
const listAgainMs = 1_000;

/** Makes the folder where there is none. Rejects with a `ChunkFilesError`. */
export async function openChunkFiles(folder: string, log: ChunkLog): Promise<ChunkFiles> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const left = (await readdir(folder)).filter((name) => name.endsWith(besideMark));
    for (const name of left) await rm(join(folder, name), { force: true });
    return new ChunkFiles(folder, await open(folder, "r"), log);
  } catch (error) {
    const message = `the folder for blobs ${folder} cannot be used (${problemOf(error)}): expected one that this user may write to`;
    throw new ChunkFilesError(message, { cause: error });
  }
}

export class ChunkFiles {
  readonly #folder: string;
  readonly #handle: FileHandle;
  readonly #log: ChunkLog;
  /** By chunk: the end of what was asked for last. */
  readonly #turns = new Map<Hash, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #isClosed = false;

  constructor(folder: string, handle: FileHandle, log: ChunkLog) {
    this.#folder = folder;
    this.#handle = handle;
    this.#log = log;
  }

  /** Does what the core asks for, and tells what came of it. */
  perform(effect: ChunkEffect, tell: (input: ChunkInput) => void): void {
    if (this.#isClosed) return;
    switch (effect.kind) {
      case "store-chunk": {
        const { chunk, bytes } = effect;
        return this.#inTurn(chunk, async () => {
          const problem = await this.#store(chunk, bytes);
          tell({ kind: "chunk-stored", chunk, problem });
        });
      }
      case "read-chunk": {
        const { chunk } = effect;
        return this.#inTurn(chunk, async () => {
          const found = await this.#read(chunk);
          tell({ kind: "chunk-read", chunk, found });
        });
      }
      case "drop-chunks":
        for (const chunk of effect.chunks) this.#inTurn(chunk, () => this.#drop(chunk));
        return;
      case "list-chunks":
        void this.#list(tell);
    }
  }

  /** What is under way comes about; nothing more does. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#turns.values());
    await this.#handle.close();
  }

  async #store(chunk: Hash, bytes: Uint8Array): Promise<string | null> {
    const path = this.#pathOf(chunk);
    const beside = path + besideMark;
    try {
      const file = await open(beside, "w", 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, path);
      await this.#handle.sync();
      return null;
    } catch (error) {
      this.#log.error({ err: error, path }, "a chunk of a blob cannot be stored");
      await rm(beside, { force: true }).catch((again: unknown) =>
        this.#log.error({ err: again, path: beside }, "what is left of a chunk cannot be removed"),
      );
      return problemOf(error);
    }
  }

  async #read(chunk: Hash): Promise<FoundChunk> {
    const path = this.#pathOf(chunk);
    try {
      return { kind: "bytes", bytes: await readFile(path) };
    } catch (error) {
      if (codeOf(error) === "ENOENT") return { kind: "absent" };
      this.#log.error({ err: error, path }, "a chunk of a blob cannot be read");
      return { kind: "failed", problem: problemOf(error) };
    }
  }

  /** What cannot be removed now is found, and dropped again, after the next start. */
  async #drop(chunk: Hash): Promise<void> {
    const path = this.#pathOf(chunk);
    await rm(path, { force: true }).catch((error: unknown) =>
      this.#log.error({ err: error, path }, "a chunk of a blob cannot be removed"),
    );
  }

  async #list(tell: (input: ChunkInput) => void): Promise<void> {
    while (!this.#isClosed) {
      try {
        const names = (await readdir(this.#folder)).filter((name) => chunkName.test(name));
        return tell({ kind: "chunks-listed", chunks: names.flatMap((name) => fromHex<Hash>(name) ?? []) });
      } catch (error) {
        this.#log.error({ err: error, path: this.#folder }, "the folder for blobs cannot be listed");
        await setTimeout(listAgainMs);
      }
    }
  }

  /** After what was asked for before of the same chunk, and with few others at a time. */
  #inTurn(chunk: Hash, act: () => Promise<void>): void {
    const before = this.#turns.get(chunk) ?? Promise.resolve();
    const mine = before.then(() => this.#whenRoom(act));
    this.#turns.set(chunk, mine);
    void mine.then(() => {
      if (this.#turns.get(chunk) === mine) this.#turns.delete(chunk);
    });
  }

  async #whenRoom(act: () => Promise<void>): Promise<void> {
    if (this.#busy < atOnceMax) this.#busy += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await act();
    } finally {
      // Whoever waits takes over the place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy -= 1;
      else next();
    }
  }

  #pathOf(chunk: Hash): string {
    return join(this.#folder, toHex(chunk));
  }
}

const sentences: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "this user may take no more space on the disk",
  EROFS: "the disk is read-only",
  EACCES: "this user may not write there",
};

/** What went wrong, for the middle of a sentence. */
export function problemOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return sentences[codeOf(error) ?? ""] ?? text;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
