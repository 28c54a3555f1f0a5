// One core with a disk for chunks: a test is its driver, and its clients.

import type { Application } from "../../../core/app/application.ts";
import type { Config } from "../../../core/config.ts";
import type { Effect, Outcome } from "../../../core/effect.ts";
import type { BlobId, ContextId, Hash, PeerId } from "../../../core/ids.ts";
import { fromHex } from "../../../core/ids.ts";
import type { BlobCall, ChunkInput, Input } from "../../../core/input.ts";
import { isJsonObject } from "../../../core/json.ts";
import { chunkBytes } from "../../../core/limits.ts";
import { type BlobMessage, decodeBlobMessage, encodeBlobMessage } from "../../../core/wire/blob-message.ts";
import type { SimDisk } from "../../../sim/world/disk.ts";
import { LoneNode, only } from "../lone-node.ts";

export class BlobNode {
  readonly lone: LoneNode;
  /** What its disk holds. */
  readonly chunks: Map<Hash, Uint8Array>;
  /** Why the disk takes nothing; null when it does. */
  problem: string | null;
  #requests = 0;

  constructor(
    name: string,
    kept: {
      readonly disk?: SimDisk;
      readonly chunks?: Map<Hash, Uint8Array>;
      readonly config?: Partial<Config>;
      readonly applications?: readonly Application[];
      readonly problem?: string;
    } = {},
  ) {
    const { disk, config = {}, applications } = kept;
    this.chunks = kept.chunks ?? new Map();
    this.problem = kept.problem ?? null;
    this.lone = new LoneNode(name, { config, ...(disk && { disk }), ...(applications && { applications }) });
    // What its start asked of the disk, where it had blobs before.
    if (disk !== undefined) this.give({ kind: "chunks-listed", chunks: Array.from(this.chunks.keys()) });
  }

  /** Handles an input, and all that the disk answers to it. */
  give(input: Input): readonly Effect[] {
    return this.#withDisk(this.lone.give(input));
  }

  pass(ms: number): readonly Effect[] {
    return this.#withDisk(this.lone.pass(ms));
  }

  /** A client's call; undefined where it waits for more than the disk. */
  call(call: BlobCall): Outcome | undefined {
    this.#requests += 1;
    const request = `call ${this.#requests}`;
    const effects = this.give({ kind: "request", request, call });
    return only(effects, "reply").find((reply) => reply.request === request)?.outcome;
  }

  /** Writes a blob and names it. */
  put(contextId: ContextId, bytes: Uint8Array, name = "photo"): BlobId {
    this.#requests += 1;
    const upload = this.#requests;
    for (let offset = 0; offset === 0 || offset < bytes.length; offset += chunkBytes) {
      const chunk = bytes.subarray(offset, offset + chunkBytes);
      this.expect(this.call({ kind: "write-blob", upload, contextId, chunk }));
    }
    const output = this.expect(this.call({ kind: "finish-blob", upload, name, mediaType: "image/png" }));
    const blob = isJsonObject(output) ? fromHex<BlobId>(String(output.blob)) : null;
    if (blob === null) throw new Error(`no blob: ${JSON.stringify(output)}`);
    return blob;
  }

  /** A chunk as a client gets it, or the code of the refusal; undefined while it waits for others. */
  read(contextId: ContextId, blob: BlobId, chunk = 0): Uint8Array | string | undefined {
    const outcome = this.call({ kind: "read-blob", contextId, blob, chunk });
    if (outcome?.kind === "blob-chunk") return outcome.bytes;
    return outcome?.kind === "refused" ? outcome.code : outcome?.kind;
  }

  /** A peer opens a stream on which blobs are spoken of. */
  open(stream: number, peer: string): readonly Effect[] {
    return this.give({ kind: "stream-opened", stream, peer: peer as PeerId, protocol: "blob" });
  }

  say(stream: number, message: BlobMessage): readonly Effect[] {
    return this.give({ kind: "stream-frame", stream, frame: encodeBlobMessage(message) });
  }

  expect(outcome: Outcome | undefined) {
    if (outcome?.kind === "executed") return outcome.output;
    throw new Error(JSON.stringify(outcome));
  }

  #withDisk(effects: readonly Effect[]): readonly Effect[] {
    const answers = effects.flatMap((effect) => this.#carryOut(effect) ?? []);
    return [...effects, ...answers.flatMap((input) => this.give(input))];
  }

  #carryOut(effect: Effect): ChunkInput | null {
    switch (effect.kind) {
      case "store-chunk":
        if (this.problem === null) this.chunks.set(effect.chunk, effect.bytes);
        return { kind: "chunk-stored", chunk: effect.chunk, problem: this.problem };
      case "read-chunk": {
        const bytes = this.chunks.get(effect.chunk);
        const found =
          bytes === undefined ? ({ kind: "absent" } as const) : ({ kind: "bytes", bytes } as const);
        return { kind: "chunk-read", chunk: effect.chunk, found };
      }
      case "drop-chunks":
        for (const chunk of effect.chunks) this.chunks.delete(chunk);
        return null;
      case "list-chunks":
        return { kind: "chunks-listed", chunks: Array.from(this.chunks.keys()) };
      default:
        return null;
    }
  }
}

/** What it said about blobs on a stream. */
export function saidOn(effects: readonly Effect[], stream: number): readonly BlobMessage[] {
  return only(effects, "send")
    .filter((effect) => effect.stream === stream)
    .map(({ frame }) => {
      const message = decodeBlobMessage(frame);
      if (message.kind === "fault") throw new Error(`it said what no one understands: ${message.detail}`);
      return message;
    });
}
