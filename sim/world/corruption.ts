/**
 * A disk that loses part of what it was given and does not say so: some entities are gone from the state of a
 * context, and all that is left is whole and fits together, so that no checksum finds it. Only a root tells.
 */

import { Cache, createCacheMemory } from "../../core/cache.ts";
import type { ContextId } from "../../core/ids.ts";
import { decodeReplicaRecord } from "../../core/replica-record.ts";
import {
  type DecodedRecord,
  decodedBytesMax,
  StateRecords,
  weighRecord,
} from "../../core/state/state-records.ts";
import { createStateMemory, StateStore } from "../../core/state/state-store.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { StoreReader } from "../../core/store-reader.ts";
import { Turn } from "../../core/turn.ts";
import { decodeValue, encode } from "../../core/wire/cbor.ts";
import type { Codec } from "../../core/wire/codec.ts";
import { mix32 } from "../random.ts";
import type { SimDisk } from "./disk.ts";

/** Of so many entities about one is lost. */
const oneOf = 8;
/** Where the record of a context says what finds its state: see `Replica`. */
const stateField = 5;

/** Takes entities from the written state of a context, drawn by seed; how many. What is not written yet stays. */
export function loseEntities(
  disk: SimDisk,
  { contextId, codec, seed }: { readonly contextId: ContextId; readonly codec: Codec; readonly seed: number },
): number {
  const key = storeKeys.context(contextId);
  const stored = disk.get(key);
  if (stored === undefined) return 0;
  const turn = new Turn({ monotonicMs: 0, wallMs: 0 }, disk);
  const store = new StoreReader(disk);
  const decoded = new Cache<DecodedRecord>(createCacheMemory(), {
    weightMax: decodedBytesMax,
    weigh: weighRecord,
  });
  const { space } = decodeReplicaRecord(stored).beside;
  const records = new StateRecords({ space: `${space}${contextId}`, crypto: codec.crypto, store, decoded });
  const before = createStateMemory();
  const after = createStateMemory();
  const fields = decodeValue(stored, stored.length) as unknown[];
  let [lost, place] = [0, 0];
  store.during(turn, () => {
    const whole = new StateStore(before, records);
    whole.load(fields[stateField], turn);
    // Versions go on, so that no record of the whole state is written over.
    after.tree.version = before.tree.version;
    const damaged = new StateStore(after, records);
    for (const leaf of whole.leaves({})) {
      place += 1;
      const isLost = mix32(seed, place, 0, 11) % oneOf === 0;
      lost += Number(isLost);
      if (!isLost) damaged.join(whole.entityOf(leaf));
    }
    damaged.flush(turn);
    turn.put(key, encode(fields.with(stateField, damaged.save())));
  });
  for (const effect of turn.finish()) if (effect.kind === "commit") disk.append(effect);
  disk.beginSync();
  disk.endSync();
  return lost;
}
