/**
 * The heads of a context's applied deltas, each kept apart from its delta: where a body is dropped or lost, its head is
 * still here, and with it this node proves to others what it says of that delta. A block of them is written once it is
 * whole, and before that when all is settled, so that no write pays for it. What of a block was not written before a
 * crash is read from bodies again. docs/decisions/0023-ids-bind-heads.md.
 */

import type { CausalDelta } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import { type ContextId, toHex } from "../ids.ts";
import { turnBytesMax } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { storeKeys } from "../store-keys.ts";
import { stored } from "../stored-node.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";
import { headOfSealed, kindCodeOf } from "../wire/delta-codec.ts";
import { findHead, type HeadBlocks, headsPerBlock, type StoredHead, writeHeads } from "./past-heads.ts";

/** By position, ascending: of deltas that were applied with their bodies, and not written yet. */
export type HeadsMemory = Map<number, StoredHead>;

interface HeadStoreParts {
  readonly contextId: ContextId;
  readonly graph: Graph;
  readonly crypto: Crypto;
}

export class HeadStore {
  readonly #memory: HeadsMemory;
  readonly #parts: HeadStoreParts;

  constructor(memory: HeadsMemory, parts: HeadStoreParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  /** Notes a delta that was applied, and whose body is here. */
  applied(position: number, { author, incarnation, hlc, bodyDigest, content }: CausalDelta): void {
    const head = { kindCode: kindCodeOf(content), author, incarnation, hlc, bodyDigest };
    this.#memory.set(position, Object.freeze(head));
  }

  /** Writes the blocks that are whole by now. O(1) where none is. */
  flush(turn: Turn): void {
    const { count } = this.#parts.graph;
    this.#write(count - (count % headsPerBlock), turn);
  }

  /** Writes all. */
  settle(turn: Turn): void {
    this.#write(this.#parts.graph.count, turn);
  }

  /** Writes those of deltas whose bodies are not here from now on. */
  keep(heads: ReadonlyMap<number, StoredHead>, turn: Turn): void {
    stored(() => writeHeads(heads, { contextId: this.#parts.contextId, turn }));
    for (const position of heads.keys()) this.#memory.delete(position);
  }

  reader(turn: Turn): HeadReader {
    return new HeadReader(this.#memory, { ...this.#parts, turn });
  }

  #write(until: number, turn: Turn): void {
    const [oldest] = this.#memory.keys();
    if (oldest === undefined || oldest >= until) return;
    const reader = this.reader(turn);
    const heads = new Map<number, StoredHead>();
    for (let position = oldest - (oldest % headsPerBlock); position < until; position += 1)
      heads.set(position, reader.read(position));
    this.keep(heads, turn);
  }
}

/** Reads heads one after the other, each block once where positions ascend. */
export class HeadReader {
  readonly #unwritten: HeadsMemory;
  readonly #parts: HeadStoreParts & { readonly turn: Turn };
  readonly #blocks: HeadBlocks = { block: -1, heads: new Map() };
  /** Of bodies that one turn reads for their heads, one body more. */
  #bytesLeft = turnBytesMax;

  constructor(unwritten: HeadsMemory, parts: HeadStoreParts & { readonly turn: Turn }) {
    this.#unwritten = unwritten;
    this.#parts = parts;
  }

  /** Were as many bytes of bodies read as one turn should? */
  get isSpent(): boolean {
    return this.#bytesLeft <= 0;
  }

  /** From the delta itself where it was not written apart. */
  read(position: number): StoredHead {
    const unwritten = this.#unwritten.get(position);
    if (unwritten !== undefined) return unwritten;
    return stored(() => findHead(position, this.#parts, this.#blocks) ?? this.#readBody(position));
  }

  #readBody(position: number): StoredHead {
    const { graph, crypto, turn } = this.#parts;
    const { id } = graph.at(position);
    const sealed = turn.read(storeKeys.delta(id));
    if (sealed === undefined)
      return refuse("malformed", `neither the head nor the body of delta ${toHex(id)} is here`);
    this.#bytesLeft -= sealed.length;
    return headOfSealed(sealed, crypto);
  }
}
