// A node's history in a real store, without a network: as much as fills LevelDB's tables and its log.

import { createNodeIdentity } from "../../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import { openRemains } from "../../../adapters/level/repair.ts";
import type { Store } from "../../../adapters/level/store.ts";
import type { Application } from "../../../core/app/application.ts";
import { kvStore } from "../../../core/app/built-in/kv-store.ts";
import { createConfig } from "../../../core/config.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { Outcome } from "../../../core/effect.ts";
import { isFault } from "../../../core/fault.ts";
import type { ContextId, DeltaId, PeerId } from "../../../core/ids.ts";
import type { ClientCall, Input } from "../../../core/input.ts";
import { createNodeMemory, NodeCore } from "../../../core/node.ts";
import { createCodec } from "../../../core/wire/codec.ts";

export const seed = new Uint8Array(32).fill(7);
const peer = "12D3KooWTest" as PeerId;

/** What `repairNode` is told of the node whose store this is. */
export function nodeOver(
  storePath: string,
  secret: Uint8Array | null = null,
  applications: readonly Application[] = [kvStore],
) {
  return { seed, peer, applications, config: createConfig(), storePath, secret };
}

/** The driver of a core over a store of whatever kind: what it commits is staged. */
export class StoredNode {
  readonly core: NodeCore;
  readonly #store: Pick<Store, "get" | "stage">;

  constructor(
    store: Pick<Store, "get" | "stage">,
    applications: readonly Application[] = [kvStore],
    settings: Parameters<typeof createConfig>[0] = {},
  ) {
    this.#store = store;
    const identity = createNodeIdentity(seed, peer);
    const parts = {
      identity,
      authorOf: () => null,
      codec: createCodec(nodeCrypto),
      applications,
      config: createConfig(settings),
    };
    this.core = new NodeCore({ ...parts, store }, createNodeMemory([1, 2, 3, 4]));
    this.#give({ kind: "start" });
  }

  call(call: ClientCall): Outcome {
    const reply = this.#give({ kind: "request", request: 1, call }).find(({ kind }) => kind === "reply");
    if (reply?.kind !== "reply" || reply.outcome.kind === "refused") throw new Error(JSON.stringify(reply));
    return reply.outcome;
  }

  set(contextId: ContextId, key: string, value: string): void {
    this.call({ kind: "execute", contextId, method: "set", args: { key, value } });
  }

  create(application = "kv-store"): ContextId {
    const outcome = this.call({ kind: "create-context", application });
    if (outcome.kind !== "context") throw new Error(outcome.kind);
    return outcome.contextId;
  }

  /** How many entries each of these contexts has; null for one that is not here. */
  entryCounts(contextIds: readonly ContextId[]): readonly (number | null)[] {
    return contextIds.map((contextId) => {
      if (this.core.replicas().get(contextId)?.isInitialized !== true) return null;
      const outcome = this.call({ kind: "execute", contextId, method: "len", args: {} });
      return outcome.kind === "executed" ? Number(outcome.output) : null;
    });
  }

  /** Does what is due, so long after its start. */
  wake(monotonicMs = 0): void {
    this.#give({ kind: "woken" }, monotonicMs);
  }

  stop(): void {
    this.#give({ kind: "stop" });
  }

  #give(input: Input, monotonicMs = 0) {
    const effects = this.core.handle({ monotonicMs, wallMs: Date.now() }, input);
    for (const effect of effects) if (effect.kind === "commit") this.#store.stage(effect.writes);
    return effects;
  }
}

export interface StoredHistory {
  readonly contextIds: readonly ContextId[];
  /** In each context. */
  readonly entries: number;
}

/** Two contexts, some 7 MB, of which the last is in LevelDB's log. */
export async function storeHistory(path: string, secret: Uint8Array | null = null): Promise<StoredHistory> {
  const store = await openLevelStore(path, { create: true, secret });
  const node = new StoredNode(store);
  const contextIds = [node.create(), node.create()];
  const entries = 100;
  for (let index = 0; index < entries; index += 1) {
    for (const contextId of contextIds) node.set(contextId, `key ${index}`, noise(index));
    await store.flush();
  }
  node.stop();
  await store.flush();
  await store.close();
  return { contextIds, entries };
}

/** The entries of each context that a node finds in this store. */
export async function entriesFound(
  path: string,
  { contextIds }: StoredHistory,
  secret: Uint8Array | null = null,
): Promise<readonly (number | null)[]> {
  const store = await openLevelStore(path, { create: false, secret });
  try {
    return new StoredNode(store).entryCounts(contextIds);
  } finally {
    await store.close();
  }
}

/** The deltas that can be read of a store, whatever else is wrong with it, by their ids. */
export async function deltasIn(path: string): Promise<ReadonlyMap<DeltaId, CausalDelta>> {
  const remains = await openRemains(path, null);
  const found = new Map<DeltaId, CausalDelta>();
  const codec = createCodec(nodeCrypto);
  for (const prefix of ["d", "w"])
    for await (const [, sealed] of remains.entries(prefix)) {
      const delta = codec.openDelta(sealed);
      if (!isFault(delta)) found.set(delta.id, delta);
    }
  await remains.close();
  return found;
}

/** The same once a peer has brought all that it has; gives how many deltas still wait then. */
export async function bringAll(path: string, deltas: Iterable<CausalDelta>): Promise<number> {
  const store = await openLevelStore(path, { create: false });
  try {
    const node = new StoredNode(store);
    for (const { contextId, sealed } of deltas) {
      if (!node.core.replicas().has(contextId)) node.call({ kind: "join-context", contextId });
      node.call({ kind: "restore", contextId, delta: sealed });
    }
    const counts = () => Array.from(node.core.replicas().values(), ({ deltas: { stranded } }) => stranded);
    while (counts().some(({ readyCount }) => readyCount > 0)) node.wake();
    node.stop();
    await store.flush();
    return counts().reduce((sum, { count }) => sum + count, 0);
  } finally {
    await store.close();
  }
}

/** A text that does not compress. */
function noise(index: number): string {
  let word = index * 2_654_435_761 + 1;
  return Array.from({ length: 2_500 }, () => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    return word.toString(36);
  }).join("");
}
