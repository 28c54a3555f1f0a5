/**
 * A new store from what can be read of a damaged one: its contexts, and the deltas that still verify. Deltas prove
 * themselves by their ids and signatures, so nothing false comes over, and what is missing between them peers
 * bring, as they would to a node that was away. What is private comes over as far as it is left. Handlers are owed for none of them: the old store had run most.
 */

import type { Remains } from "../../adapters/level/repair.ts";
import type { Store } from "../../adapters/level/store.ts";
import { decodeDeletions } from "../../core/deletion/deletions.ts";
import { isFault } from "../../core/fault.ts";
import { type ContextId, idBytes } from "../../core/ids.ts";
import type { Input } from "../../core/input.ts";
import { createNodeMemory, NodeCore, type NodeOptions } from "../../core/node.ts";
import type { RandomWords } from "../../core/random.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { decoding } from "../../core/wire/cbor.ts";
import { type SalvagedPrivate, salvagePrivate } from "./salvage-private.ts";

export interface Salvaged {
  readonly contexts: number;
  /** That are applied again. */
  readonly deltas: number;
  /** That wait for others, which were not found. */
  readonly waiting: number;
  /** What contexts keep privately, by context. */
  readonly private: readonly SalvagedPrivate[];
}

const flushAboveBytes = 8_388_608;

/** Fills a new store. O(what is left). */
export async function salvage(
  remains: Remains,
  options: NodeOptions & { readonly store: Store },
  randomWords: RandomWords,
): Promise<Salvaged> {
  const { store } = options;
  // Above the clock it stamped with, or it could sign two deltas with one moment.
  for await (const [key, clock] of remains.entries(storeKeys.clock)) store.stage([[key, clock]]);
  const core = new NodeCore(options, createNodeMemory(randomWords));
  const handle = async (input: Input, nowMs = 0) => {
    for (const effect of core.handle({ monotonicMs: nowMs, wallMs: Date.now() }, input))
      if (effect.kind === "commit") store.stage(effect.writes);
    if (store.stagedBytes > flushAboveBytes) await store.flush();
  };
  await handle({ kind: "start" });
  const deleted = await deletedIn(remains);
  for await (const [key] of remains.entries("c"))
    if (key.length === 1 + idBytes && !deleted.has(key.slice(1) as ContextId))
      await handle(callOf({ kind: "join-context", contextId: key.slice(1) as ContextId }));
  for (const sealed of await deltasOf(remains, options))
    await handle(callOf({ kind: "restore", contextId: sealed.contextId, delta: sealed.delta }));
  const own = await salvagePrivate(remains, core.replicas(), handle);
  const replicas = [...core.replicas().values()];
  while (replicas.some(({ deltas }) => deltas.readyCount > 0)) await handle({ kind: "woken" });
  await handle({ kind: "stop" });
  for (const { contextId } of replicas) store.stage([[storeKeys.owed(contextId), null]]);
  await store.flush();
  return {
    contexts: replicas.length,
    deltas: replicas.reduce((sum, { deltas }) => sum + deltas.graph.count, 0),
    waiting: replicas.reduce((sum, { deltas }) => sum + deltas.pending.count, 0),
    private: own,
  };
}

/** Contexts that were deleted, and had not all gone yet: they are not brought back. */
async function deletedIn(remains: Remains): Promise<ReadonlySet<ContextId>> {
  for await (const [, stored] of remains.entries(storeKeys.deletions)) {
    const read = decoding("what is being deleted", () => {
      return { kind: "read", contextIds: decodeDeletions(stored) } as const;
    });
    if (read.kind === "read") return new Set(read.contextIds);
  }
  return new Set();
}

/** Oldest first by their authors' clocks, so that few wait for others. */
async function deltasOf(remains: Remains, { codec }: NodeOptions) {
  const found: { readonly contextId: ContextId; readonly atMs: number; readonly delta: Uint8Array }[] = [];
  for await (const [, sealed] of remains.entries("d")) {
    const delta = codec.openDelta(sealed);
    if (!isFault(delta)) found.push({ contextId: delta.contextId, atMs: delta.hlc.ms, delta: sealed });
  }
  return found.sort((a, b) => a.atMs - b.atMs);
}

function callOf(call: Extract<Input, { kind: "request" }>["call"]): Input {
  return { kind: "request", request: 0, call };
}
