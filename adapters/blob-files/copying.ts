/** A copy of a folder of chunks, manifests among them, each checked against its name. */

import { mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fromHex, type Hash } from "../../core/ids.ts";
import { ChunkFilesError, chunkName, problemOf } from "./chunk-files.ts";

export interface CopiedChunks {
  readonly copied: number;
  /** Left out, as they are not what they were. */
  readonly damaged: number;
}

/** Copies what is in a folder, which may not be there, to one that is not there yet. Rejects with a `ChunkFilesError`. */
export async function copyChunks(
  from: string,
  to: string,
  hashOf: (bytes: Uint8Array) => Hash,
): Promise<CopiedChunks> {
  const names = (await listed(from)).filter((name) => chunkName.test(name));
  let copied = 0;
  let damaged = 0;
  try {
    await mkdir(to, { mode: 0o700 });
    for (const name of names) {
      const bytes = await readIfThere(join(from, name));
      if (bytes === null) continue;
      const isWhole = hashOf(bytes) === fromHex<Hash>(name);
      if (isWhole) await writeSynced(join(to, name), bytes);
      copied += isWhole ? 1 : 0;
      damaged += isWhole ? 0 : 1;
    }
    return { copied, damaged };
  } catch (error) {
    const message = `the blobs in ${from} cannot be copied to ${to} (${problemOf(error)}): check the space and health of the disks`;
    throw new ChunkFilesError(message, { cause: error });
  }
}

async function listed(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new ChunkFilesError(`the folder for blobs ${folder} cannot be read (${problemOf(error)})`, {
      cause: error,
    });
  });
}

/** Null where a running node has dropped it meanwhile. */
async function readIfThere(path: string): Promise<Uint8Array | null> {
  return await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
