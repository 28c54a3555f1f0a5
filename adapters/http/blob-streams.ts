/** Blobs as streams of bytes: written to a node and read from it a chunk at a time. */

import { randomUUID } from "node:crypto";
import type { Outcome } from "../../core/effect.ts";
import type { BlobId, ContextId } from "../../core/ids.ts";
import { isJsonObject } from "../../core/json.ts";
import { chunkBytes } from "../../core/limits.ts";
import { HttpError, type NodeApi } from "./api.ts";

/** Some bytes of a blob: the first, and the one after the last. */
export interface ByteRange {
  readonly from: number;
  readonly until: number;
}

export interface BlobAbout {
  readonly contextId: ContextId;
  readonly name: string;
  readonly mediaType: string;
}

/** Writes a blob as its bytes come; the next are taken when those before are kept. Gives its size and its id in hexadecimal. */
export async function writeBlob(
  api: NodeApi,
  about: BlobAbout,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly blob: string; readonly size: number }> {
  const upload = randomUUID();
  const { contextId, name, mediaType } = about;
  const write = async (chunk: Uint8Array) =>
    expectOutput(await api.call({ kind: "write-blob", upload, contextId, chunk }));
  try {
    // So that what is wrong with the context is said before anything is taken, and an empty blob begins.
    await write(new Uint8Array(0));
    for await (const chunk of inChunks(bytes)) await write(chunk);
    const output = expectOutput(await api.call({ kind: "finish-blob", upload, name, mediaType }));
    if (!isJsonObject(output)) throw new HttpError(500, "the node gave another answer than a blob");
    return { blob: String(output.blob), size: Number(output.size) };
  } catch (error) {
    await api.call({ kind: "abandon-blob", upload });
    throw error;
  }
}

/** The first bytes that are asked for, and the size of the blob: from here on, most that can fail has not. */
export async function openBlob(
  api: NodeApi,
  about: { readonly contextId: ContextId; readonly blob: BlobId },
  range: (size: number) => ByteRange,
): Promise<{ readonly size: number; readonly range: ByteRange; readonly bytes: AsyncIterable<Uint8Array> }> {
  const read = async (chunk: number) => {
    const outcome = await api.call({ kind: "read-blob", ...about, chunk });
    if (outcome.kind === "blob-chunk") return outcome;
    throw refusalOf(outcome);
  };
  // Of any chunk the size is told, and the first is there whenever one is.
  const { size, bytes: first } = await read(0);
  const chosen = range(size);
  const opening = Math.floor(chosen.from / chunkBytes);
  const begun = opening === 0 || chosen.from === chosen.until ? first : (await read(opening)).bytes;
  return { size, range: chosen, bytes: readOn({ opening, begun, range: chosen }, read) };
}

async function* readOn(
  { opening, begun, range }: { opening: number; begun: Uint8Array; range: ByteRange },
  read: (chunk: number) => Promise<{ readonly bytes: Uint8Array }>,
): AsyncGenerator<Uint8Array> {
  for (let index = opening; index * chunkBytes < range.until; index += 1) {
    const bytes = index === opening ? begun : (await read(index)).bytes;
    const start = index * chunkBytes;
    yield bytes.subarray(Math.max(0, range.from - start), Math.min(bytes.length, range.until - start));
  }
}

/** The same bytes in pieces of `chunkBytes`, but for the last. Each piece is a copy. */
async function* inChunks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunk = new Uint8Array(chunkBytes);
  let filled = 0;
  for await (const piece of bytes) {
    for (let offset = 0; offset < piece.length; ) {
      const taken = piece.subarray(offset, offset + chunkBytes - filled);
      chunk.set(taken, filled);
      filled += taken.length;
      offset += taken.length;
      if (filled < chunkBytes) continue;
      yield chunk;
      chunk = new Uint8Array(chunkBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.slice(0, filled);
}

function expectOutput(outcome: Outcome) {
  if (outcome.kind === "executed") return outcome.output;
  throw refusalOf(outcome);
}

const statuses: Readonly<Record<string, number>> = {
  "context-not-found": 404,
  "blob-not-found": 404,
  "not-permitted": 403,
  "too-large": 413,
  "blob-unavailable": 503,
  uninitialized: 503,
  "cannot-store": 507,
};

/** What a node said instead, as an answer of the API. */
export function refusalOf(outcome: Outcome): HttpError {
  if (outcome.kind !== "refused") return new HttpError(500, `the node gave another answer: ${outcome.kind}`);
  return new HttpError(statuses[outcome.code] ?? 400, outcome.message);
}
