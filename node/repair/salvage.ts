/**
 * A new store from what can be read of a damaged one. Contexts whose state and past are still there are taken over so
 * (`whole-context.ts`); of the others come all deltas that still verify. These prove themselves by their ids and
 * signatures, so nothing false comes over. Those that build on what is missing wait in the new store until peers have
 * brought that, as they would at a node that was away (core/delta-store/stranded.ts). What is private comes over as far as
 * it is left. Handlers are owed for none of what is applied here: the old store had run most.
 */

import { toBase58 } from "../../adapters/http/base58.ts";
import type { Remains } from "../../adapters/level/repair.ts";
import type { Store } from "../../adapters/level/store.ts";
import { InvariantError, present } from "../../core/assert.ts";
import { decodeClock, encodeClock } from "../../core/author.ts";
import type { CausalDelta } from "../../core/dag/delta.ts";
import { decodeDeletions } from "../../core/deletion/deletions.ts";
import { isFault } from "../../core/fault.ts";
import { compareHlc, type Hlc, hlcZero } from "../../core/hlc.ts";
import { byteString, type ContextId, type Incarnation, idBytes, incarnationBytes } from "../../core/ids.ts";
import type { Input } from "../../core/input.ts";
import { createNodeMemory, NodeCore, type NodeOptions } from "../../core/node.ts";
import type { VerifiedCut } from "../../core/past/taking-over.ts";
import type { RandomWords } from "../../core/random.ts";
import type { Replica } from "../../core/replica.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { encodeNode, loadNode } from "../../core/stored-node.ts";
import { decoding } from "../../core/wire/cbor.ts";
import { type SalvagedPrivate, salvagePrivate } from "./salvage-private.ts";
import { findContext } from "./whole-context.ts";

/** A context of which not all was there. */
export interface DamagedContext {
  readonly context: string;
  /** What was found missing first. */
  readonly why: string;
  /** What it was made again of, with every delta that can be read: nothing, or what it was before a hole in the log. */
  readonly from: "deltas" | "before-hole";
}

export interface Salvaged {
  readonly contexts: number;
  /** That are applied again. */
  readonly deltas: number;
  /** That are in the new store as well, and wait for others, which were not found. */
  readonly waiting: number;
  /** That are in it, and are not applied, as they may not be. */
  readonly refused: number;
  /** Of the applied ones those of which only the heads are left, and the state that has what they say. */
  readonly bodiless: number;
  readonly damaged: readonly DamagedContext[];
  /** Confirmed flushes at the end that are gone; null where nothing says how many. */
  readonly flushesLost: number | null;
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
  const deltas = await deltasOf(remains, options);
  const contextIds = await contextsIn(remains, deltas);
  const clock = encodeClock(await clockIn(remains, deltas, options));
  const node = encodeNode(byteString<Incarnation>(new Uint8Array(incarnationBytes)), contextIds);
  store.stage([[storeKeys.clock, clock]]);
  store.stage([[storeKeys.node, node]]);
  const core = new NodeCore(options, createNodeMemory(randomWords));
  const handle: Handle = async (input) => {
    for (const effect of core.handle({ monotonicMs: 0, wallMs: Date.now() }, input)) {
      if (effect.kind === "commit") store.stage(effect.writes);
      if (effect.kind === "reply" && effect.outcome.kind === "refused")
        throw new InvariantError(`what was read is not taken: ${effect.outcome.message}`);
    }
    if (store.stagedBytes > flushAboveBytes) await store.flush();
  };
  await handle({ kind: "start" });
  const replicas = Array.from(core.replicas().values());
  const byContext = new Map(replicas.map(({ contextId }) => [contextId, [] as CausalDelta[]]));
  for (const delta of deltas) byContext.get(delta.contextId)?.push(delta);
  const { damaged, bodiless } = await salvageContexts(byContext, { remains, options }, handle);
  const own = await salvagePrivate(remains, core.replicas(), handle);
  while (replicas.some(({ deltas: { readyCount, stranded } }) => readyCount > 0 || stranded.readyCount > 0))
    await handle({ kind: "woken" });
  await handle({ kind: "stop" });
  for (const { contextId } of replicas) store.stage([[storeKeys.owed(contextId), null]]);
  await store.flush();
  const sum = (count: (deltas: Replica["deltas"]) => number) =>
    replicas.reduce((total, { deltas: each }) => total + count(each), 0);
  return {
    contexts: replicas.length,
    deltas: sum(({ graph }) => graph.count),
    waiting: sum(({ stranded }) => stranded.count - stranded.refused.size),
    refused: sum(({ stranded }) => stranded.refused.size),
    bodiless,
    damaged,
    flushesLost: remains.flushesLost,
    private: own,
  };
}

type Handle = (input: Input) => Promise<void>;

/** Those whose state and past are there as they were, and of all every delta. */
async function salvageContexts(
  byContext: ReadonlyMap<ContextId, readonly CausalDelta[]>,
  { remains, options }: { readonly remains: Remains; readonly options: NodeOptions },
  handle: Handle,
): Promise<Pick<Salvaged, "damaged" | "bodiless">> {
  const damaged: DamagedContext[] = [];
  let bodiless = 0;
  const now = { monotonicMs: 0, wallMs: Date.now() };
  for (const [contextId, deltas] of byContext) {
    const found = findContext(contextId, { ...options, store: remains }, now);
    const { beforeHole: store } = remains;
    const earlier =
      found.kind === "damaged" && store !== null ? findContext(contextId, { ...options, store }, now) : found;
    if (earlier.kind === "whole") {
      await takeOver(contextId, earlier.cut, handle);
      bodiless += earlier.bodiless;
    }
    if (found.kind === "damaged" || (found.kind === "empty" && deltas.length > 0)) {
      const from = earlier.kind === "whole" ? "before-hole" : "deltas";
      damaged.push({ context: toBase58(contextId), why: found.why, from });
    }
    for (const { sealed } of deltas) await handle(callOf({ kind: "restore", contextId, delta: sealed }));
  }
  return { damaged, bodiless };
}

/** Its genesis, and then all else at once. */
async function takeOver(
  contextId: ContextId,
  { history: [first, ...history], ...cut }: VerifiedCut,
  handle: Handle,
): Promise<void> {
  const genesis = present(first && cut.bodies.get(first.id), "the genesis of a context that is whole");
  await handle(callOf({ kind: "restore", contextId, delta: genesis.sealed }));
  await handle(callOf({ kind: "restore-state", contextId, cut: { ...cut, history } }));
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

/** Whatever names a context counts: its record, what lists them all, and each delta. Those that were deleted do not. */
async function contextsIn(remains: Remains, deltas: readonly CausalDelta[]): Promise<readonly ContextId[]> {
  const found = new Set<ContextId>();
  for await (const [, record] of remains.entries(storeKeys.node)) {
    const listed = decoding("the contexts of a node", () => {
      return { kind: "listed", contextIds: loadNode({ read: () => record }) } as const;
    });
    if (listed.kind === "listed") for (const contextId of listed.contextIds) found.add(contextId);
  }
  for await (const [key] of remains.entries("c"))
    if (key.length === 1 + idBytes) found.add(key.slice(1) as ContextId);
  for (const { contextId } of deltas) found.add(contextId);
  const deleted = await deletedIn(remains);
  return Array.from(found).filter((contextId) => !deleted.has(contextId));
}

/** Not below any this node is known to have stamped with, or it could sign two deltas with one moment. */
async function clockIn(
  remains: Remains,
  deltas: readonly CausalDelta[],
  { identity }: NodeOptions,
): Promise<Hlc> {
  const stamps = deltas.filter(({ author }) => author === identity.author).map(({ hlc }) => hlc);
  for await (const [, stored] of remains.entries(storeKeys.clock)) {
    const read = decoding("a clock", () => ({ kind: "read", clock: decodeClock(stored) }) as const);
    if (read.kind === "read") stamps.push(read.clock);
  }
  return stamps.reduce((latest, stamp) => (compareHlc(stamp, latest) > 0 ? stamp : latest), hlcZero);
}

/** Oldest first by their authors' clocks, so that few wait for others. What an earlier repair left waiting is among them. */
async function deltasOf(remains: Remains, { codec }: NodeOptions): Promise<readonly CausalDelta[]> {
  const found: CausalDelta[] = [];
  for (const prefix of ["d", "w"])
    for await (const [, sealed] of remains.entries(prefix)) {
      const delta = codec.openDelta(sealed);
      if (!isFault(delta)) found.push(delta);
    }
  return found.sort((a, b) => compareHlc(a.hlc, b.hlc));
}

function callOf(call: Extract<Input, { kind: "request" }>["call"]): Input {
  return { kind: "request", request: 0, call };
}
