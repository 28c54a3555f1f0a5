/**
 * What nodes keep privately beside their contexts, out of what is left of a damaged store. No delta says it again and
 * no peer has it. An entity proves itself by the hash it is kept under, and joining those that are left in any order
 * gives the state they were of, without what is lost.
 */

import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { toBase58 } from "../../adapters/http/base58.ts";
import type { Remains } from "../../adapters/level/repair.ts";
import { byteString, type ContextId, type Hash, idBytes } from "../../core/ids.ts";
import type { Input } from "../../core/input.ts";
import { countInPrivateRecord } from "../../core/private-state.ts";
import type { Replica } from "../../core/replica.ts";
import { decoding } from "../../core/wire/cbor.ts";

/** Of one context that keeps something privately. */
export interface SalvagedPrivate {
  readonly context: string;
  /** Entries that are here again. */
  readonly kept: number;
  /** Entries that are not; null where nothing says how many there were. */
  readonly lost: number | null;
}

/** Taken over in one turn, which is one commit. */
const batchMax = { entities: 256, bytes: 1_048_576 };

/** Gives the core of a new store what is left. O(that). */
export async function salvagePrivate(
  remains: Remains,
  replicas: ReadonlyMap<ContextId, Replica>,
  handle: (input: Input) => Promise<void>,
): Promise<readonly SalvagedPrivate[]> {
  const found = new Set<ContextId>();
  const batch: { contextId: ContextId; entities: Uint8Array[]; bytes: number }[] = [];
  const takeOver = async () => {
    for (const { contextId, entities } of batch.splice(0))
      await handle({ kind: "request", request: 0, call: { kind: "restore-private", contextId, entities } });
  };
  for await (const [key, bytes] of remains.entries("ep")) {
    const contextId = key.slice(2, 2 + idBytes) as ContextId;
    const hash = key.slice(2 + idBytes) as Hash;
    if (!replicas.has(contextId) || byteString<Hash>(nodeCrypto.sha256(bytes)) !== hash) continue;
    found.add(contextId);
    const [open] = batch;
    const isFull = (open?.entities.length ?? 0) >= batchMax.entities || (open?.bytes ?? 0) >= batchMax.bytes;
    if (open?.contextId !== contextId || isFull) await takeOver();
    if (batch.length === 0) batch.push({ contextId, entities: [], bytes: 0 });
    const [into] = batch;
    into?.entities.push(bytes);
    if (into !== undefined) into.bytes += bytes.length;
  }
  await takeOver();
  const counts = await countsIn(remains);
  return Array.from(replicas).flatMap(([contextId, { private: own }]) => {
    const count = counts.get(contextId);
    if (count === undefined && !found.has(contextId)) return [];
    const kept = own.store.storedCount;
    const lost = count === undefined ? null : Math.max(0, count - kept);
    return [{ context: toBase58(contextId), kept, lost }];
  });
}

/** How many entities each context had, where that can be read. */
async function countsIn(remains: Remains): Promise<ReadonlyMap<ContextId, number>> {
  const counts = new Map<ContextId, number>();
  for await (const [key, stored] of remains.entries("p")) {
    const read = decoding("what finds a private state", () => {
      return { kind: "count", count: countInPrivateRecord(stored) } as const;
    });
    if (read.kind === "count") counts.set(key.slice(1) as ContextId, read.count);
  }
  return counts;
}
