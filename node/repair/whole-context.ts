/**
 * Contexts of a damaged store whose state and past are still there: they are taken over as they are, as a node does that
 * takes over a peer's. The deltas alone do not say as much: bodies of old ones are dropped, and one body that is lost
 * would hide all that was written after it. Its head, which is kept apart, is enough here.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import { fault } from "../../core/fault.ts";
import {
  byteString,
  type ContextId,
  type DeltaId,
  type Incarnation,
  idBytes,
  incarnationBytes,
  toHex,
} from "../../core/ids.ts";
import type { NodeOptions } from "../../core/node.ts";
import type { VerifiedCut } from "../../core/past/taking-over.ts";
import type { Now, StateView } from "../../core/ports.ts";
import type { Replica } from "../../core/replica.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { encodeNode, UnreadableStoreError } from "../../core/stored-node.ts";
import { Turn } from "../../core/turn.ts";
import { type DeltaHead, idOfHead, kindCodes, type PastDelta } from "../../core/wire/delta-head.ts";
import { loadCore } from "./verify.ts";

export type FoundContext =
  /** `bodiless`: of how many deltas that should be here only the heads are, and what they say is in the state. */
  | { readonly kind: "whole"; readonly cut: VerifiedCut; readonly bodiless: number }
  /** Something is lost of it. */
  | { readonly kind: "damaged"; readonly why: string }
  /** Nothing says that there is more of it than its name. */
  | { readonly kind: "empty"; readonly why: string };

/** A context whose state and past are all there. The store is what is left of one. O(the context). */
export function findContext(contextId: ContextId, options: NodeOptions, now: Now): FoundContext {
  const store = viewOfOne(contextId, options.store);
  try {
    const { core, overlay } = loadCore({ ...options, store }, now);
    const replica = core.replicas().get(contextId);
    if (replica?.isInitialized !== true)
      return { kind: "empty", why: "the records that lead to it are missing" };
    const cut = cutOf(replica, { ...options, store: overlay }, now);
    if (!isItsState(cut, replica)) return damaged("its state is of several times");
    return { kind: "whole", cut, bodiless: replica.deltas.bodyCount - cut.bodies.size };
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

/** Throws an `UnreadableStoreError` where something of it is missing. */
function cutOf(replica: Replica, { store, codec }: NodeOptions, now: Now): VerifiedCut {
  const { contextId, deltas, state } = replica;
  const history = Array.from(historyOf(replica, new Turn(now, store)));
  const bodies = new Map<DeltaId, CausalDelta>();
  for (const { id, head } of history) {
    const named = head.kindCode === kindCodes.genesis ? "" : contextId;
    if (idOfHead(named, head, codec.crypto) !== id) throw unreadable(`the head of ${toHex(id)} is another`);
    const sealed = deltas.hasBody(id) ? store.get(storeKeys.delta(id)) : undefined;
    const delta = sealed === undefined ? undefined : codec.openStored(sealed);
    if (delta?.kind === "delta" && delta.id === id) bodies.set(id, delta);
    else if (mustBeWhole(head)) throw unreadable(`the delta ${toHex(id)} is missing`);
  }
  const entities = Array.from(state.leaves({}), (leaf) => state.entityOf(leaf));
  return { heads: replica.heads(), history, bodies, entities, isWhole: true };
}

/** Who is a member is not in the state. */
function mustBeWhole({ kindCode }: DeltaHead): boolean {
  return kindCode === kindCodes.genesis || kindCode === kindCodes.membership;
}

function unreadable(detail: string): UnreadableStoreError {
  return new UnreadableStoreError(fault("malformed", detail));
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
