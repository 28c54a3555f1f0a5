/**
 * One context's deltas: the graph of what is applied, what waits for parents, and what is ready but did not fit
 * a turn. Invariants 5, 6 and 8.
 */

import type { CausalDelta } from "../dag/delta.ts";
import { createGraphMemory, Graph, type GraphMemory } from "../dag/graph.ts";
import { type Fault, fault } from "../fault.ts";
import { deriveStamp, type Hlc, type Stamp } from "../hlc.ts";
import { type ContextId, type DeltaId, toHex } from "../ids.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";
import type { Codec } from "../wire/codec.ts";
import { Bodies, type BodiesMemory, createBodiesMemory } from "./bodies.ts";
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
  readonly bodies: BodiesMemory;
  /** Applied deltas whose index entries the store has. */
  indexed: number;
}

export function createDeltaStoreMemory(): DeltaStoreMemory {
  return {
    graph: createGraphMemory(),
    pending: createPendingMemory(),
    ready: new Map(),
    bodies: createBodiesMemory(),
    indexed: 0,
  };
}

/** An applied delta as others tell of it: what the graph keeps, without its body. */
export interface PastDelta {
  readonly id: DeltaId;
  /** Sorted and unique. */
  readonly parents: readonly DeltaId[];
  /** The derived time of its stamp. */
  readonly at: Hlc;
}

/** What is done with deltas besides keeping them. */
export interface DeltaRules {
  /** Might it be made where it was? Asked when all its parents are applied. */
  readonly permits: (delta: CausalDelta, stamp: Stamp) => Fault | null;
  /** Joins its changes into the state, once the graph has it. */
  readonly apply: (delta: CausalDelta, stamp: Stamp, turn: Turn) => void;
  /** Positions whose bodies must never go. */
  readonly keeps: () => readonly number[];
  /** One came with a state and is in the graph; with its body where it changes who is a member. */
  readonly adopted: (position: number, change: CausalDelta | undefined) => void;
}

export class DeltaStore {
  readonly graph: Graph;
  readonly pending: Pending;
  readonly #bodies: Bodies;
  readonly #memory: DeltaStoreMemory;
  readonly #contextId: ContextId;
  readonly #rules: DeltaRules;

  constructor(
    memory: DeltaStoreMemory,
    options: { readonly contextId: ContextId; readonly bounds: PendingBounds; readonly rules: DeltaRules },
  ) {
    this.graph = new Graph(memory.graph);
    this.pending = new Pending(memory.pending, options.bounds);
    this.#bodies = new Bodies(memory.bodies);
    this.#memory = memory;
    this.#contextId = options.contextId;
    this.#rules = options.rules;
  }

  get readyCount(): number {
    return this.#memory.ready.size;
  }

  /** Applied, ready or waiting here. */
  holds(id: DeltaId): boolean {
    return this.graph.has(id) || this.#memory.ready.has(id) || this.pending.has(id);
  }

  /** Applied deltas whose bodies are here. */
  get bodyCount(): number {
    return this.graph.count - this.#bodies.withoutCount;
  }

  /** Is an applied delta's body here? */
  hasBody(id: DeltaId): boolean {
    const [position] = this.graph.positionsOf([id]);
    return position !== undefined && this.#bodies.has(position);
  }

  /** The genesis as it was sealed; its body is always here. Undefined until it has arrived. */
  genesis(turn: Turn): Uint8Array | undefined {
    return turn.read(storeKeys.delta(this.#contextId as string as DeltaId));
  }

  /**
   * Drops bodies of the oldest deltas, all but the `keep` newest, at most `max` of them: never a head, nor what says who
   * is a member. Their changes must be in the state as it is written. Gives how many.
   */
  compact({ keep, max }: { readonly keep: number; readonly max: number }, turn: Turn): number {
    const { graph } = this;
    const kept = new Set([...graph.positionsOf(graph.heads()), ...this.#rules.keeps()]);
    const oldest = this.#bodies.oldest(graph.count - keep, max + kept.size);
    const dropped = oldest.filter((position) => !kept.has(position)).slice(0, max);
    for (const position of dropped) turn.remove(storeKeys.delta(graph.at(position).id));
    this.#bodies.drop(dropped);
    this.#bodies.flush(this.#contextId, turn);
    return dropped.length;
  }

  /**
   * Takes deltas that came with a state as applied, without bodies: in causal order, those applied here left out.
   * What waited for them is ready then. O(them + released).
   */
  adopt(
    history: readonly PastDelta[],
    changes: ReadonlyMap<DeltaId, CausalDelta>,
    turn: Turn,
  ): void {
    const withoutBodies: number[] = [];
    for (const { id, parents, at } of history) {
      if (this.graph.has(id)) continue;
      const position = this.graph.count;
      this.graph.append(createApplied(this.graph, { id, parents: this.graph.positionsOf(parents), at }));
      this.pending.remove(id);
      this.#memory.ready.delete(id);
      const change = changes.get(id);
      if (change === undefined) withoutBodies.push(position);
      else turn.put(storeKeys.delta(id), change.sealed);
      this.#rules.adopted(position, change);
    }
    this.#bodies.drop(withoutBodies);
    this.#bodies.flush(this.#contextId, turn);
    for (const { id } of history) this.#release(id, turn);
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
    const refusal = this.refusalOf(delta);
    if (refusal !== null) return { kind: "rejected", fault: refusal };
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

  /** What is wrong with a delta whose parents are applied: null where its author might make it there. */
  refusalOf(delta: CausalDelta): Fault | null {
    return this.#rules.permits(delta, this.#stampOf(delta));
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
    this.#bodies.load(this.#contextId, count, turn);
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
    const stamp = this.#stampOf(delta);
    this.graph.append(createApplied(this.graph, { id: delta.id, parents, at: stamp.at }));
    turn.put(storeKeys.delta(delta.id), delta.sealed);
    turn.takeRoom(delta.sealed.length);
    this.#rules.apply(delta, stamp, turn);
    this.#release(delta.id, turn);
  }

  /** Of a delta whose parents are applied. */
  #stampOf(delta: CausalDelta): Stamp {
    const parents = this.graph.positionsOf(delta.parents);
    return deriveStamp(
      parents.map((parent) => this.graph.at(parent).at),
      delta.hlc,
    );
  }

  /** What waited for this one alone may be applied; what was not allowed goes, and what waits for that ages out. */
  #release(id: DeltaId, turn: Turn): void {
    for (const released of this.pending.release(id)) {
      if (this.refusalOf(released) === null)
        this.#memory.ready.set(released.id, released);
      else turn.observe("delta-rejected", { contextId: this.#contextId });
    }
  }
}
