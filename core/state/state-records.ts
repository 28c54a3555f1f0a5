/** How a state lies in the store: nodes of its tree, and entities by their hash. What was read lately is kept decoded. */

import type { Cache } from "../cache.ts";
import { isFault } from "../fault.ts";
import type { Hash } from "../ids.ts";
import type { Crypto } from "../ports.ts";
import { type StateSpace, storeKeys } from "../store-keys.ts";
import type { StoreReader } from "../store-reader.ts";
import type { Turn } from "../turn.ts";
import { decoding, refuse } from "../wire/cbor.ts";
import { decodeEntity, type Entity } from "./entity.ts";
import { decodeNode, encodeNode } from "./tree/node-codec.ts";
import type { Leaf, LoadedNode, StoredNode } from "./tree/tree-node.ts";

/** A record as it is used: never changed, by its key. */
export type DecodedRecord = LoadedNode | Entity;
export type DecodedRecords = Cache<DecodedRecord>;

/** All that is kept decoded for a node's states together: bytes in memory, roughly. */
export const decodedBytesMax = 64 * 1_048_576;

/** What a record takes in memory, roughly: bytes. */
export function weighRecord(key: string, record: DecodedRecord): number {
  return 2 * key.length + 400 + ("bytes" in record ? 4 * record.bytes.length : weighNode(record));
}

function weighNode(node: LoadedNode): number {
  // Ids in one bucket, and prefixes in one branch, are about as long as the first.
  if (node.kind === "bucket") return node.leaves.length * (150 + (node.leaves[0]?.id.length ?? 0));
  return 16 * (150 + node.prefix.length);
}

export interface StateRecordsParts {
  readonly space: StateSpace;
  readonly crypto: Crypto;
  readonly store: StoreReader;
  /** May be shared by the states of a node. */
  readonly decoded: DecodedRecords;
}

export class StateRecords {
  readonly crypto: Crypto;
  readonly #parts: StateRecordsParts;

  constructor(parts: StateRecordsParts) {
    this.crypto = parts.crypto;
    this.#parts = parts;
  }

  nodeKey({ prefix, version }: Pick<StoredNode, "prefix" | "version">): string {
    return storeKeys.treeNode(this.#parts.space, prefix, version);
  }

  entityKey(hash: Hash): string {
    return storeKeys.entity(this.#parts.space, hash);
  }

  keptKey(version: number): string {
    return storeKeys.keptForPins(this.#parts.space, version);
  }

  get keptListKey(): string {
    return storeKeys.keptForPins(this.#parts.space);
  }

  /** Throws an `UnreadableStoreError` where the store does not hold it. */
  node(stored: StoredNode): LoadedNode {
    return this.#read(this.nodeKey(stored), "a node of a state tree", (bytes) =>
      decodeNode(bytes, stored),
    ) as LoadedNode;
  }

  /** The entity of a leaf. Throws an `UnreadableStoreError` where the store does not hold it. */
  entity(leaf: Leaf): Entity {
    return this.#read(this.entityKey(leaf.hash), "an entity", (bytes) => decodeEntity(bytes, leaf)) as Entity;
  }

  putNode(stored: StoredNode, content: LoadedNode, turn: Turn): void {
    const key = this.nodeKey(stored);
    turn.put(key, encodeNode(content, stored.prefix));
    this.#parts.decoded.set(key, content);
  }

  putEntity(entity: Entity, turn: Turn): void {
    const key = this.entityKey(entity.hash);
    turn.put(key, entity.bytes);
    this.#parts.decoded.set(key, entity);
  }

  #read(key: string, what: string, decode: (bytes: Uint8Array) => DecodedRecord): DecodedRecord {
    const known = this.#parts.decoded.get(key);
    if (known !== undefined) return known;
    const bytes = this.#parts.store.get(key);
    const read = decoding(what, () => {
      const record = bytes === undefined ? refuse("malformed", "it is missing") : decode(bytes);
      return { kind: "read", record } as const;
    });
    if (isFault(read)) return this.#parts.store.unreadable(read);
    this.#parts.decoded.set(key, read.record);
    return read.record;
  }
}
