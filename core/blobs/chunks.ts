/**
 * The chunks on this node's disk, manifests among them: which are there, which are being stored, who waits for one to
 * be read. The disk itself says what it has, once after each start, so that it and what is remembered of it cannot
 * come apart. What it has and nothing names then is a stray: what an upload or a drop that was broken off has left, or
 * all there is of blobs that the store has forgotten (docs/decisions/0038-strays.md).
 *
 * 1. A chunk counts as here only when it is durable.
 * 2. What is read is checked against its hash: a disk that returns other bytes has lost the chunk.
 * 3. Nothing is dropped before it is known what was there, and no stray before it is old, whatever else comes of the
 *    same bytes meanwhile.
 */

import type { BlobId, ContextId, Hash } from "../ids.ts";
import type { FoundChunk, RequestId, StreamId } from "../input.ts";
import type { Crypto } from "../ports.ts";
import type { Turn } from "../turn.ts";
import { hashOfChunk } from "./blob.ts";

/** A chunk of a blob that a client wants. */
export interface ClientRead {
  readonly kind: "client";
  readonly request: RequestId;
  readonly contextId: ContextId;
  readonly blob: BlobId;
  readonly index: number;
}

/** Who waits for a chunk to be read from the disk. */
export type ChunkReader =
  | ClientRead
  /** It may be a manifest, for which a client's read waits, too. */
  | { readonly kind: "manifest"; readonly read: ClientRead | null }
  | { readonly kind: "stream"; readonly stream: StreamId; readonly index: number };

export interface ChunksMemory {
  listing: "unasked" | "asked" | "known";
  readonly present: Set<Hash>;
  /** Of what was there when the disk was asked, what nothing has named since. */
  readonly strays: Set<Hash>;
  /** When it came to be known what was there: monotonic ms. */
  knownMs: number;
  readonly storing: Map<Hash, Uint8Array>;
  readonly reading: Map<Hash, ChunkReader[]>;
}

export function createChunksMemory(): ChunksMemory {
  const nothing = { present: new Set<Hash>(), strays: new Set<Hash>() };
  return { listing: "unasked", ...nothing, knownMs: 0, storing: new Map(), reading: new Map() };
}

export class Chunks {
  readonly #memory: ChunksMemory;
  readonly #crypto: Crypto;

  constructor(memory: ChunksMemory, crypto: Crypto) {
    this.#memory = memory;
    this.#crypto = crypto;
  }

  /** Is it known what is on the disk? If not, the disk is asked. */
  isKnown(turn: Turn): boolean {
    if (this.#memory.listing === "unasked") {
      this.#memory.listing = "asked";
      turn.perform({ kind: "list-chunks" });
    }
    return this.#memory.listing === "known";
  }

  /** Has the disk said what it has? */
  get isListed(): boolean {
    return this.#memory.listing === "known";
  }

  has(chunk: Hash): boolean {
    return this.#memory.present.has(chunk);
  }

  isStray(chunk: Hash): boolean {
    return this.#memory.strays.has(chunk);
  }

  hasStrays(): boolean {
    return this.#memory.strays.size > 0;
  }

  /** Something that is kept is made of these. */
  named(chunks: readonly Hash[]): void {
    for (const chunk of chunks) this.#memory.strays.delete(chunk);
  }

  isStoring(chunk: Hash): boolean {
    return this.#memory.storing.has(chunk);
  }

  store(chunk: Hash, bytes: Uint8Array, turn: Turn): void {
    if (this.#memory.storing.has(chunk)) return;
    this.#memory.storing.set(chunk, bytes);
    turn.perform({ kind: "store-chunk", chunk, bytes });
  }

  /** The disk is done with a chunk that it was to store: its bytes, for those who wait for them. */
  stored(chunk: Hash, isKept: boolean): Uint8Array | undefined {
    const bytes = this.#memory.storing.get(chunk);
    this.#memory.storing.delete(chunk);
    if (isKept) this.#memory.present.add(chunk);
    return bytes;
  }

  read(chunk: Hash, reader: ChunkReader, turn: Turn): void {
    const waiting = this.#memory.reading.get(chunk);
    if (waiting !== undefined) {
      waiting.push(reader);
      return;
    }
    this.#memory.reading.set(chunk, [reader]);
    turn.perform({ kind: "read-chunk", chunk });
  }

  /** What the disk found, as far as it can be trusted, and who waited for it. */
  wasRead(
    chunk: Hash,
    found: FoundChunk,
    turn: Turn,
  ): { readonly found: FoundChunk; readonly readers: readonly ChunkReader[] } {
    const readers = this.#memory.reading.get(chunk) ?? [];
    this.#memory.reading.delete(chunk);
    if (found.kind === "failed") return { found, readers };
    if (found.kind === "bytes" && hashOfChunk(found.bytes, this.#crypto) === chunk) return { found, readers };
    if (found.kind === "bytes") turn.perform({ kind: "drop-chunks", chunks: [chunk] });
    this.#memory.strays.delete(chunk);
    // What was dropped while it was read is missing for no bad reason.
    if (this.#memory.present.delete(chunk)) turn.observe("blob-chunk-damaged");
    return { found: { kind: "absent" }, readers };
  }

  /** The disk says what it has. What uploads have begun meanwhile may have been there before them. */
  wereListed(listed: readonly Hash[], isNamed: (chunk: Hash) => boolean, turn: Turn): void {
    const { present, strays } = this.#memory;
    this.#memory.listing = "known";
    this.#memory.knownMs = turn.now.monotonicMs;
    for (const chunk of [...listed, ...present]) if (!isNamed(chunk)) strays.add(chunk);
    for (const chunk of listed) if (!this.isStoring(chunk)) present.add(chunk);
  }

  /** Drops those that nobody wants, but for strays. */
  drop(chunks: readonly Hash[], isWanted: (chunk: Hash) => boolean, turn: Turn): number {
    const { listing, present, strays } = this.#memory;
    if (listing !== "known") return 0;
    const dropped = Array.from(new Set(chunks)).filter(
      (chunk) => present.has(chunk) && !strays.has(chunk) && !isWanted(chunk),
    );
    for (const chunk of dropped) present.delete(chunk);
    if (dropped.length > 0) turn.perform({ kind: "drop-chunks", chunks: dropped });
    return dropped.length;
  }

  /** Drops strays that nobody wants once they are older than that; gives how many. */
  dropStrays(ageMaxMs: number, isWanted: () => (chunk: Hash) => boolean, turn: Turn): number {
    const { strays, knownMs } = this.#memory;
    if (strays.size === 0 || turn.now.monotonicMs - knownMs < ageMaxMs) return 0;
    const old = Array.from(strays);
    strays.clear();
    return this.drop(old, isWanted(), turn);
  }
}
