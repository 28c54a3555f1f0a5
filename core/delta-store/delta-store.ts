/**
 * One context's deltas: the graph of what is applied, what waits for parents, and what is ready but did not fit
 * a turn. Invariants 5, 6 and 8.
 */

import type { CausalDelta } from "../dag/delta.ts";
import { createGraphMemory, Graph, type GraphMemory } from "../dag/graph.ts";
import { type Fault, fault } from "../fault.ts";
import { deriveStamp, type Hlc, type Stamp } from "../hlc.ts";
import { type AuthorId, type ContextId, type DeltaId, toHex } from "../ids.ts";
import type { Crypto } from "../ports.ts";
import { storeKeys } from "../store-keys.ts";
import type { Timers } from "../timers.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";
import type { Codec } from "../wire/codec.ts";
import type { DeltaHead, PastDelta } from "../wire/delta-head.ts";
import { Bodies, type BodiesMemory, createBodiesMemory } from "./bodies.ts";
import { HeadStore, type HeadsMemory } from "./head-store.ts";
import { createApplied, readIndex, writeIndex } from "./index-blocks.ts";
import type { StoredHead } from "./past-heads.ts";
import { createPendingMemory, Pending, type PendingBounds, type PendingMemory } from "./pending.ts";
import { createStrandedMemory, StrandedDeltas, type StrandedMemory } from "./stranded.ts";

export type AddOutcome =
  /** Its parents were applied: it is too, or will be within this node's next turns. */
  | { readonly kind: "applied" }
  /** It waits. `missing` are parents this node has never been given. */
  | { readonly kind: "pending"; readonly missing: readonly DeltaId[] }
  | { readonly kind: "duplicate" }
  | { readonly kind: "rejected"; readonly fault: Fault };

/** What a compaction came to, and whether another turn has to go on. */
export interface Compacted {
  readonly amount: number;
  readonly isMore: boolean;
}

/** Bodies dropped in one turn. */
const droppedMax = 512;

export interface DeltaStoreMemory {
  readonly graph: GraphMemory;
  readonly pending: PendingMemory;
  readonly stranded: StrandedMemory;
  /** Parents applied, not yet applied itself: the bounded turn was full. First in, first out. */
  readonly ready: Map<DeltaId, CausalDelta>;
  readonly bodies: BodiesMemory;
  readonly heads: HeadsMemory;
  /** Applied deltas whose index entries the store has. */
  indexed: number;
}

export function createDeltaStoreMemory(): DeltaStoreMemory {
  return {
    graph: createGraphMemory(),
    pending: createPendingMemory(),
    stranded: createStrandedMemory(),
    ready: new Map(),
    bodies: createBodiesMemory(),
    heads: new Map(),
    indexed: 0,
  };
}

/** Whether a delta that is older than a past which closes may still count. */
export type Timeliness =
  | { readonly kind: "timely" }
  /** Never. */
  | Fault
  /** Once it is known to lie below deltas of enough others. */
  | { readonly kind: "held"; readonly isVouchedFor: (authorsAbove: Iterable<AuthorId>) => boolean };

/** What is done with deltas besides keeping them. */
export interface DeltaRules {
  /** Might it be made where it was? Asked when all its parents are applied. */
  readonly permits: (delta: CausalDelta) => Fault | null;
  /** Does it, of this derived time, come in time? Asked again whenever the answer may have changed. */
  readonly timeliness: (delta: CausalDelta, at: () => Hlc) => Timeliness;
  /** Joins its changes into the state, once the graph has it. */
  readonly apply: (delta: CausalDelta, stamp: Stamp, turn: Turn) => void;
  /** Positions whose bodies must never go. */
  readonly keeps: () => readonly number[];
  /** The last of the graph came with a state; with its body where it changes who is a member. */
  readonly adopted: (head: DeltaHead, change: CausalDelta | undefined, turn: Turn) => void;
}

export class DeltaStore {
  readonly graph: Graph;
  readonly pending: Pending;
  readonly stranded: StrandedDeltas;
  readonly #bodies: Bodies;
  readonly #heads: HeadStore;
  readonly #memory: DeltaStoreMemory;
  readonly #contextId: ContextId;
  readonly #rules: DeltaRules;

  constructor(
    memory: DeltaStoreMemory,
    options: {
      readonly contextId: ContextId;
      readonly crypto: Crypto;
      readonly timers: Timers;
      readonly bounds: PendingBounds;
      readonly rules: DeltaRules;
    },
  ) {
    this.graph = new Graph(memory.graph);
    this.pending = new Pending(memory.pending, options.bounds);
    this.stranded = new StrandedDeltas(memory.stranded, {
      ...{ contextId: options.contextId, timers: options.timers },
      isApplied: (id) => this.graph.has(id),
    });
    this.#bodies = new Bodies(memory.bodies);
    const { contextId, crypto } = options;
    this.#heads = new HeadStore(memory.heads, { contextId, crypto, graph: this.graph });
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
   * Drops bodies of the oldest deltas, all but the `keep` newest, as many as a turn may: never a head of the graph, nor
   * what says who is a member. Their heads stay, and their changes must be in the state as it is written.
   */
  compact(keep: number, turn: Turn): Compacted {
    const { graph } = this;
    const kept = new Set([...graph.positionsOf(graph.heads()), ...this.#rules.keeps()]);
    const oldest = this.#bodies.oldest(graph.count - keep, droppedMax + kept.size + 1);
    const droppable = oldest.filter((position) => !kept.has(position));
    const heads = new Map<number, StoredHead>();
    const reader = this.#heads.reader(turn);
    for (const position of droppable.slice(0, droppedMax)) {
      if (reader.isSpent) break;
      heads.set(position, reader.read(position));
      turn.remove(storeKeys.delta(graph.at(position).id));
    }
    this.#dropBodies(heads, turn);
    return { amount: heads.size, isMore: heads.size < droppable.length };
  }

  /**
   * Takes deltas that came with a state as applied, without bodies but for those given: in causal order, those applied
   * here left out. What waited for them is ready then. O(them + released).
   */
  adopt(history: readonly PastDelta[], bodies: ReadonlyMap<DeltaId, CausalDelta>, turn: Turn): void {
    const heads = new Map<number, StoredHead>();
    for (const { id, head } of history) {
      if (this.graph.has(id)) continue;
      const position = this.graph.count;
      const body = bodies.get(id);
      if (body === undefined) heads.set(position, head);
      else {
        turn.put(storeKeys.delta(id), body.sealed);
        this.#heads.applied(position, body);
      }
      this.#append(id, head, turn);
      this.pending.remove(id);
      this.#memory.ready.delete(id);
      this.#rules.adopted(head, body?.content.kind === "membership" ? body : undefined, turn);
    }
    this.#dropBodies(heads, turn);
    for (const { id } of history) this.#release(id, turn);
    this.#releaseHeld(turn);
  }

  /** Applied deltas as others are told of them, from the `from`-th on; ends early where many bodies must be read. */
  *past(ids: readonly DeltaId[], from: number, turn: Turn): Generator<PastDelta> {
    const { graph } = this;
    const reader = this.#heads.reader(turn);
    for (const id of ids.slice(from)) {
      if (reader.isSpent) return;
      const [position] = graph.positionsOf([id]) as [number];
      const head = reader.read(position);
      yield { id, head: { ...head, parents: graph.at(position).parents.map((each) => graph.at(each).id) } };
    }
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
    if (unapplied.length > 0 || delta.content.kind === "needs-upgrade") {
      const outcome = this.#wait(delta, unapplied, turn);
      // It may be the word that one below it waits for.
      if (this.pending.holdsAny) this.applyReady(turn);
      return outcome;
    }
    const refusal = this.refusalOf(delta);
    if (refusal !== null) return { kind: "rejected", fault: refusal };
    if (this.#isHeld(delta)) {
      turn.observe("delta-held", { contextId: this.#contextId });
      return this.#wait(delta, [], turn);
    }
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

  /** What is wrong with a delta whose parents are applied: null where its author might make it there, and it is in time. */
  refusalOf(delta: CausalDelta): Fault | null {
    const refusal = this.#rules.permits(delta);
    if (refusal !== null) return refusal;
    const timeliness = this.#timelinessOf(delta);
    return timeliness.kind === "fault" ? timeliness : null;
  }

  /** Applies an own delta made on this store's heads in this very turn. */
  author(delta: CausalDelta, turn: Turn): void {
    this.#applyOne(delta, turn);
  }

  /** Applies what is ready, as far as the turn has room. True when some is left. */
  applyReady(turn: Turn): boolean {
    do {
      for (const [id, delta] of this.#memory.ready) {
        if (!turn.hasRoom) return true;
        this.#memory.ready.delete(id);
        // What was applied since it became ready may have closed the past.
        if (this.#timelinessOf(delta).kind === "timely" || this.#isAdmitted(delta, turn))
          this.#applyOne(delta, turn);
      }
    } while (this.#releaseHeld(turn));
    return false;
  }

  #timelinessOf(delta: CausalDelta): Timeliness {
    return this.#rules.timeliness(
      delta,
      () => this.#stampOn(this.graph.positionsOf(delta.parents), delta.hlc).at,
    );
  }

  /** Does it wait for the word of others, who have not given it? */
  #isHeld(delta: CausalDelta): boolean {
    const timeliness = this.#timelinessOf(delta);
    return timeliness.kind === "held" && !timeliness.isVouchedFor(this.pending.authorsAbove(delta.id));
  }

  /** One that is ready: else it is dropped, or waits again. */
  #isAdmitted(delta: CausalDelta, turn: Turn): boolean {
    if (this.refusalOf(delta) !== null) {
      turn.observe("delta-rejected", { contextId: this.#contextId });
      return false;
    }
    if (!this.#isHeld(delta)) return true;
    this.#wait(delta, [], turn);
    return false;
  }

  /** Has what is held no longer made ready, and drops what comes too late by now. Is something ready? */
  #releaseHeld(turn: Turn): boolean {
    for (const delta of this.pending.held()) {
      if (this.#isHeld(delta)) continue;
      this.pending.remove(delta.id);
      if (this.refusalOf(delta) === null) this.#memory.ready.set(delta.id, delta);
      else turn.observe("delta-rejected", { contextId: this.#contextId });
    }
    return this.#memory.ready.size > 0;
  }

  /** Parents that are waited for and that nobody has given yet. */
  missing(): readonly DeltaId[] {
    return this.pending.missing((id) => this.#memory.ready.has(id));
  }

  /** Writes index entries of what was applied since the last flush, and heads now and then. */
  flush(turn: Turn): void {
    if (this.#memory.indexed === this.graph.count) return;
    writeIndex(this.graph, this.#memory.indexed, { contextId: this.#contextId, turn });
    this.#memory.indexed = this.graph.count;
    this.#heads.flush(turn);
  }

  /** Writes what of heads is not written yet. */
  settle(turn: Turn): void {
    this.#heads.settle(turn);
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
    const at = this.#append(delta.id, delta, turn);
    turn.put(storeKeys.delta(delta.id), delta.sealed);
    this.#heads.applied(this.graph.count - 1, delta);
    turn.takeRoom(delta.sealed.length);
    this.#rules.apply(delta, { at, hlc: delta.hlc }, turn);
    this.#release(delta.id, turn);
  }

  /** Appends a delta to the graph; its derived time. */
  #append(id: DeltaId, { parents, hlc }: Pick<DeltaHead, "parents" | "hlc">, turn: Turn): Hlc {
    const positions = this.graph.positionsOf(parents);
    const { at } = this.#stampOn(positions, hlc);
    this.graph.append(createApplied(this.graph, { id, parents: positions, at }));
    this.stranded.applied(id, turn);
    return at;
  }

  /** Notes that these have no bodies from now on, and keeps their heads instead. */
  #dropBodies(heads: ReadonlyMap<number, StoredHead>, turn: Turn): void {
    this.#heads.keep(heads, turn);
    this.#bodies.drop(Array.from(heads.keys()));
    this.#bodies.flush(this.#contextId, turn);
  }

  #stampOn(parents: readonly number[], hlc: Hlc): Stamp {
    const times = parents.map((position) => this.graph.at(position).at);
    return deriveStamp(times, hlc);
  }

  /** What waited for this one alone may be applied; what was not allowed goes, and what waits for that ages out. */
  #release(id: DeltaId, turn: Turn): void {
    for (const released of this.pending.release(id)) {
      if (this.refusalOf(released) === null) this.#memory.ready.set(released.id, released);
      else turn.observe("delta-rejected", { contextId: this.#contextId });
    }
  }
}
