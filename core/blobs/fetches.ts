/**
 * Blobs fetched from members, as far as clients here want chunks of them: from several peers at a time, each asked
 * for what it has. A chunk is verified as it arrives and stored before anybody is given it; what is stored stays, so
 * that a fetch that was broken off, by a restart too, goes on where it was. A want ends with the chunk or with a
 * refusal that says why: nothing waits for ever. Invariants 7 and 14.
 */

import { present } from "../assert.ts";
import { Backoff } from "../backoff.ts";
import { type Fault, fault, isFault } from "../fault.ts";
import type { BlobId, ContextId, Hash, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import { partBytes } from "../limits.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import {
  askedChunksMax,
  type BlobMessage,
  decodeBlobMessage,
  encodeBlobMessage,
} from "../wire/blob-message.ts";
import {
  chunkLengthOf,
  findFalseChunk,
  hasBit,
  joinParts,
  lengthOf,
  type Manifest,
  openManifest,
} from "./blob.ts";
import type { Chunks, ClientRead } from "./chunks.ts";
import { createFetch, type FetchMemory, nameOf, take, wantedOf } from "./fetch.ts";
import type { Shelf } from "./shelf.ts";
import {
  attemptWaitMaxMs,
  chooseSource,
  describeAttempts,
  failedAgain,
  type SourceFailure,
  type SourceMemory,
} from "./sources.ts";

/** By context and blob. */
export type FetchesMemory = Map<string, FetchMemory>;

/** Peers asked at a time for one blob. */
const sourcesMax = 3;
/** What became of a chunk that the disk was given. */
interface StoredChunk {
  readonly chunk: Hash;
  readonly bytes: Uint8Array;
  /** Null where it is kept. */
  readonly problem: string | null;
}

export interface FetchParts {
  readonly services: Services;
  /** Connected peers that may have what a context refers to. */
  readonly members: (contextId: ContextId) => readonly PeerId[];
  readonly shelf: Shelf;
  readonly chunks: Chunks;
  readonly nextStream: () => StreamId;
  /** A client's chunk came. */
  readonly gave: (read: ClientRead, bytes: Uint8Array, turn: Turn) => void;
  /** What it waited for may be here already, now that it is known what the blob is made of. */
  readonly again: (read: ClientRead, turn: Turn) => void;
  readonly cannotStore: (read: ClientRead, problem: string, turn: Turn) => void;
  readonly unavailable: (read: ClientRead, why: string, turn: Turn) => void;
}

export class Fetches {
  readonly #memory: FetchesMemory;
  readonly #parts: FetchParts;
  readonly #backoff: Backoff;

  constructor(memory: FetchesMemory, parts: FetchParts) {
    this.#memory = memory;
    this.#backoff = new Backoff(parts.services.random, attemptWaitMaxMs);
    this.#parts = parts;
  }

  has(stream: StreamId): boolean {
    return this.#find(stream) !== null;
  }

  /** Is the blob being fetched now? */
  isFetching(blob: BlobId): boolean {
    return Array.from(this.#memory.values()).some((fetch) => fetch.blob === blob);
  }

  /** Is a chunk part of a blob that is being fetched now? */
  isFetchingChunk(chunk: Hash): boolean {
    return Array.from(this.#memory.values()).some(
      ({ blob }) => this.#parts.shelf.get(blob)?.manifest.chunks.includes(chunk) === true,
    );
  }

  /** A client wants a chunk that is not here. */
  want(read: ClientRead, turn: Turn): void {
    const { contextId, blob, index } = read;
    const name = contextId + blob;
    const fetch = this.#memory.get(name) ?? createFetch(read);
    if (fetch.waiting.length === 0) fetch.progressMs = turn.now.monotonicMs;
    fetch.waiting.push(read);
    fetch.latest = index;
    this.#memory.set(name, fetch);
    this.advance(name, turn);
  }

  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    const found = this.#find(stream);
    if (found === null) return;
    const { fetch, source } = found;
    const message = decodeBlobMessage(frame);
    const mistake = isFault(message) ? message : this.#handle(fetch, source, { message, turn });
    if (mistake !== null) {
      turn.blame(source.peer, mistake);
      this.#giveUp(fetch, source, { why: mistake.code === "false-blob" ? "false" : "failed", turn });
    }
    this.advance(nameOf(fetch), turn);
  }

  /** A peer, or the network, ended a stream. */
  closed(stream: StreamId, turn: Turn): void {
    const found = this.#find(stream);
    if (found === null) return;
    found.fetch.sources.delete(stream);
    this.#noteFailure(found.fetch, found.source.peer, { why: "failed", turn });
    this.advance(nameOf(found.fetch), turn);
  }

  /** The disk has a chunk now, or says why not: whoever waits for it is told. */
  stored({ chunk, bytes, problem }: StoredChunk, turn: Turn): void {
    for (const [name, fetch] of Array.from(this.#memory)) {
      const manifest = this.#parts.shelf.get(fetch.blob)?.manifest;
      const isIt = ({ index }: ClientRead) => manifest?.chunks[index] === chunk;
      for (const read of take(fetch.waiting, isIt)) {
        if (problem === null) this.#parts.gave(read, bytes, turn);
        else this.#parts.cannotStore(read, problem, turn);
      }
      this.advance(name, turn);
    }
  }

  /** Goes on with a fetch as far as it can now; also when its timer is due. */
  advance(name: string, turn: Turn): void {
    const fetch = this.#memory.get(name);
    if (fetch === undefined) return;
    this.#endSilent(fetch, turn);
    const idleMs = turn.now.monotonicMs - fetch.progressMs;
    const { syncTimeoutMs } = this.#parts.services.config;
    if (fetch.waiting.length > 0 && idleMs >= syncTimeoutMs) this.#failAll(fetch, turn);
    if (fetch.waiting.length === 0 && idleMs >= syncTimeoutMs / 6) return this.#close(name, fetch, turn);
    const open = this.#assign(fetch, turn);
    if (fetch.waiting.length > 0 && open) this.#openMore(fetch, turn);
    const { timers } = this.#parts.services;
    const stepMs = Math.min(500, Math.max(10, Math.floor(syncTimeoutMs / 10)));
    timers.setEarlier(timerName("blob-fetch", name), turn.now.monotonicMs + stepMs);
  }

  /** A context is on this node no more: whoever waits for its blobs is told. */
  left(contextId: ContextId, turn: Turn): void {
    for (const [name, fetch] of Array.from(this.#memory)) {
      if (fetch.contextId !== contextId) continue;
      for (const read of fetch.waiting.splice(0))
        this.#parts.unavailable(read, "its context was deleted from this node", turn);
      this.#close(name, fetch, turn);
    }
  }

  closeAll(turn: Turn): void {
    for (const [name, fetch] of Array.from(this.#memory)) this.#close(name, fetch, turn);
  }

  #handle(
    fetch: FetchMemory,
    source: SourceMemory,
    { message, turn }: { readonly message: BlobMessage; readonly turn: Turn },
  ): Fault | null {
    switch (message.kind) {
      case "blob-offer":
        return this.#takeOffer(fetch, source, { message, turn });
      case "chunk":
        return this.#takePart(fetch, source, { message, turn });
      case "chunk-absent": {
        if (source.asked[0] !== message.index) return unasked(message);
        // What it has may have changed altogether: it says anew when it is asked again.
        this.#giveUp(fetch, source, { why: "not-found", turn });
        return null;
      }
      case "blob-refusal":
        this.#giveUp(fetch, source, { why: message.reason === "version" ? "failed" : message.reason, turn });
        return null;
      case "blob-request":
      case "chunk-request":
        return fault("out-of-turn", `a ${message.kind} to whoever fetches a blob`);
    }
  }

  #takeOffer(
    fetch: FetchMemory,
    source: SourceMemory,
    {
      message,
      turn,
    }: { readonly message: Extract<BlobMessage, { kind: "blob-offer" }>; readonly turn: Turn },
  ): Fault | null {
    if (source.held !== null) return unasked(message);
    const { services, shelf } = this.#parts;
    const opened = openManifest(message.manifest, fetch.blob, services.codec.crypto);
    if (isFault(opened)) return opened;
    const { manifest } = opened;
    if (message.held.length !== Math.ceil(manifest.chunks.length / 8))
      return fault("malformed", `${message.held.length} bytes of bits for ${manifest.chunks.length} chunks`);
    shelf.keep(fetch.blob, manifest, { isOwn: false, turn });
    source.held = message.held;
    this.#progressed(fetch, source, turn);
    const isHere = ({ index }: ClientRead) => {
      const chunk = manifest.chunks[index];
      return chunk === undefined || this.#parts.chunks.has(chunk);
    };
    for (const read of take(fetch.waiting, isHere)) this.#parts.again(read, turn);
    return null;
  }

  /** Chunks come in the order in which they were asked for, and the parts of each in theirs. */
  #takePart(
    fetch: FetchMemory,
    source: SourceMemory,
    { message, turn }: { readonly message: Extract<BlobMessage, { kind: "chunk" }>; readonly turn: Turn },
  ): Fault | null {
    const { index, offset, bytes } = message;
    const manifest = this.#parts.shelf.get(fetch.blob)?.manifest;
    if (manifest === undefined || source.asked[0] !== index || offset !== lengthOf(source.parts))
      return unasked(message);
    const left = chunkLengthOf(manifest, index) - offset;
    if (bytes.length !== Math.min(left, partBytes))
      return fault("malformed", `a part of ${bytes.length} bytes where ${left} are left of its chunk`);
    source.parts.push(bytes);
    this.#progressed(fetch, source, turn);
    if (bytes.length < left) return null;
    const chunk = joinParts(source.parts.splice(0));
    source.asked.shift();
    source.begunMs = turn.now.monotonicMs;
    return this.#takeChunk(fetch, { manifest, index, bytes: chunk, peer: source.peer }, turn);
  }

  #takeChunk(
    { contextId }: FetchMemory,
    about: { readonly manifest: Manifest; readonly index: number; readonly bytes: Uint8Array; peer: PeerId },
    turn: Turn,
  ): Fault | null {
    const { manifest, index, bytes, peer } = about;
    const { services, chunks } = this.#parts;
    const mistake = findFalseChunk(bytes, { manifest, index }, services.codec.crypto);
    if (mistake !== null) return mistake;
    turn.observe("blob-chunk-fetched", { contextId, peer });
    const chunk = present(manifest.chunks[index], "a chunk that was verified");
    if (!chunks.has(chunk)) chunks.store(chunk, bytes, turn);
    return null;
  }

  /** Asks the sources for what is wanted and nobody was asked for; true where some of it is left. */
  #assign(fetch: FetchMemory, turn: Turn): boolean {
    if (this.#parts.shelf.get(fetch.blob) === undefined) return true;
    const nowMs = turn.now.monotonicMs;
    const { shelf, chunks } = this.#parts;
    const wanted = wantedOf(fetch, {
      hashes: shelf.get(fetch.blob)?.manifest.chunks ?? [],
      isHere: (chunk) => chunks.has(chunk) || chunks.isStoring(chunk),
      isSlow: ({ begunMs }) => nowMs - begunMs >= this.#sourcePatienceMs,
    });
    for (const source of Array.from(fetch.sources.values())) {
      const { held } = source;
      if (held === null) continue;
      const mine = wanted.filter((index) => hasBit(held, index) && !source.asked.includes(index));
      // Who was asked for nothing was neither slow nor silent.
      if (source.asked.length === 0) Object.assign(source, { begunMs: nowMs, progressMs: nowMs });
      for (const index of mine.slice(0, askedChunksMax - source.asked.length)) {
        wanted.splice(wanted.indexOf(index), 1);
        source.asked.push(index);
        this.#say(source, { kind: "chunk-request", index }, turn);
      }
      // It makes room for another.
      const isOfNoUse = wanted.length > 0 && mine.length === 0 && source.asked.length === 0;
      if (isOfNoUse) this.#giveUp(fetch, source, { why: "not-found", turn });
    }
    return wanted.length > 0;
  }

  #openMore(fetch: FetchMemory, turn: Turn): void {
    const { services, members, nextStream } = this.#parts;
    const { contextId, blob, sources, attempts } = fetch;
    const nowMs = turn.now.monotonicMs;
    while (sources.size < sourcesMax) {
      const peer = chooseSource(members(contextId), { sources, attempts, random: services.random, nowMs });
      if (peer === null) return;
      const stream = nextStream();
      const source: SourceMemory = {
        stream,
        peer,
        held: null,
        asked: [],
        parts: [],
        begunMs: nowMs,
        progressMs: nowMs,
      };
      sources.set(stream, source);
      turn.perform({ kind: "open-stream", stream, peer, protocol: "blob" });
      this.#say(source, { kind: "blob-request", contextId, blob }, turn);
    }
  }

  /** Others are asked for what a silent peer was to give, well before clients lose patience. */
  #endSilent(fetch: FetchMemory, turn: Turn): void {
    const patienceMs = this.#sourcePatienceMs;
    for (const source of Array.from(fetch.sources.values())) {
      const isWaiting = source.held === null || source.asked.length > 0;
      if (isWaiting && turn.now.monotonicMs - source.progressMs >= patienceMs)
        this.#giveUp(fetch, source, { why: "failed", turn });
    }
  }

  /** For a part, before a source is given up; for a whole chunk, before others are asked for it too. */
  get #sourcePatienceMs(): number {
    return this.#parts.services.config.syncTimeoutMs / 3;
  }

  #failAll(fetch: FetchMemory, turn: Turn): void {
    const members = this.#parts.members(fetch.contextId);
    const why = `nobody gave it in time: ${describeAttempts(members, fetch.attempts)}`;
    turn.observe("blob-unavailable", {
      contextId: fetch.contextId,
      amount: fetch.waiting.length,
      detail: why,
    });
    for (const read of fetch.waiting.splice(0)) this.#parts.unavailable(read, why, turn);
  }

  #giveUp(
    fetch: FetchMemory,
    source: SourceMemory,
    about: { readonly why: SourceFailure; readonly turn: Turn },
  ): void {
    if (!fetch.sources.delete(source.stream)) return;
    about.turn.perform({ kind: "close-stream", stream: source.stream });
    this.#noteFailure(fetch, source.peer, about);
  }

  #noteFailure(
    { attempts }: FetchMemory,
    peer: PeerId,
    { why, turn }: { readonly why: SourceFailure; readonly turn: Turn },
  ): void {
    failedAgain(attempts, peer, { why, backoff: this.#backoff, nowMs: turn.now.monotonicMs });
  }

  #close(name: string, fetch: FetchMemory, turn: Turn): void {
    this.#memory.delete(name);
    this.#parts.services.timers.clear(timerName("blob-fetch", name));
    for (const { stream } of fetch.sources.values()) turn.perform({ kind: "close-stream", stream });
  }

  #progressed(fetch: FetchMemory, source: SourceMemory, turn: Turn): void {
    fetch.progressMs = turn.now.monotonicMs;
    source.progressMs = turn.now.monotonicMs;
  }

  #say({ stream }: SourceMemory, message: BlobMessage, turn: Turn): void {
    turn.perform({ kind: "send", stream, frame: encodeBlobMessage(message) });
  }

  #find(stream: StreamId): { readonly fetch: FetchMemory; readonly source: SourceMemory } | null {
    for (const fetch of this.#memory.values()) {
      const source = fetch.sources.get(stream);
      if (source !== undefined) return { fetch, source };
    }
    return null;
  }
}

function unasked({ kind }: BlobMessage): Fault {
  return fault("out-of-turn", `a ${kind} that was not asked for`);
}
