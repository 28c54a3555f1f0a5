/**
 * The blobs this node keeps, whole or in part: their manifests, whether they were put here, and when they were last
 * used. Which of their chunks are here, the chunks say. Ages are counted anew after each start.
 *
 * A manifest lies beside the chunks as well as in the store, so that a store that is lost takes no blob with it.
 */

import { type BlobId, bytesOf, type Hash } from "../ids.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { decodeValue, encode, refuse } from "../wire/cbor.ts";
import { expectByteString, expectFields, expectList } from "../wire/expect.ts";
import {
  blobOf,
  chunkLengthOf,
  decodeManifest,
  encodeManifest,
  type Manifest,
  manifestChunk,
} from "./blob.ts";
import type { Chunks } from "./chunks.ts";

export interface HoldingMemory {
  /** Frozen. */
  readonly manifest: Manifest;
  /** Put here, and not only fetched. */
  isOwn: boolean;
  /** Monotonic ms. */
  usedMs: number;
  /** When garbage was last collected, no context referred to it. */
  wasUnreferenced: boolean;
}

export type ShelfMemory = Map<BlobId, HoldingMemory>;

const holdingsMax = 1_000_000;
const recordBytesMax = 64 * 1_048_576;

export class Shelf {
  readonly #memory: ShelfMemory;
  readonly #chunks: Chunks;

  constructor(memory: ShelfMemory, chunks: Chunks) {
    this.#memory = memory;
    this.#chunks = chunks;
  }

  get(blob: BlobId): HoldingMemory | undefined {
    return this.#memory.get(blob);
  }

  all(): ReadonlyMap<BlobId, HoldingMemory> {
    return this.#memory;
  }

  /** Keeps a blob from now on. What was put here once counts as put here. O(blobs). */
  keep(blob: BlobId, manifest: Manifest, about: { readonly isOwn: boolean; readonly turn: Turn }): void {
    const { isOwn, turn } = about;
    const usedMs = turn.now.monotonicMs;
    const held = this.#memory.get(blob);
    if (held !== undefined) {
      held.usedMs = usedMs;
      if (held.isOwn || !isOwn) return;
      held.isOwn = true;
    } else {
      this.#memory.set(blob, { manifest, isOwn, usedMs, wasUnreferenced: false });
      turn.put(storeKeys.blobManifest(blob), encodeManifest(manifest));
      this.#chunks.named([manifestChunk(blob), ...manifest.chunks]);
      this.#storeManifest(blob, manifest, turn);
    }
    this.#save(turn);
  }

  /** Is a chunk the manifest of a blob that is kept? */
  hasManifest(chunk: Hash): boolean {
    return this.#memory.has(blobOf(chunk));
  }

  /** Stores the manifests that are not beside the chunks: of an older store, or which the disk did not take or lost. */
  storeManifests(turn: Turn): void {
    for (const [blob, { manifest }] of this.#memory) this.#storeManifest(blob, manifest, turn);
  }

  touch(blob: BlobId, turn: Turn): void {
    const held = this.#memory.get(blob);
    if (held !== undefined) held.usedMs = turn.now.monotonicMs;
  }

  /** Keeps them no longer; gives the chunks they were made of, manifests first: without, nothing is put back. O(blobs). */
  remove(blobs: readonly BlobId[], turn: Turn): readonly Hash[] {
    const chunks = blobs.flatMap((blob) => chunksOf(blob, this.#memory.get(blob)));
    for (const blob of blobs) {
      this.#memory.delete(blob);
      turn.remove(storeKeys.blobManifest(blob));
    }
    if (blobs.length > 0) this.#save(turn);
    return chunks;
  }

  /** What the blobs kept here are made of, manifests included. */
  *chunks(): Generator<Hash> {
    for (const [blob, held] of this.#memory) yield* chunksOf(blob, held);
  }

  /** Of the chunks of a blob, the bytes of those that pass. */
  bytesOf({ manifest }: HoldingMemory, isHere: (chunk: Hash) => boolean): number {
    return manifest.chunks.reduce(
      (sum, chunk, index) => sum + (isHere(chunk) ? chunkLengthOf(manifest, index) : 0),
      0,
    );
  }

  /** Reads what is stored. For use inside `decoding`. */
  load(turn: Turn): void {
    const stored = turn.read(storeKeys.blobs);
    if (stored === undefined) return;
    const holdings = expectList(decodeValue(stored, recordBytesMax), holdingsMax, (entry) => {
      const [blob, isOwn] = expectFields(entry, 2, "a kept blob");
      return { blob: expectByteString<BlobId>(blob), isOwn: isOwn === true };
    });
    for (const { blob, isOwn } of holdings) {
      const manifest = turn.read(storeKeys.blobManifest(blob));
      if (manifest === undefined) return refuse("malformed", "a kept blob without its manifest");
      const usedMs = turn.now.monotonicMs;
      const held = { manifest: decodeManifest(manifest), isOwn, usedMs, wasUnreferenced: false };
      this.#memory.set(blob, held);
    }
  }

  #storeManifest(blob: BlobId, manifest: Manifest, turn: Turn): void {
    const chunk = manifestChunk(blob);
    if (!this.#chunks.has(chunk)) this.#chunks.store(chunk, encodeManifest(manifest), turn);
  }

  #save(turn: Turn): void {
    const byUse = Array.from(this.#memory).sort(([, a], [, b]) => a.usedMs - b.usedMs);
    turn.put(storeKeys.blobs, encode(byUse.map(([blob, { isOwn }]) => [bytesOf(blob), isOwn])));
  }
}

function chunksOf(blob: BlobId, held: HoldingMemory | undefined): readonly Hash[] {
  return held === undefined ? [] : [manifestChunk(blob), ...held.manifest.chunks];
}
