// States over simulated disks, for tests.

import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { Cache, createCacheMemory } from "../../../core/cache.ts";
import type { Commit } from "../../../core/effect.ts";
import type { Crypto } from "../../../core/ports.ts";
import { type DecodedRecord, StateRecords, weighRecord } from "../../../core/state/state-records.ts";
import { createStateMemory, type StateMemory, StateStore } from "../../../core/state/state-store.ts";
import type { StateSpace } from "../../../core/store-keys.ts";
import { StoreReader } from "../../../core/store-reader.ts";
import type { Turn } from "../../../core/turn.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { contextId, turnOn } from "../delta-store/waiting.ts";

/** Few enough to be read from the disk again and again. */
const fewBytes = 20_000;

export function recordsOn(
  disk: SimDisk,
  {
    crypto = nodeCrypto,
    decodedBytesMax = fewBytes,
    space = `s${contextId}`,
  }: { crypto?: Crypto; decodedBytesMax?: number; space?: StateSpace } = {},
): StateRecords {
  const bounds = { weightMax: decodedBytesMax, weigh: weighRecord };
  const decoded = new Cache<DecodedRecord>(createCacheMemory(), bounds);
  return new StateRecords({ space, crypto, store: new StoreReader(disk), decoded });
}

/** A disk that can say what is on it. */
export class KeyedDisk extends SimDisk {
  readonly #known = new Set<string>();

  override append(commit: Commit): void {
    for (const [key] of commit.writes) this.#known.add(key);
    super.append(commit);
  }

  keys(): readonly string[] {
    return Array.from(this.#known)
      .filter((key) => this.get(key) !== undefined)
      .sort();
  }

  copy(): KeyedDisk {
    const copied = new KeyedDisk();
    copied.append({ kind: "commit", writes: this.keys().map((key) => [key, this.get(key) ?? null]) });
    return copied;
  }
}

export function stateOn(disk: SimDisk, memory: StateMemory = createStateMemory()): StateStore {
  return new StateStore(memory, recordsOn(disk));
}

/** Does something in a turn of its own, and keeps what it writes. */
export function inTurn<T>(disk: SimDisk, act: (turn: Turn) => T): T {
  const turn = turnOn(disk);
  const result = act(turn);
  for (const effect of turn.finish()) if (effect.kind === "commit") disk.append(effect);
  return result;
}
