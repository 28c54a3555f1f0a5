/**
 * What clients of this node ask of blobs: written a chunk at a time, named by a context, read a chunk at a time and
 * from others where they are not here, deleted. Each call is answered once, when what it rests on has come about.
 */

import { present, unreachable } from "../assert.ts";
import type { Outcome } from "../effect.ts";
import { type BlobId, type ContextId, type Hash, toHex } from "../ids.ts";
import type { BlobCall, FoundChunk, RequestId } from "../input.ts";
import type { Json } from "../json.ts";
import type { Replica } from "../replica.ts";
import type { Services } from "../services.ts";
import type { Action } from "../state/action.ts";
import type { Turn } from "../turn.ts";
import { encodeManifest, hashOfChunk, manifestChunk } from "./blob.ts";
import type { Chunks, ClientRead } from "./chunks.ts";
import { labelExpectation, putReference, referenceTo, removeReference } from "./references.ts";
import type { Shelf } from "./shelf.ts";
import { type FinishedUpload, type Refused, refusedBlob, type Uploads } from "./uploads.ts";

type CallOf<Kind extends BlobCall["kind"]> = Extract<BlobCall, { readonly kind: Kind }>;

interface ClientsParts {
  readonly services: Services;
  readonly shelf: Shelf;
  readonly chunks: Chunks;
  readonly uploads: Uploads;
  readonly replica: (contextId: ContextId) => Replica | undefined;
  /** Looks for a manifest that may be on the disk; false where none can be. The read goes on then. */
  readonly seek: (blob: BlobId, read: ClientRead, turn: Turn) => boolean;
  /** Has a chunk fetched that is not here. */
  readonly want: (read: ClientRead, turn: Turn) => void;
  /** These chunks may be wanted by nobody any more. */
  readonly released: (chunks: readonly Hash[], turn: Turn) => void;
}

export class BlobClients {
  /** Reads that wait until it is known what is on the disk. */
  readonly #early: ClientRead[];
  readonly #parts: ClientsParts;

  constructor(early: ClientRead[], parts: ClientsParts) {
    this.#early = early;
    this.#parts = parts;
  }

  call(request: RequestId, call: BlobCall, turn: Turn): void {
    switch (call.kind) {
      case "write-blob":
        return this.#write(request, call, turn);
      case "finish-blob":
        return this.#finish(request, call, turn);
      case "abandon-blob":
        return this.#abandon(request, call, turn);
      case "read-blob": {
        const { contextId, blob, chunk: index } = call;
        return this.read({ kind: "client", request, contextId, blob, index }, turn);
      }
      case "delete-blob":
        return reply(request, this.#delete(call, turn), turn);
      default:
        return unreachable(call);
    }
  }

  /** Answers a read from the disk, or has others asked. `isSought`: there is no manifest of it on the disk. */
  read(read: ClientRead, turn: Turn, isSought = false): void {
    const { request, contextId, blob, index } = read;
    const { shelf, chunks, want } = this.#parts;
    const refusal = this.#refusal(contextId, blob);
    if (refusal !== null) return reply(request, refusal, turn);
    if (!chunks.isKnown(turn)) {
      this.#early.push(read);
      return;
    }
    const manifest = shelf.get(blob)?.manifest;
    if (manifest === undefined) {
      const isHere = !isSought && this.#parts.seek(blob, read, turn);
      return isHere ? undefined : want(read, turn);
    }
    shelf.touch(blob, turn);
    const chunk = manifest.chunks[index];
    if (chunk !== undefined) return chunks.has(chunk) ? chunks.read(chunk, read, turn) : want(read, turn);
    if (manifest.size === 0 && index === 0) return this.gave(read, new Uint8Array(0), turn);
    const found = `chunk ${index} of a blob that has ${manifest.chunks.length}`;
    reply(request, refusedBlob("bad-arguments", `found ${found}`), turn);
  }

  /** It is known now what is on the disk. */
  goOn(turn: Turn): void {
    for (const read of this.#early.splice(0)) this.read(read, turn);
  }

  /** The disk is done with a chunk that was written, or with the manifest of what was. */
  stored(chunk: Hash, problem: string | null, turn: Turn): void {
    const { uploads, released } = this.#parts;
    for (const { request, size, dropped, finished } of uploads.stored(chunk, problem === null)) {
      if (problem !== null) reply(request, cannotStore(problem), turn);
      else reply(request, finished === null ? written(size) : this.#keep(finished, turn), turn);
      released(dropped, turn);
    }
  }

  /** The disk has read a chunk, or has it no longer. */
  wasRead(read: ClientRead, found: FoundChunk, turn: Turn): void {
    switch (found.kind) {
      case "bytes":
        // What was dropped meanwhile is fetched again, or refused by now.
        if (this.#parts.shelf.get(read.blob) === undefined) return this.read(read, turn);
        return this.gave(read, found.bytes, turn);
      case "absent":
        return this.read(read, turn);
      case "failed":
        return this.failed(read, refusedBlob("blob-unavailable", `the disk failed: ${found.problem}`), turn);
      default:
        return unreachable(found);
    }
  }

  gave({ request, blob }: ClientRead, bytes: Uint8Array, turn: Turn): void {
    const { size } = present(this.#parts.shelf.get(blob), "a blob that was read").manifest;
    reply(request, { kind: "blob-chunk", bytes, size }, turn);
  }

  failed({ request }: ClientRead, refusal: Refused, turn: Turn): void {
    reply(request, refusal, turn);
  }

  #write(request: RequestId, { upload, contextId, chunk: bytes }: CallOf<"write-blob">, turn: Turn): void {
    const { uploads, chunks, services } = this.#parts;
    const refusal = this.#refusal(contextId);
    if (refusal !== null) return reply(request, refusal, turn);
    const chunk = hashOfChunk(bytes, services.codec.crypto);
    // Where blobs come to be used, it becomes known what is on the disk.
    chunks.isKnown(turn);
    const added = uploads.add(upload, { contextId, request, chunk, length: bytes.length }, turn);
    if (added.kind === "refused") return reply(request, added, turn);
    if (bytes.length > 0 && !chunks.has(chunk)) return chunks.store(chunk, bytes, turn);
    added.upload.pending = null;
    reply(request, written(added.upload.size), turn);
  }

  /** Ends an upload; the call that still waits for the disk is told so. */
  #abandon(request: RequestId, { upload }: CallOf<"abandon-blob">, turn: Turn): void {
    const { uploads, released } = this.#parts;
    const waiting = uploads.waiting(upload);
    if (waiting !== null)
      reply(waiting, refusedBlob("bad-arguments", "the upload was ended meanwhile"), turn);
    released(uploads.abandon(upload), turn);
    reply(request, { kind: "executed", output: null, written: null }, turn);
  }

  /** A blob is named once its manifest is durable, as its chunks are. */
  #finish(request: RequestId, { upload, name, mediaType }: CallOf<"finish-blob">, turn: Turn): void {
    const { uploads, services, chunks } = this.#parts;
    const expected = labelExpectation(name) ?? labelExpectation(mediaType);
    if (expected !== null) {
      const refusal = refusedBlob("bad-arguments", `expected a name and a media type of ${expected}`);
      return reply(request, refusal, turn);
    }
    const finished = uploads.finish(upload, { request, name, mediaType }, services.codec.crypto);
    if (finished.kind === "refused") return reply(request, finished, turn);
    const chunk = manifestChunk(finished.blob);
    if (chunks.has(chunk)) return this.stored(chunk, null, turn);
    chunks.store(chunk, encodeManifest(finished.manifest), turn);
  }

  /** The reference and what is kept here leave in one commit. */
  #keep({ contextId, blob, manifest, name, mediaType }: FinishedUpload, turn: Turn): Outcome {
    const { shelf, released } = this.#parts;
    const { size } = manifest;
    const reference = putReference({ blob, name, size, mediaType });
    const output = { blob: toHex(blob), size };
    const outcome = this.#record(contextId, { action: reference, output }, turn);
    if (outcome.kind === "executed") {
      shelf.keep(blob, manifest, { isOwn: true, turn });
      turn.observe("blob-put", { contextId });
    } else {
      released([manifestChunk(blob), ...manifest.chunks], turn);
    }
    return outcome;
  }

  #delete({ contextId, blob }: CallOf<"delete-blob">, turn: Turn): Outcome {
    const action = removeReference(blob);
    return this.#refusal(contextId, blob) ?? this.#record(contextId, { action, output: null }, turn);
  }

  #record(
    contextId: ContextId,
    { action, output }: { readonly action: Action; readonly output: Json },
    turn: Turn,
  ): Outcome {
    const replica = this.#parts.replica(contextId);
    return replica?.calls.record([action], output, turn) ?? noContext(contextId);
  }

  /** Why nothing can be done in a context, or with a blob of it; null when it can. */
  #refusal(contextId: ContextId, blob?: BlobId): Refused | null {
    const replica = this.#parts.replica(contextId);
    const context = toHex(contextId);
    if (replica === undefined) return noContext(contextId);
    if (!replica.isInitialized)
      return refusedBlob("uninitialized", `the genesis of context ${context} has not arrived yet`);
    if (blob === undefined || referenceTo(blob, replica.state) !== null) return null;
    const why = "it was deleted, or its reference has not arrived";
    return refusedBlob("blob-not-found", `context ${context} refers to no blob ${toHex(blob)} here: ${why}`);
  }
}

/** The refusal of what the disk did not take. */
export function cannotStore(problem: string): Refused {
  return refusedBlob("cannot-store", `the blob cannot be kept on this node: ${problem}`);
}

function noContext(contextId: ContextId): Refused {
  return refusedBlob("context-not-found", `no context ${toHex(contextId)} on this node`);
}

function written(size: number): Outcome {
  return { kind: "executed", output: { size }, written: null };
}

function reply(request: RequestId, outcome: Outcome, turn: Turn): void {
  turn.perform({ kind: "reply", request, outcome });
}
