/**
 * Whether a node's disk keeps a delta: its body, or, where it lies below the node's horizon, its place in the stored
 * index among those that the disk says have no body. Read from the disk alone, whatever the node says of itself.
 */

import { entriesPerBlock } from "../../core/delta-store/index-blocks.ts";
import type { Commit } from "../../core/effect.ts";
import { byteString, type ContextId, type DeltaId, idBytes } from "../../core/ids.ts";
import type { StateView } from "../../core/ports.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { decodeValue } from "../../core/wire/cbor.ts";
import { beingDeleted } from "../world/being-deleted.ts";
import type { SimDisk } from "../world/disk.ts";

/** Positions of what whole blocks of an index hold: they are never written again. */
interface Indexed {
  readonly positions: Map<DeltaId, number>;
  blocks: number;
}

/** Bytes of an entry between its id and its parents, the last of which says how many parents there are. */
const middleBytes = 11;
const parentBytes = 4;

export class Kept {
  readonly #indexes = new WeakMap<StateView, Map<ContextId, Indexed>>();

  has(disk: SimDisk, contextId: ContextId, id: DeltaId): boolean {
    if (beingDeleted(disk).includes(contextId)) return false;
    return disk.get(storeKeys.delta(id)) !== undefined || this.isBelow(disk, contextId, id);
  }

  /** O(runs), and O(deltas) over all calls for one disk. */
  isBelow(disk: StateView, contextId: ContextId, id: DeltaId): boolean {
    const stored = disk.get(storeKeys.withoutBodies(contextId));
    if (stored === undefined) return false;
    const position = this.#positionOf(disk, contextId, id);
    const ends = decodeValue(stored, stored.length) as readonly number[];
    // Runs from one end to the next: inside of one, an odd number of ends lies at or before.
    return position !== null && ends.filter((end) => end <= position).length % 2 === 1;
  }

  /** A disk lost its last batches, or a context: what was read from it may be gone. */
  lost(disk: SimDisk): void {
    this.#indexes.delete(disk);
  }

  #positionOf(disk: StateView, contextId: ContextId, id: DeltaId): number | null {
    const contexts = this.#indexes.get(disk) ?? new Map<ContextId, Indexed>();
    this.#indexes.set(disk, contexts);
    const indexed = contexts.get(contextId) ?? { positions: new Map(), blocks: 0 };
    contexts.set(contextId, indexed);
    for (;;) {
      const known = indexed.positions.get(id);
      if (known !== undefined) return known;
      const block = disk.get(storeKeys.indexBlock(contextId, indexed.blocks));
      if (block === undefined) return null;
      const ids = idsOf(block);
      const first = indexed.blocks * entriesPerBlock;
      if (ids.length < entriesPerBlock) return ids.includes(id) ? first + ids.indexOf(id) : null;
      ids.forEach((each, index) => {
        indexed.positions.set(each, first + index);
      });
      indexed.blocks += 1;
    }
  }
}

/** A disk as it will be with a batch. */
export function overlay(disk: SimDisk, { writes }: Commit): StateView {
  const written = new Map(writes);
  return {
    get: (key) => {
      const value = written.get(key);
      return value === undefined ? disk.get(key) : (value ?? undefined);
    },
  };
}

function idsOf(block: Uint8Array): readonly DeltaId[] {
  const ids: DeltaId[] = [];
  for (let offset = 0; offset < block.length; ) {
    ids.push(byteString<DeltaId>(block.subarray(offset, offset + idBytes)));
    offset += idBytes + middleBytes;
    offset += parentBytes * (block[offset - 1] ?? 0);
  }
  return ids;
}
