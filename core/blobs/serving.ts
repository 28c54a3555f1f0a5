/**
 * Blobs given to peers, each on a stream that the peer opened. A chunk is read only once the one before it was sent,
 * and a peer asks for few ahead, so that little waits in memory whoever reads slowly. Invariant 14.
 */

import { type Fault, fault, isFault } from "../fault.ts";
import type { BlobId, ContextId, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import {
  askedChunksMax,
  type BlobMessage,
  type BlobRefusal,
  decodeBlobMessage,
  encodeBlobMessage,
} from "../wire/blob-message.ts";
import { encodeManifest, packBits, partsOf } from "./blob.ts";
import type { Chunks } from "./chunks.ts";
import type { HoldingMemory, Shelf } from "./shelf.ts";

export interface ServedMemory {
  readonly stream: StreamId;
  readonly peer: PeerId;
  /** What it asked for; null until it has. */
  about: { readonly contextId: ContextId; readonly blob: BlobId } | null;
  /** Chunks asked for and not sent, in the order in which they were asked for; the first is being read. */
  readonly asked: number[];
  progressMs: number;
}

export type ServingMemory = Map<StreamId, ServedMemory>;

/** Streams served at a time, and of these for one peer. */
const servedMax = 16;
const servedPerPeerMax = 4;

interface ServingParts {
  readonly services: Services;
  readonly shelf: Shelf;
  readonly chunks: Chunks;
  /** May a peer be given what a context refers to, and does it refer to this? Asked again for every chunk. */
  readonly maySee: (peer: PeerId, contextId: ContextId, blob: BlobId) => boolean;
  /** Looks for a manifest that may be on the disk; false where none can be. */
  readonly seek: (blob: BlobId, turn: Turn) => boolean;
}

export class Serving {
  readonly #memory: ServingMemory;
  readonly #parts: ServingParts;

  constructor(memory: ServingMemory, parts: ServingParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  has(stream: StreamId): boolean {
    return this.#memory.has(stream);
  }

  get count(): number {
    return this.#memory.size;
  }

  accept(stream: StreamId, peer: PeerId, turn: Turn): void {
    const progressMs = turn.now.monotonicMs;
    const served: ServedMemory = { stream, peer, about: null, asked: [], progressMs };
    const ofPeer = Array.from(this.#memory.values()).filter((other) => other.peer === peer);
    if (this.#memory.size >= servedMax || ofPeer.length >= servedPerPeerMax)
      return this.#refuse(served, "busy", turn);
    this.#memory.set(stream, served);
    this.#watchLater(turn);
  }

  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    const served = this.#memory.get(stream);
    if (served === undefined) return;
    const message = decodeBlobMessage(frame);
    if (isFault(message)) {
      if (message.code === "unknown-version") return this.#refuse(served, "version", turn);
      return this.#fail(served, message, turn);
    }
    const mistake = this.#handle(served, message, turn);
    if (mistake !== null) this.#fail(served, mistake, turn);
  }

  closed(stream: StreamId): void {
    this.#memory.delete(stream);
  }

  /** A chunk that was to be sent was read; null where it is not here any more. */
  wasRead(stream: StreamId, index: number, { bytes, turn }: { bytes: Uint8Array | null; turn: Turn }): void {
    const served = this.#memory.get(stream);
    if (served?.asked[0] !== index) return;
    served.asked.shift();
    served.progressMs = turn.now.monotonicMs;
    if (bytes === null) this.#say(served, { kind: "chunk-absent", index }, turn);
    else {
      for (const part of partsOf(bytes)) this.#say(served, { kind: "chunk", index, ...part }, turn);
      turn.observe("blob-chunk-served", { peer: served.peer });
    }
    this.#readNext(served, turn);
  }

  /** The timer is due: ends streams on which nothing happens. */
  watch(turn: Turn): void {
    const { syncTimeoutMs } = this.#parts.services.config;
    for (const served of Array.from(this.#memory.values())) {
      if (turn.now.monotonicMs - served.progressMs >= syncTimeoutMs) this.#end(served, turn);
    }
    if (this.#memory.size > 0) this.#watchLater(turn);
  }

  closeAll(turn: Turn): void {
    for (const served of Array.from(this.#memory.values())) this.#end(served, turn);
  }

  #handle(served: ServedMemory, message: BlobMessage, turn: Turn): Fault | null {
    served.progressMs = turn.now.monotonicMs;
    if (message.kind === "blob-request" && served.about === null) {
      const { contextId, blob } = message;
      served.about = { contextId, blob };
      this.#offer(served, turn);
      return null;
    }
    if (message.kind !== "chunk-request" || served.about === null)
      return fault("out-of-turn", `a ${message.kind} to whoever serves a blob`);
    return this.#ask(served, message.index, turn);
  }

  #offer(served: ServedMemory, turn: Turn): void {
    const { chunks } = this.#parts;
    if (!chunks.isKnown(turn)) return this.#refuse(served, "busy", turn);
    const held = this.#holdingFor(served);
    // Who is busy is asked again.
    if (held === null) return this.#refuse(served, this.#seek(served, turn) ? "busy" : "not-found", turn);
    const { manifest } = held;
    const bits = packBits(manifest.chunks.map((chunk) => chunks.has(chunk)));
    this.#say(served, { kind: "blob-offer", manifest: encodeManifest(manifest), held: bits }, turn);
  }

  #ask(served: ServedMemory, index: number, turn: Turn): Fault | null {
    const held = this.#holdingFor(served);
    if (held === null) {
      this.#refuse(served, "not-found", turn);
      return null;
    }
    if (index >= held.manifest.chunks.length)
      return fault("malformed", `asked for chunk ${index} of ${held.manifest.chunks.length}`);
    if (served.asked.length >= askedChunksMax)
      return fault("over-limit", `more than ${askedChunksMax} chunks asked for at a time`);
    served.asked.push(index);
    if (served.asked.length === 1) this.#readNext(served, turn);
    return null;
  }

  #readNext(served: ServedMemory, turn: Turn): void {
    for (let index = served.asked[0]; index !== undefined; index = served.asked[0]) {
      const held = this.#holdingFor(served);
      if (held === null) return this.#refuse(served, "not-found", turn);
      const chunk = held.manifest.chunks[index];
      if (chunk !== undefined && this.#parts.chunks.has(chunk)) {
        const { stream } = served;
        return this.#parts.chunks.read(chunk, { kind: "stream", stream, index }, turn);
      }
      served.asked.shift();
      this.#say(served, { kind: "chunk-absent", index }, turn);
    }
  }

  /** What it asked for, as long as it may have it. */
  #holdingFor({ peer, about }: ServedMemory): HoldingMemory | null {
    if (about === null || !this.#parts.maySee(peer, about.contextId, about.blob)) return null;
    return this.#parts.shelf.get(about.blob) ?? null;
  }

  #seek({ peer, about }: ServedMemory, turn: Turn): boolean {
    if (about === null || !this.#parts.maySee(peer, about.contextId, about.blob)) return false;
    return this.#parts.seek(about.blob, turn);
  }

  #refuse(served: ServedMemory, reason: BlobRefusal, turn: Turn): void {
    turn.observe("blob-refused", { peer: served.peer, detail: reason });
    this.#say(served, { kind: "blob-refusal", reason }, turn);
    this.#end(served, turn);
  }

  #fail(served: ServedMemory, mistake: Fault, turn: Turn): void {
    turn.blame(served.peer, mistake);
    this.#end(served, turn);
  }

  #end({ stream }: ServedMemory, turn: Turn): void {
    this.#memory.delete(stream);
    turn.perform({ kind: "close-stream", stream });
  }

  #say({ stream }: ServedMemory, message: BlobMessage, turn: Turn): void {
    turn.perform({ kind: "send", stream, frame: encodeBlobMessage(message) });
  }

  #watchLater(turn: Turn): void {
    const { timers, config } = this.#parts.services;
    timers.setEarlier(timerName("blob-serving"), turn.now.monotonicMs + config.syncTimeoutMs);
  }
}
