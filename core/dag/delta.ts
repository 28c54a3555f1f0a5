/**
 * A causal delta: one signed change, named by the SHA-256 of its head (`wire/delta-head.ts`), which covers every field
 * a receiver acts on, what it says by its digest. `sealed` (encoding and signature together) is the form in which a
 * delta travels on gossip and lies in the store, and which a receiver restores from what sessions carry.
 */

import type { ApplicationEvent } from "../effect.ts";
import type { Hlc } from "../hlc.ts";
import type { AuthorId, ContextId, DeltaId, Hash, Incarnation } from "../ids.ts";
import type { Member, MembershipChange, Role } from "../members/membership.ts";
import type { Action } from "../state/action.ts";

/** Kinds this version can apply. Others of the protocol are kept as "needs upgrade" until it learns them. */
export type DeltaContent =
  | Genesis
  | { readonly kind: "operations"; readonly actions: readonly Action[] }
  /** What a handler of an event wrote on a node that received the event. Runs no handlers itself. */
  | { readonly kind: "handler"; readonly actions: readonly Action[] }
  /** Joins many heads into one; changes nothing. */
  | { readonly kind: "merge" }
  /** Names the cut made up of its parents; changes nothing. */
  | { readonly kind: "checkpoint"; readonly stateRoot: Hash }
  /** Who may do what from here on. */
  | { readonly kind: "membership"; readonly change: MembershipChange }
  | { readonly kind: "needs-upgrade"; readonly code: number };

export interface Genesis {
  readonly kind: "genesis";
  readonly application: string;
  /** 16 random bytes, which also are the first secret of the context's topic. */
  readonly nonce: string;
  /** From the start, besides the author, who is an admin. */
  readonly members: readonly Member[];
  /** Of whoever is not named and was not removed; null: none. */
  readonly others: Role | null;
  /** How long deletions are kept once the past is closed: ms of stamp time. Null: for ever. */
  readonly retentionMs: number | null;
}

export type DeltaKind = DeltaContent["kind"];

/** What an author decides. */
export interface DeltaDraft {
  /** Empty in a genesis, whose own id is the context's. */
  readonly contextId: ContextId | "";
  /** Sorted and unique; empty only in a genesis. */
  readonly parents: readonly DeltaId[];
  readonly author: AuthorId;
  readonly incarnation: Incarnation;
  readonly hlc: Hlc;
  readonly content: DeltaContent;
  readonly events: readonly ApplicationEvent[];
}

/** A delta whose id and signature were verified. Immutable, and shared by whoever holds it. */
export interface CausalDelta extends DeltaDraft {
  readonly kind: "delta";
  readonly id: DeltaId;
  /** A genesis's own id, else the context named in the delta. */
  readonly contextId: ContextId;
  /** Of what it says: payload and events. */
  readonly bodyDigest: Hash;
  readonly sealed: Uint8Array;
}
