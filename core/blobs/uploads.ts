/**
 * Blobs that clients are writing: the chunks so far, each stored before the next is taken, and the manifest last.
 * Nothing of one outlives a restart: what it stored is a stray then, as nobody was told that it is kept.
 */

import type { Outcome, RefusalCode } from "../effect.ts";
import type { BlobId, ContextId, Hash } from "../ids.ts";
import type { RequestId, UploadId } from "../input.ts";
import { blobBytesMax, chunkBytes } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import type { Turn } from "../turn.ts";
import { blobIdOf, encodeManifest, type Manifest, manifestChunk } from "./blob.ts";

export interface UploadMemory {
  readonly contextId: ContextId;
  readonly chunks: Hash[];
  /** Of these, in bytes. */
  size: number;
  /** The call whose chunk is being stored, or that ends the upload and whose manifest is. */
  pending: { readonly request: RequestId; readonly chunk: Hash } | null;
  /** What it becomes once its manifest is stored. */
  finishing: FinishedUpload | null;
  /** When it was last written to. */
  writtenMs: number;
}

/** A call whose chunk the disk is done with. */
export interface StoredFor {
  readonly request: RequestId;
  /** Of what was written so far, in bytes. */
  readonly size: number;
  /** The chunks of an upload that is over because of it. */
  readonly dropped: readonly Hash[];
  /** What the upload has become, where this was its manifest. */
  readonly finished: FinishedUpload | null;
}

export type UploadsMemory = Map<UploadId, UploadMemory>;

/** What a context is to refer to. Frozen. */
export interface FinishedUpload {
  readonly kind: "finished";
  readonly contextId: ContextId;
  readonly blob: BlobId;
  readonly manifest: Manifest;
  readonly name: string;
  readonly mediaType: string;
}

/** Nobody writes to one for this long: its client is gone. */
const abandonedAfterMs = 600_000;

export type Refused = Extract<Outcome, { kind: "refused" }>;

export function refusedBlob(code: RefusalCode, message: string): Refused {
  return { kind: "refused", code, message };
}

export class Uploads {
  readonly #memory: UploadsMemory;

  constructor(memory: UploadsMemory) {
    this.#memory = memory;
  }

  /** Takes the next chunk of one, which the first chunk begins; says why not where it cannot be. */
  add(
    upload: UploadId,
    next: {
      readonly contextId: ContextId;
      readonly request: RequestId;
      readonly chunk: Hash;
      readonly length: number;
    },
    turn: Turn,
  ): { readonly kind: "taken"; readonly upload: UploadMemory } | Refused {
    const { contextId, request, chunk, length } = next;
    const nothing = { chunks: [], size: 0, pending: null, finishing: null, writtenMs: turn.now.monotonicMs };
    const known = this.#memory.get(upload) ?? { contextId, ...nothing };
    const mistake = findMistake(known, length);
    if (mistake !== null) return mistake;
    this.#memory.set(upload, known);
    known.writtenMs = turn.now.monotonicMs;
    if (length === 0) return { kind: "taken", upload: known };
    known.pending = { request, chunk };
    known.chunks.push(chunk);
    known.size += length;
    return { kind: "taken", upload: known };
  }

  /** A chunk is on the disk, or failed to get there: the calls that waited for it. An upload that failed is over. */
  stored(chunk: Hash, isKept: boolean): readonly StoredFor[] {
    return Array.from(this.#memory).flatMap(([id, upload]) => {
      if (upload.pending?.chunk !== chunk) return [];
      const { pending, size, finishing } = upload;
      upload.pending = null;
      const dropped = isKept ? [] : this.abandon(id);
      if (isKept && finishing !== null) this.#memory.delete(id);
      return [{ request: pending.request, size, dropped, finished: finishing }];
    });
  }

  /** What one comes to whose chunks are all stored: to be given out by `stored` once its manifest is, too. */
  finish(
    upload: UploadId,
    about: { readonly name: string; readonly mediaType: string; readonly request: RequestId },
    crypto: Crypto,
  ): FinishedUpload | Refused {
    const known = this.#memory.get(upload);
    if (known === undefined)
      return refusedBlob("bad-arguments", "no such upload: it was ended, or left alone");
    if (known.pending !== null) return refusedBlob("bad-arguments", "a chunk of it is still being stored");
    const { contextId, size, chunks } = known;
    const { request, name, mediaType } = about;
    const manifest = Object.freeze({ size, chunks: Object.freeze([...chunks]) });
    const blob = blobIdOf(encodeManifest(manifest), crypto);
    const finished = Object.freeze({ kind: "finished" as const, contextId, blob, manifest, name, mediaType });
    known.finishing = finished;
    known.pending = { request, chunk: manifestChunk(blob) };
    return finished;
  }

  /** The call that waits for the disk; null where none does. */
  waiting(upload: UploadId): RequestId | null {
    return this.#memory.get(upload)?.pending?.request ?? null;
  }

  /** Ends one that comes to nothing; gives its chunks. */
  abandon(upload: UploadId): readonly Hash[] {
    const known = this.#memory.get(upload);
    this.#memory.delete(upload);
    return known?.chunks ?? [];
  }

  /** Ends those whose client is gone; gives their chunks. */
  sweep(nowMs: number): readonly Hash[] {
    const isLeft = ({ pending, writtenMs }: UploadMemory) =>
      pending === null && nowMs - writtenMs > abandonedAfterMs;
    const left = Array.from(this.#memory).filter(([, upload]) => isLeft(upload));
    return left.flatMap(([id]) => this.abandon(id));
  }

  /** Is a chunk part of an upload under way? */
  includes(chunk: Hash): boolean {
    return Array.from(this.#memory.values()).some(({ chunks }) => chunks.includes(chunk));
  }

  /** The chunks that uploads under way are made of. */
  *chunks(): Generator<Hash> {
    for (const { chunks } of this.#memory.values()) yield* chunks;
  }
}

function findMistake({ pending, size }: UploadMemory, length: number): Refused | null {
  if (pending !== null) return refusedBlob("bad-arguments", "the chunk before is still being stored");
  if (length > chunkBytes)
    return refusedBlob("bad-arguments", `a chunk of ${length} bytes, at most ${chunkBytes} are allowed`);
  if (size % chunkBytes !== 0)
    return refusedBlob("bad-arguments", `a chunk after one shorter than ${chunkBytes} bytes`);
  if (size + length > blobBytesMax)
    return refusedBlob("too-large", `more than ${blobBytesMax} bytes, which is the most a blob may have`);
  return null;
}
