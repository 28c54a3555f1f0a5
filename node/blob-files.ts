/**
 * Files of a client that become blobs, and blobs that become files. A download is written beside the file it is to
 * become, goes on where it was broken off, is checked as a whole against the blob's id, and only then renamed.
 */

import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { nodeCrypto } from "../adapters/crypto/node-crypto.ts";
import { toBase58 } from "../adapters/http/base58.ts";
import { blobIdOf, encodeManifest, hashOfChunk } from "../core/blobs/blob.ts";
import type { Hash } from "../core/ids.ts";
import { blobBytesMax, chunkBytes } from "../core/limits.ts";
import type { ApiClient } from "./client.ts";
import { Failure } from "./failure.ts";
import { TransferLine } from "./transfer-line.ts";

/** The size of a file that may become a blob. Rejects with a `Failure`. */
export async function sizeOfFile(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw new Failure("refused", "bad-file", `${path} cannot be read (${reasonOf(error)})`, error);
  });
  if (!found.isFile()) throw new Failure("refused", "bad-file", `${path} is no file`);
  if (found.size <= blobBytesMax) return found.size;
  const message = `${path} has ${found.size} bytes, expected at most ${blobBytesMax}`;
  throw new Failure("refused", "too-large", message);
}

/** Its bytes, as fast as they are taken. */
export async function* readFileSlowly(path: string, line: TransferLine): AsyncGenerator<Uint8Array> {
  for await (const bytes of createReadStream(path)) {
    line.moved((bytes as Uint8Array).length);
    yield bytes as Uint8Array;
  }
}

export interface Download {
  /** Of the API. */
  readonly path: string;
  readonly blob: string;
  readonly size: number;
  /** The file it is to become. */
  readonly target: string;
}

/** Downloads a blob, or what is left of it; gives how many bytes came now. */
export async function downloadTo(api: ApiClient, download: Download): Promise<number> {
  const { blob, size, target } = download;
  const part = `${target}.${blob.slice(0, 12)}.part`;
  const file = await openPart(part);
  try {
    const before = Math.min((await file.stat()).size, size);
    const line = new TransferLine("download", { total: size, before });
    try {
      if (before < size || size === 0) await append(api, { ...download, file, line, before });
    } finally {
      line.clear();
    }
    await file.sync();
    if ((await idOf(file, size)) !== blob) {
      await rm(part, { force: true });
      const message = `what was downloaded is not blob ${blob}: ${part} was changed meanwhile, and is removed; run the command again`;
      throw new Failure("refused", "changed-file", message);
    }
    await rename(part, target);
    return size - before;
  } finally {
    await file.close();
  }
}

async function append(
  api: ApiClient,
  about: Download & { readonly file: FileHandle; readonly line: TransferLine; readonly before: number },
): Promise<void> {
  const { path, file, line, before, size, target } = about;
  const opened = await api.open(path, before === 0 ? {} : { range: `bytes=${before}-` });
  if (before > 0 && opened.status !== 206)
    throw new Failure("unreachable", "no-answer", "the node does not go on where a download was broken off");
  try {
    for await (const bytes of opened.bytes) {
      await file.write(bytes, 0, bytes.length, line.done);
      line.moved(bytes.length);
    }
  } catch (error) {
    throw brokenOff(line.done, size, error);
  }
  if (line.done !== size) throw brokenOff(line.done, size, new Error(`${target} is not whole`));
}

function brokenOff(done: number, size: number, cause: unknown): Failure {
  const message = `the download broke off after ${done} of ${size} bytes (${reasonOf(cause)}): run the command again to go on from there`;
  return new Failure("unreachable", "broken-off", message, cause);
}

async function openPart(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await open(path, "r+").catch(() => open(path, "w+"));
  } catch (error) {
    throw new Failure("refused", "bad-file", `${path} cannot be written (${reasonOf(error)})`, error);
  }
}

/** The id of the blob that a file holds. */
async function idOf(file: FileHandle, size: number): Promise<string> {
  const chunks: Hash[] = [];
  for (let offset = 0; offset < size; offset += chunkBytes) {
    const bytes = new Uint8Array(Math.min(chunkBytes, size - offset));
    await file.read(bytes, 0, bytes.length, offset);
    chunks.push(hashOfChunk(bytes, nodeCrypto));
  }
  return toBase58(blobIdOf(encodeManifest({ size, chunks }), nodeCrypto));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
