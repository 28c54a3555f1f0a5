/** Is everything there that a node's store says it holds? */

import type { Effect } from "../../core/effect.ts";
import { isFault } from "../../core/fault.ts";
import { toHex } from "../../core/ids.ts";
import { createNodeMemory, NodeCore, type NodeOptions } from "../../core/node.ts";
import type { Now, StateView } from "../../core/ports.ts";
import type { Replica } from "../../core/replica.ts";
import { storeKeys } from "../../core/store-keys.ts";

/** What a core writes over a store, without writing it. */
class Overlay implements StateView {
  readonly #store: StateView;
  readonly #written = new Map<string, Uint8Array | null>();

  constructor(store: StateView) {
    this.#store = store;
  }

  get(key: string): Uint8Array | undefined {
    const written = this.#written.get(key);
    return written === undefined ? this.#store.get(key) : (written ?? undefined);
  }

  keep(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "commit") continue;
      for (const [key, value] of effect.writes) this.#written.set(key, value);
    }
  }
}

/**
 * Starts a core over the store without writing to it, and reads all that it must find: every delta whose body is
 * kept, and every entity of every state. Gives what is wrong first, or null. O(store).
 */
export function findDamage(options: NodeOptions, now: Now): string | null {
  const overlay = new Overlay(options.store);
  try {
    const core = new NodeCore({ ...options, store: overlay }, createNodeMemory([1, 2, 3, 4]));
    overlay.keep(core.handle(now, { kind: "start" }));
    for (const replica of core.replicas().values()) {
      const wrong = findIn(replica, { ...options, store: overlay });
      if (wrong !== null) return wrong;
    }
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
}

function findIn(
  { contextId, deltas, state, private: own }: Replica,
  { store, codec }: NodeOptions,
): string | null {
  for (let position = 0; position < deltas.graph.count; position += 1) {
    const { id } = deltas.graph.at(position);
    if (!deltas.hasBody(id)) continue;
    const sealed = store.get(storeKeys.delta(id));
    if (sealed === undefined) return `the delta ${toHex(id)} is missing`;
    const delta = codec.openStored(sealed);
    if (isFault(delta)) return `the delta ${toHex(id)} is not whole: ${delta.detail}`;
    if (delta.id !== id || delta.contextId !== contextId)
      return `another delta lies in the place of ${toHex(id)}`;
  }
  // Reading an entity that is not there, or is another than its hash says, throws.
  for (const part of [state, own.store]) for (const leaf of part.leaves({})) part.entityOf(leaf);
  return null;
}
