/** Is everything there that a node's store says it holds? */

import { isFault } from "../../core/fault.ts";
import { toHex } from "../../core/ids.ts";
import { createNodeMemory, NodeCore, type NodeOptions } from "../../core/node.ts";
import type { Now } from "../../core/ports.ts";
import type { Replica } from "../../core/replica.ts";
import type { StateStore } from "../../core/state/state-store.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { Turn } from "../../core/turn.ts";
import { idOfHead } from "../../core/wire/delta-head.ts";
import { Overlay } from "./overlay.ts";

/**
 * Starts a core over the store without writing to it, and reads all that it must find: every delta whose body is
 * kept, the head of every other, and every entity of every state. Gives what is wrong first, or null. O(store).
 */
export function findDamage(options: NodeOptions, now: Now): string | null {
  try {
    const { core, overlay } = loadCore(options, now);
    for (const replica of core.replicas().values()) {
      const wrong = findIn(replica, { ...options, store: overlay }, now);
      if (wrong !== null) return wrong;
      readAll(replica.private.store);
    }
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
}

/** A core that is started over a store, and writes nothing to it. Throws where what a start reads is damaged. */
export function loadCore(
  options: NodeOptions,
  now: Now,
): { readonly core: NodeCore; readonly overlay: Overlay } {
  const overlay = new Overlay(options.store);
  const core = new NodeCore({ ...options, store: overlay }, createNodeMemory([1, 2, 3, 4]));
  overlay.keep(core.handle(now, { kind: "start" }));
  return { core, overlay };
}

/** What is wrong first with what is shared of a context; null: nothing. Throws where a record of it is missing. */
export function findIn(
  { contextId, deltas, state }: Replica,
  { store, codec }: NodeOptions,
  now: Now,
): string | null {
  const ids = Array.from({ length: deltas.graph.count }, (_, position) => deltas.graph.at(position).id);
  for (const id of ids.filter((each) => deltas.hasBody(each))) {
    const sealed = store.get(storeKeys.delta(id));
    if (sealed === undefined) return `the delta ${toHex(id)} is missing`;
    const delta = codec.openStored(sealed);
    if (isFault(delta)) return `the delta ${toHex(id)} is not whole: ${delta.detail}`;
    if (delta.id !== id || delta.contextId !== contextId)
      return `another delta lies in the place of ${toHex(id)}`;
  }
  const bodiless = ids.filter((each) => !deltas.hasBody(each));
  for (const { id, head } of deltas.past(bodiless, 0, new Turn(now, store)))
    if (idOfHead(contextId, head, codec.crypto) !== id)
      return `another head lies in the place of ${toHex(id)}`;
  readAll(state);
  return null;
}

/** Reading an entity that is not there, or is another than its hash says, throws. */
function readAll(state: StateStore): void {
  for (const leaf of state.leaves({})) state.entityOf(leaf);
}
