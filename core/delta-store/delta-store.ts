/**
 * One context's deltas: the graph of what is applied, what waits for parents, and what is ready but did not fit
 * a turn. Invariants 5, 6 and 8.
 */

import type { CausalDelta } from "../dag/delta.ts";
import { createGraphMemory, Graph, type GraphMemory } from "../dag/graph.ts";
import { type Fault, fault } from "../fault.ts";
import { deriveStamp, type Stamp } from "../hlc.ts";
import { type ContextId, type DeltaId, toHex } from "../ids.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";
import type { Codec } from "../wire/codec.ts";
import { createApplied, readIndex, writeIndex } from "./index-blocks.ts";
import { createPendingMemory, Pending, type PendingBounds, type PendingMemory } from "./pending.ts";

export type AddOutcome =
  /** Its parents were applied: it is too, or will be within this node's next turns. */
  | { readonly kind: "applied" }
  /** It waits. `missing` are parents this node has never been given. */
  | { readonly kind: "pending"; readonly missing: readonly DeltaId[] }
  | { readonly kind: "duplicate" }
  | { readonly kind: "rejected"; readonly fault: Fault };

export interface DeltaStoreMemory {
  readonly graph: GraphMemory;
  readonly pending: PendingMemory;
  /** Parents applied, not yet applied itself: the bounded turn was full. First in, first out. */
  readonly ready: Map<DeltaId, CausalDelta>;
  /** Applied deltas whose index entries the store has. */
  indexed: number;
}

export function createDeltaStoreMemory(): DeltaStoreMemory {
  return { graph: createGraphMemory(), pending: createPendingMemory(), ready: new Map(), indexed: 0 };
}

/** Joins a delta's changes into the state. */
export type Applier = (delta: CausalDelta, stamp: Stamp, turn: Turn) => void;

export class DeltaStore {
  readonly graph: Graph;
  readonly pending: Pending;
  readonly #memory: DeltaStoreMemory;
  readonly #contextId: ContextId;
  readonly #apply: Applier;

  constructor(
    memory: DeltaStoreMemory,
    options: { readonly contextId: ContextId; readonly bounds: PendingBounds; readonly apply: Applier },
  ) {
    this.graph = new Graph(memory.graph);
    this.pending = new Pending(memory.pending, options.bounds);
    this.#memory = memory;
    this.#contextId = options.contextId;
    this.#apply = options.apply;
  }

  get readyCount(): number {
    return this.#memory.ready.size;
  }

  /** Applied, ready or waiting here. */
  holds(id: DeltaId): boolean {
    return this.graph.has(id) || this.#memory.ready.has(id) || this.pending.has(id);
  }

  /** Adds a verified delta of this context. O(parents + released). */
  add(delta: CausalDelta, turn: Turn): AddOutcome {
    if (this.holds(delta.id)) return { kind: "duplicate" };
    if (delta.parents.length === 0 && delta.id !== (this.#contextId as string)) {
      return {
        kind: "rejected",
        fault: fault("no-parents", `${toHex(delta.id)} is not the genesis of its context`),
      };
    }
    const unapplied = delta.parents.filter((parent) => !this.graph.has(parent));
    if (unapplied.length > 0 || delta.content.kind === "needs-upgrade")
      return this.#wait(delta, unapplied, turn);
    this.#memory.ready.set(delta.id, delta);
    this.applyReady(turn);
    return { kind: "applied" };
  }

  /** The delta applied at this position, with its stamp. For use inside `decoding`. */
  appliedAt(
    position: number,
    codec: Codec,
    turn: Turn,
  ): { readonly delta: CausalDelta; readonly stamp: Stamp } {
    const { id, at } = this.graph.at(position);
    const sealed = turn.read(storeKeys.delta(id));
    if (sealed === undefined) return refuse("malformed", `the delta ${toHex(id)} is missing`);
    const delta = codec.openStored(sealed);
    if (delta.kind === "fault") return refuse(delta.code, delta.detail);
    return { delta, stamp: { at, hlc: delta.hlc } };
  }

  /** Applies an own delta made on this store's heads in this very turn. */
  author(delta: CausalDelta, turn: Turn): void {
    this.#applyOne(delta, turn);
  }

  /** Applies what is ready, as far as the turn has room. True when some is left. */
  applyReady(turn: Turn): boolean {
    for (const [id, delta] of this.#memory.ready) {
      if (!turn.hasRoom) return true;
      this.#memory.ready.delete(id);
      this.#applyOne(delta, turn);
    }
    return false;
  }

  /** Parents that are waited for and that nobody has given yet. */
  missing(): readonly DeltaId[] {
    return this.pending.missing((id) => this.#memory.ready.has(id));
  }

  /** Writes index entries of what was applied since the last flush. */
  flush(turn: Turn): void {
    if (this.#memory.indexed === this.graph.count) return;
    writeIndex(this.graph, this.#memory.indexed, { contextId: this.#contextId, turn });
    this.#memory.indexed = this.graph.count;
  }

  /** Reads the index of `count` applied deltas. For use inside `decoding`. */
  load(count: number, turn: Turn): void {
    readIndex(this.graph, count, { contextId: this.#contextId, turn });
    this.#memory.indexed = count;
  }

  #wait(delta: CausalDelta, unapplied: readonly DeltaId[], turn: Turn): AddOutcome {
    const evicted = this.pending.add(delta, unapplied, turn.now.monotonicMs);
    if (evicted.length > 0)
      turn.observe("pending-evicted", { contextId: this.#contextId, amount: evicted.length });
    return { kind: "pending", missing: unapplied.filter((id) => !this.holds(id)) };
  }

  #applyOne(delta: CausalDelta, turn: Turn): void {
    const parents = this.graph.positionsOf(delta.parents);
    const stamp = deriveStamp(
      parents.map((parent) => this.graph.at(parent).at),
      delta.hlc,
    );
    this.graph.append(createApplied(this.graph, { id: delta.id, parents, at: stamp.at }));
    turn.put(storeKeys.delta(delta.id), delta.sealed);
    turn.takeRoom(delta.sealed.length);
    this.#apply(delta, stamp, turn);
    for (const released of this.pending.release(delta.id)) this.#memory.ready.set(released.id, released);
  }
}
