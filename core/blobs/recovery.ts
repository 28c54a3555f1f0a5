/**
 * Blobs that the store has forgotten, and whose manifests still lie beside the chunks: put on the shelf again where a
 * context refers to them, of strays alone. Nothing tells any more whether they were put here or only fetched; they
 * count as put here, as nobody else may have them.
 */

import { isFault } from "../fault.ts";
import type { BlobId, Hash } from "../ids.ts";
import type { Replica } from "../replica.ts";
import type { Services } from "../services.ts";
import type { Turn } from "../turn.ts";
import { blobOf, manifestChunk, openManifest } from "./blob.ts";
import type { Chunks, ClientRead } from "./chunks.ts";
import { referencesIn, referenceTo } from "./references.ts";
import type { Shelf } from "./shelf.ts";

interface RecoveryParts {
  readonly services: Services;
  readonly shelf: Shelf;
  readonly chunks: Chunks;
  readonly replicas: () => Iterable<Replica>;
}

export class Recovery {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Has every stray read that may be the manifest of a blob. O(references), where there are strays. */
  look(turn: Turn): void {
    const { chunks, replicas } = this.#parts;
    if (!chunks.hasStrays()) return;
    for (const { state } of replicas())
      for (const { blob } of referencesIn(state)) this.seek(blob, null, turn);
  }

  /** Has the manifest of a blob read that is not on the shelf; false where it cannot be here. */
  seek(blob: BlobId, read: ClientRead | null, turn: Turn): boolean {
    const { chunks } = this.#parts;
    const chunk = manifestChunk(blob);
    if (!chunks.isStray(chunk)) return false;
    chunks.read(chunk, { kind: "manifest", read }, turn);
    return true;
  }

  /** A stray was read that is what its hash says. It may be no manifest: then a member referred to what is none. */
  found(chunk: Hash, bytes: Uint8Array, turn: Turn): void {
    const { services, shelf, chunks, replicas } = this.#parts;
    const blob = blobOf(chunk);
    const isReferenced = Array.from(replicas()).some(({ state }) => referenceTo(blob, state) !== null);
    if (!isReferenced || !chunks.isStray(chunk)) return;
    const opened = openManifest(bytes, blob, services.codec.crypto);
    if (isFault(opened)) return;
    shelf.keep(blob, opened.manifest, { isOwn: true, turn });
    turn.observe("blob-recovered");
  }
}
