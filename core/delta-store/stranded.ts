/**
 * Deltas that a repair could read while others they build on were lost. Each stays in the store until it is applied, and
 * goes in the commit that applies it, so no crash loses one; nothing bounds or ages them, as for some nobody else has
 * them. Once all its parents are applied, one is offered to the replica as a peer's delta is, with every check.
 * docs/decisions/0041-stranded-deltas.md.
 */

import { present } from "../assert.ts";
import type { CausalDelta } from "../dag/delta.ts";
import type { Removal } from "../deletion/removal.ts";
import { type ContextId, type DeltaId, toHex } from "../ids.ts";
import { timerName } from "../services.ts";
import { storeKeys } from "../store-keys.ts";
import { stored } from "../stored-node.ts";
import type { Timers } from "../timers.ts";
import type { Turn } from "../turn.ts";
import { decodeValue, encode, refuse } from "../wire/cbor.ts";
import type { Codec } from "../wire/codec.ts";
import { expectFields, expectInteger } from "../wire/expect.ts";
import type { AddOutcome } from "./delta-store.ts";

interface Stranded {
  /** Of its entry in the store. */
  readonly number: number;
  /** Parents not applied yet. */
  unapplied: number;
}

export interface StrandedMemory {
  /** Above the numbers of all entries. */
  next: number;
  readonly entries: Map<DeltaId, Stranded>;
  /** By parent: who waits for it. */
  readonly children: Map<DeltaId, Set<DeltaId>>;
  /** To be offered: all parents are applied. */
  readonly ready: Set<DeltaId>;
  /** Those that the replica did not take, and why. */
  readonly refused: Map<DeltaId, string>;
}

export function createStrandedMemory(): StrandedMemory {
  return { next: 0, entries: new Map(), children: new Map(), ready: new Set(), refused: new Map() };
}

interface StrandedParts {
  readonly contextId: ContextId;
  readonly isApplied: (id: DeltaId) => boolean;
  readonly timers: Timers;
}

/** Whom they are offered to. */
export interface Taker {
  readonly codec: Codec;
  readonly receive: (delta: CausalDelta, turn: Turn) => AddOutcome;
}

const recordBytesMax = 64;

export class StrandedDeltas {
  readonly #memory: StrandedMemory;
  readonly #parts: StrandedParts;

  constructor(memory: StrandedMemory, parts: StrandedParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  get count(): number {
    return this.#memory.entries.size;
  }

  get readyCount(): number {
    return this.#memory.ready.size;
  }

  /** Why the replica did not take some, by their ids. */
  get refused(): ReadonlyMap<DeltaId, string> {
    return this.#memory.refused;
  }

  /** Keeps a verified delta that is not applied, until it is. O(parents). */
  keep(delta: CausalDelta, turn: Turn): void {
    const { entries, next } = this.#memory;
    if (entries.has(delta.id)) return;
    const { contextId } = this.#parts;
    this.#memory.next = next + 1;
    turn.put(storeKeys.strandedDelta(contextId, next), delta.sealed);
    turn.put(storeKeys.stranded(contextId), encode([this.#memory.next]));
    this.#add(delta, next, turn);
  }

  /** A delta was applied in this turn: it is kept here no longer, and others may wait for nothing else. O(children). */
  applied(id: DeltaId, turn: Turn): void {
    const { entries, children } = this.#memory;
    if (entries.size === 0) return;
    this.#remove(id, turn);
    for (const child of children.get(id) ?? []) {
      const waiting = present(entries.get(child), "a child that is stranded");
      waiting.unapplied -= 1;
      if (waiting.unapplied === 0) this.#makeReady(child, turn);
    }
    children.delete(id);
  }

  /** Offers what is ready, as far as the turn has room. */
  offer({ codec, receive }: Taker, turn: Turn): void {
    const { entries, ready, refused } = this.#memory;
    const { contextId, isApplied, timers } = this.#parts;
    for (const id of ready) {
      if (!turn.hasRoom) return timers.set(timerName("stranded", contextId), turn.now.monotonicMs);
      ready.delete(id);
      const { number } = present(entries.get(id), "what is ready");
      const delta = stored(() => this.#read(number, codec, turn));
      turn.takeBytes(delta.sealed.length);
      const outcome = receive(delta, turn);
      if (outcome.kind === "rejected") {
        refused.set(id, outcome.fault.detail);
        turn.observe("stranded-refused", { contextId, detail: outcome.fault.detail });
      }
      // It is news for peers, who have all they had of this node.
      if (isApplied(id)) timers.setEarlier(timerName("announce", contextId), turn.now.monotonicMs);
    }
  }

  /** Has what was taken and then dropped, before it was applied, offered again. O(stranded). */
  offerAgain(isHeld: (id: DeltaId) => boolean, turn: Turn): void {
    const { entries, refused } = this.#memory;
    for (const [id, { unapplied }] of entries)
      if (unapplied === 0 && !refused.has(id) && !isHeld(id)) this.#makeReady(id, turn);
  }

  /** Reads what is stored. For use inside `decoding`, once the graph is loaded. */
  load(codec: Codec, turn: Turn): void {
    const { contextId } = this.#parts;
    this.#memory.next = numbersIn(turn.read(storeKeys.stranded(contextId)));
    for (let number = 0; number < this.#memory.next; number += 1) {
      if (turn.read(storeKeys.strandedDelta(contextId, number)) === undefined) continue;
      this.#add(this.#read(number, codec, turn), number, turn);
    }
  }

  /** One of those that are stored, whose signature was verified before it was put there. */
  #read(number: number, codec: Codec, turn: Turn): CausalDelta {
    const { contextId } = this.#parts;
    const sealed = turn.read(storeKeys.strandedDelta(contextId, number));
    if (sealed === undefined) return refuse("malformed", `the stranded delta ${number} is missing`);
    const delta = codec.openStored(sealed);
    if (delta.kind === "fault") return refuse(delta.code, delta.detail);
    if (delta.contextId === contextId) return delta;
    return refuse("malformed", `the stranded delta ${toHex(delta.id)} is of another context`);
  }

  #add(delta: CausalDelta, number: number, turn: Turn): void {
    const { entries, children } = this.#memory;
    const unapplied = delta.parents.filter((parent) => !this.#parts.isApplied(parent));
    entries.set(delta.id, { number, unapplied: unapplied.length });
    for (const parent of unapplied) {
      const waiting = children.get(parent) ?? new Set();
      children.set(parent, waiting.add(delta.id));
    }
    if (unapplied.length === 0) this.#makeReady(delta.id, turn);
  }

  #makeReady(id: DeltaId, turn: Turn): void {
    this.#memory.ready.add(id);
    this.#parts.timers.setEarlier(timerName("stranded", this.#parts.contextId), turn.now.monotonicMs);
  }

  #remove(id: DeltaId, turn: Turn): void {
    const { entries, ready, refused } = this.#memory;
    const { contextId } = this.#parts;
    const entry = entries.get(id);
    if (entry === undefined) return;
    turn.remove(storeKeys.strandedDelta(contextId, entry.number));
    entries.delete(id);
    ready.delete(id);
    refused.delete(id);
    turn.observe("stranded-applied", { contextId });
    if (entries.size > 0) return;
    this.#memory.next = 0;
    turn.remove(storeKeys.stranded(contextId));
  }
}

/** Those of a context go from the store; true when none is left. For use inside `decoding`. */
export function removeStranded(contextId: ContextId, removal: Removal): boolean {
  const next = numbersIn(removal.read(storeKeys.stranded(contextId)));
  for (let number = 0; number < next; number += 1) {
    const key = storeKeys.strandedDelta(contextId, number);
    if (removal.read(key) === undefined) continue;
    if (!removal.hasRoom) return false;
    removal.remove(key);
  }
  return true;
}

/** Above which number there is none; 0 where nothing is stored. */
function numbersIn(record: Uint8Array | undefined): number {
  if (record === undefined) return 0;
  const [next] = expectFields(decodeValue(record, recordBytesMax), 1, "what counts stranded deltas");
  return expectInteger(next, Number.MAX_SAFE_INTEGER);
}
