/**
 * START HERE for blobs: what clients, peers, the disk and time do to the blobs of a node. Bytes pass through a chunk
 * at a time and none stays in memory; what is here is bookkeeping. docs/blobs.md.
 *
 *   written (`clients.ts`, `uploads.ts`), fetched (`fetches.ts`) or found on the disk (`recovery.ts`) → stored
 *   (`chunks.ts`, `shelf.ts`) → read, served (`serving.ts`) → dropped (`eviction.ts`)
 */

import { unreachable } from "../assert.ts";
import type { BlobId, ContextId, Hash, PeerId } from "../ids.ts";
import type { BlobCall, ChunkInput, FoundChunk, RequestId, StreamId } from "../input.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import {
  type ChunkReader,
  Chunks,
  type ChunksMemory,
  type ClientRead,
  createChunksMemory,
} from "./chunks.ts";
import { BlobClients, cannotStore } from "./clients.ts";
import { chooseEvicted } from "./eviction.ts";
import { Fetches, type FetchesMemory } from "./fetches.ts";
import { Recovery } from "./recovery.ts";
import { referenceTo } from "./references.ts";
import { Serving, type ServingMemory } from "./serving.ts";
import { type HoldingMemory, Shelf, type ShelfMemory } from "./shelf.ts";
import { refusedBlob, Uploads, type UploadsMemory } from "./uploads.ts";

export interface BlobsMemory {
  readonly chunks: ChunksMemory;
  readonly shelf: ShelfMemory;
  readonly uploads: UploadsMemory;
  readonly fetches: FetchesMemory;
  readonly serving: ServingMemory;
  readonly early: ClientRead[];
}

export function createBlobsMemory(): BlobsMemory {
  const nothing = { uploads: new Map(), fetches: new Map(), serving: new Map(), early: [] };
  return { chunks: createChunksMemory(), shelf: new Map(), ...nothing };
}

interface BlobsAbout {
  readonly peers: Peers;
  readonly replicas: () => ReadonlyMap<ContextId, Replica>;
  /** The number of a stream to open. */
  readonly nextStream: () => StreamId;
}

export class Blobs {
  readonly shelf: Shelf;
  readonly chunks: Chunks;
  readonly serving: Serving;
  readonly fetches: Fetches;
  readonly #services: Services;
  readonly #about: BlobsAbout;
  readonly #uploads: Uploads;
  readonly #clients: BlobClients;
  readonly #recovery: Recovery;

  constructor(memory: BlobsMemory, services: Services, about: BlobsAbout) {
    this.#services = services;
    this.#about = about;
    this.chunks = new Chunks(memory.chunks, services.codec.crypto);
    this.shelf = new Shelf(memory.shelf, this.chunks);
    this.#uploads = new Uploads(memory.uploads);
    const parts = { services, shelf: this.shelf, chunks: this.chunks };
    const recovery = new Recovery({ ...parts, replicas: () => about.replicas().values() });
    this.#recovery = recovery;
    const clients = new BlobClients(memory.early, {
      ...{ ...parts, uploads: this.#uploads },
      seek: (blob, read, turn) => recovery.seek(blob, read, turn),
      replica: (contextId) => about.replicas().get(contextId),
      want: (read, turn) => this.fetches.want(read, turn),
      released: (chunks, turn) => this.#drop(chunks, turn),
    });
    this.#clients = clients;
    this.serving = new Serving(memory.serving, {
      ...parts,
      maySee: (peer, contextId, blob) => this.#maySee(peer, contextId, blob),
      seek: (blob, turn) => recovery.seek(blob, null, turn),
    });
    this.fetches = new Fetches(memory.fetches, {
      ...{ ...parts, nextStream: about.nextStream },
      members: (contextId) =>
        about.peers.subscribers(contextId).filter((peer) => this.#admits(contextId, peer)),
      again: (read, turn) => clients.read(read, turn),
      gave: (read, bytes, turn) => clients.gave(read, bytes, turn),
      cannotStore: (read, problem, turn) => clients.failed(read, cannotStore(problem), turn),
      unavailable: (read, why, turn) => clients.failed(read, refusedBlob("blob-unavailable", why), turn),
    });
  }

  /** For use inside `decoding`. */
  load(turn: Turn): void {
    this.shelf.load(turn);
    if (this.shelf.all().size > 0) this.chunks.isKnown(turn);
    this.#evictLater(turn);
  }

  has(stream: StreamId): boolean {
    return this.serving.has(stream) || this.fetches.has(stream);
  }

  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    if (this.serving.has(stream)) this.serving.receive(stream, frame, turn);
    else this.fetches.receive(stream, frame, turn);
  }

  closed(stream: StreamId, turn: Turn): void {
    if (this.serving.has(stream)) this.serving.closed(stream);
    else this.fetches.closed(stream, turn);
  }

  closeAll(turn: Turn): void {
    this.serving.closeAll(turn);
    this.fetches.closeAll(turn);
  }

  /** A context is on this node no more: what it alone referred to goes as garbage does. */
  left(contextId: ContextId, turn: Turn): void {
    this.fetches.left(contextId, turn);
  }

  /** Of a blob, how many bytes are here. */
  bytesHere(held: HoldingMemory): number {
    return this.shelf.bytesOf(held, (chunk) => this.chunks.has(chunk));
  }

  /** A client's call. It is answered once, when what it rests on has come about. */
  call(request: RequestId, call: BlobCall, turn: Turn): void {
    this.#clients.call(request, call, turn);
  }

  /** The disk has done what it was asked for. */
  diskDid(input: ChunkInput, turn: Turn): void {
    switch (input.kind) {
      case "chunk-stored":
        return this.#stored(input.chunk, input.problem, turn);
      case "chunk-read": {
        const { found, readers } = this.chunks.wasRead(input.chunk, input.found, turn);
        for (const reader of readers) this.#wasRead(reader, { chunk: input.chunk, found }, turn);
        return;
      }
      case "chunks-listed":
        this.chunks.wereListed(input.chunks, amongOf(this.shelf.chunks()), turn);
        this.shelf.storeManifests(turn);
        this.#recovery.look(turn);
        return this.#clients.goOn(turn);
      default:
        return unreachable(input);
    }
  }

  /** The timer of eviction is due: takes up what the store forgot, drops what was fetched and not read, and what nothing refers to. */
  evict(turn: Turn): void {
    this.#evictLater(turn);
    if (!this.chunks.isKnown(turn)) return;
    this.shelf.storeManifests(turn);
    this.#recovery.look(turn);
    const { blobCacheAgeMaxMs, blobCacheCountMax, blobCacheBytesMax } = this.#services.config;
    const nowMs = turn.now.monotonicMs;
    const idle = Array.from(this.shelf.all()).filter(([blob]) => !this.fetches.isFetching(blob));
    const garbage = new Set(idle.flatMap(([blob, held]) => (this.#isGarbage(blob, held) ? [blob] : [])));
    const cached = idle.flatMap(([blob, held]) => {
      if (held.isOwn || garbage.has(blob)) return [];
      return [{ blob, bytes: this.bytesHere(held), usedMs: held.usedMs }];
    });
    const limits = { ageMaxMs: blobCacheAgeMaxMs, countMax: blobCacheCountMax, bytesMax: blobCacheBytesMax };
    const evicted = chooseEvicted(cached, limits, nowMs);
    if (garbage.size > 0) turn.observe("blob-collected", { amount: garbage.size });
    if (evicted.length > 0) turn.observe("blob-evicted", { amount: evicted.length });
    const left = this.#uploads.sweep(nowMs);
    this.#drop([...left, ...this.shelf.remove([...garbage, ...evicted], turn)], turn);
    this.#dropStrays(turn);
  }

  /** The one place that decides who is given the blobs of a context, and asked for them. */
  #admits(contextId: ContextId, peer: PeerId): boolean {
    const replica = this.#about.replicas().get(contextId);
    return replica?.isInitialized === true && this.#about.peers.admits(replica, peer);
  }

  #maySee(peer: PeerId, contextId: ContextId, blob: BlobId): boolean {
    const replica = this.#about.replicas().get(contextId);
    return (
      replica !== undefined && this.#admits(contextId, peer) && referenceTo(blob, replica.state) !== null
    );
  }

  #stored(chunk: Hash, problem: string | null, turn: Turn): void {
    const bytes = this.chunks.stored(chunk, problem === null);
    this.#clients.stored(chunk, problem, turn);
    if (bytes !== undefined) this.fetches.stored({ chunk, bytes, problem }, turn);
    // Whoever had it stored may have given it up meanwhile. Looking at everything is dear: rarely is it needed.
    const isExpected =
      this.#uploads.includes(chunk) || this.shelf.hasManifest(chunk) || this.fetches.isFetchingChunk(chunk);
    if (!isExpected) this.#drop([chunk], turn);
  }

  #wasRead(
    reader: ChunkReader,
    { chunk, found }: { readonly chunk: Hash; readonly found: FoundChunk },
    turn: Turn,
  ): void {
    const bytes = found.kind === "bytes" ? found.bytes : null;
    switch (reader.kind) {
      case "client":
        return this.#clients.wasRead(reader, found, turn);
      case "stream":
        return this.serving.wasRead(reader.stream, reader.index, { bytes, turn });
      case "manifest":
        if (bytes !== null) this.#recovery.found(chunk, bytes, turn);
        if (reader.read !== null) this.#clients.read(reader.read, turn, true);
        return;
      default:
        return unreachable(reader);
    }
  }

  /** Nothing refers to it, now and when garbage was last collected: a reference may be on its way. */
  #isGarbage(blob: BlobId, held: HoldingMemory): boolean {
    const replicas = Array.from(this.#about.replicas().values());
    const isReferenced = replicas.some(({ state }) => referenceTo(blob, state) !== null);
    const wasUnreferenced = held.wasUnreferenced;
    held.wasUnreferenced = !isReferenced;
    return wasUnreferenced && !isReferenced;
  }

  #drop(chunks: readonly Hash[], turn: Turn): void {
    if (chunks.length > 0) this.chunks.drop(chunks, this.#wanted(), turn);
  }

  #dropStrays(turn: Turn): void {
    const { blobStrayAgeMaxMs, blobEvictionMs } = this.#services.config;
    // What was named until then has been looked for, and read, since.
    const ageMaxMs = blobStrayAgeMaxMs + blobEvictionMs;
    const dropped = this.chunks.dropStrays(ageMaxMs, () => this.#wanted(), turn);
    if (dropped > 0) turn.observe("blob-strays-dropped", { amount: dropped });
  }

  /** Whether a chunk is part of anything that is kept or written. O(all chunks). */
  #wanted(): (chunk: Hash) => boolean {
    return amongOf(this.shelf.chunks(), this.#uploads.chunks());
  }

  #evictLater(turn: Turn): void {
    const { timers, config } = this.#services;
    timers.set(timerName("blob-eviction"), turn.now.monotonicMs + config.blobEvictionMs);
  }
}

function amongOf(...lists: readonly Iterable<Hash>[]): (chunk: Hash) => boolean {
  const all = new Set<Hash>();
  for (const list of lists) for (const chunk of list) all.add(chunk);
  return (chunk) => all.has(chunk);
}
