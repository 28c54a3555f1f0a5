/**
 * Contexts of a damaged store of which nothing is lost: state and past are taken over as they are, as a node does that
 * takes over a peer's. The deltas alone do not say as much, for bodies of old ones are dropped.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import { isFault } from "../../core/fault.ts";
import {
  byteString,
  type ContextId,
  type DeltaId,
  type Incarnation,
  idBytes,
  incarnationBytes,
} from "../../core/ids.ts";
import type { NodeOptions } from "../../core/node.ts";
import type { VerifiedCut } from "../../core/past/taking-over.ts";
import type { Now, StateView } from "../../core/ports.ts";
import type { Replica } from "../../core/replica.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { encodeNode, UnreadableStoreError } from "../../core/stored-node.ts";
import { Turn } from "../../core/turn.ts";
import type { PastDelta } from "../../core/wire/delta-head.ts";
import { findIn, loadCore } from "./verify.ts";

export type FoundContext =
  | { readonly kind: "whole"; readonly cut: VerifiedCut }
  /** Something is lost of it. */
  | { readonly kind: "damaged"; readonly why: string }
  /** Nothing says that there is more of it than its name. */
  | { readonly kind: "empty"; readonly why: string };

/** All of one context, where it is all there. The store is what is left of one. O(the context). */
export function findContext(contextId: ContextId, options: NodeOptions, now: Now): FoundContext {
  const store = viewOfOne(contextId, options.store);
  try {
    const { core, overlay } = loadCore({ ...options, store }, now);
    const replica = core.replicas().get(contextId);
    if (replica?.isInitialized !== true)
      return { kind: "empty", why: "the records that lead to it are missing" };
    const parts = { ...options, store: overlay };
    const wrong = findIn(replica, parts, now);
    if (wrong !== null) return damaged(wrong);
    const cut = cutOf(replica, parts, now);
    return isItsState(cut, replica) ? { kind: "whole", cut } : damaged("its state is of several times");
  } catch (error) {
    if (error instanceof UnreadableStoreError) return damaged(error.message);
    throw error;
  }
}

function damaged(why: string): FoundContext {
  return { kind: "damaged", why };
}

/** By the first character of their keys: the shared state and past of a context. */
const sharedKinds: ReadonlySet<string> = new Set(["c", "d", "i", "b", "a", "l", "e", "t"]);

/** The store of a node that keeps one context, and of that what is shared alone. */
function viewOfOne(contextId: ContextId, view: StateView): StateView {
  const record = encodeNode(byteString<Incarnation>(new Uint8Array(incarnationBytes)), [contextId]);
  const isShared = (key: string) => key.length > idBytes && sharedKinds.has(key.charAt(0));
  return { get: (key) => (key === storeKeys.node ? record : isShared(key) ? view.get(key) : undefined) };
}

function cutOf(replica: Replica, { store, codec }: NodeOptions, now: Now): VerifiedCut {
  const { deltas, state } = replica;
  const history = Array.from(historyOf(replica, new Turn(now, store)));
  const bodies = new Map<DeltaId, CausalDelta>();
  for (const { id } of history) {
    const sealed = deltas.hasBody(id) ? store.get(storeKeys.delta(id)) : undefined;
    const delta = sealed === undefined ? undefined : codec.openStored(sealed);
    if (delta !== undefined && !isFault(delta)) bodies.set(id, delta);
  }
  const entities = Array.from(state.leaves({}), (leaf) => state.entityOf(leaf));
  return { heads: replica.heads(), history, bodies, entities, isWhole: true };
}

function* historyOf({ deltas }: Replica, turn: Turn): Generator<PastDelta> {
  const ids = Array.from({ length: deltas.graph.count }, (_, position) => deltas.graph.at(position).id);
  for (let from = 0; from < ids.length; )
    for (const delta of deltas.past(ids, from, turn)) {
      from += 1;
      yield delta;
    }
}

/** Records of several times may lie in what is left of a store: are these entities what its root stands for? */
function isItsState({ entities }: VerifiedCut, { state }: Replica): boolean {
  const copy = state.blank();
  for (const entity of entities) copy.join(entity);
  return copy.root() === state.root();
}
