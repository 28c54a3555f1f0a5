/**
 * A context's states: the one that shows, and what lies in the store beside it: blocks of one that is being received,
 * and a whole one in the other space, which is to replace it or was replaced by it. The context's own record leads to
 * both, so that whichever commit was the last, a start finds what has to go; and what replaces the state is that record.
 * Invariant 7.
 */

import { type BesideRecord, otherSpace } from "./beside-record.ts";
import { Removal } from "./deletion/removal.ts";
import type { ContextId } from "./ids.ts";
import type { Sieve } from "./past/taking-over.ts";
import type { Services } from "./services.ts";
import type { Entity } from "./state/entity.ts";
import { removeState } from "./state/remove-state.ts";
import { StateRecords } from "./state/state-records.ts";
import { type StateMemory, StateStore } from "./state/state-store.ts";
import { createSuccessor, type Shown, Successor, type SuccessorMemory } from "./state/successor.ts";
import { type SharedSpace, storeKeys } from "./store-keys.ts";
import { UnreadableStoreError } from "./stored-node.ts";
import type { Turn } from "./turn.ts";
import { decoding, refuse } from "./wire/cbor.ts";

/** Plain data. */
export interface BesideMemory {
  /** Where the state that shows is. */
  space: SharedSpace;
  stagedBlocks: number;
  /** What finds the state in the other space that is to be removed; null where nothing is. */
  leaving: unknown;
  successor: SuccessorMemory | null;
}

export function createBesideMemory(): BesideMemory {
  return { space: "s", stagedBlocks: 0, leaving: null, successor: null };
}

/** What another state is made of besides what was received, and how much of both. */
interface Making {
  readonly shown: Shown;
  readonly sieve: Sieve;
}

/** What of a context's memory its states are. */
interface StatesHolder {
  readonly contextId: ContextId;
  state: StateMemory;
  readonly beside: BesideMemory;
}

export class States {
  readonly #memory: BesideMemory;
  readonly #holder: StatesHolder;
  readonly #services: Services;
  #shown: StateStore;

  constructor(holder: StatesHolder, services: Services) {
    this.#memory = holder.beside;
    this.#holder = holder;
    this.#services = services;
    this.#shown = this.#storeOfShown();
  }

  get shown(): StateStore {
    return this.#shown;
  }

  /** Is nothing here beside the state that shows? */
  get isAlone(): boolean {
    const { stagedBlocks, leaving, successor } = this.#memory;
    return stagedBlocks === 0 && leaving === null && successor === null;
  }

  get stagedBlocks(): number {
    return this.#memory.stagedBlocks;
  }

  /** Keeps a block of what was received, until all of them are forgotten. */
  stage(block: Uint8Array, turn: Turn): void {
    turn.put(storeKeys.staged(this.#holder.contextId, this.#memory.stagedBlocks), block);
    this.#memory.stagedBlocks += 1;
  }

  staged<T>(block: number, { decode, turn }: { decode: (bytes: Uint8Array) => T; turn: Turn }): T {
    return stored(`block ${block} of a state that is being received`, () => {
      const bytes = turn.read(storeKeys.staged(this.#holder.contextId, block));
      return bytes === undefined ? refuse("malformed", "it is missing") : decode(bytes);
    });
  }

  /** Removes as many of the blocks as a turn may, the last first. True when none is left. */
  forgetStaged(turn: Turn): boolean {
    const memory = this.#memory;
    const removal = new Removal(turn);
    while (memory.stagedBlocks > 0 && removal.hasRoom) {
      memory.stagedBlocks -= 1;
      removal.remove(storeKeys.staged(this.#holder.contextId, memory.stagedBlocks));
    }
    return memory.stagedBlocks === 0;
  }

  /** Removes as much as a turn may of a state that is of no use. True when the other space is free. */
  clear(turn: Turn): boolean {
    const memory = this.#memory;
    if (memory.leaving === null) return true;
    const isGone = stored("a state that was replaced", () =>
      removeState(`${otherSpace(memory.space)}${this.#holder.contextId}`, memory.leaving, new Removal(turn)),
    );
    if (isGone) memory.leaving = null;
    return isGone;
  }

  /** Joins what was received into the state that is to replace the one that shows. Such a state is begun where none is. */
  take(entities: Iterable<Entity>, { shown, sieve }: Making, turn: Turn): void {
    this.#memory.successor ??= createSuccessor(shown, turn);
    this.#successor(this.#memory.successor).take(entities, sieve.received, turn);
  }

  /** Copies to it what shows, as much as a turn may. True when it may take its place. */
  copy({ shown, sieve }: Making, turn: Turn): boolean {
    this.#memory.successor ??= createSuccessor(shown, turn);
    return this.#successor(this.#memory.successor).copy({ shown, after: sieve.kept }, turn);
  }

  /** Such a state is not needed any more: it is removed later. */
  abandon(shown: Shown, turn: Turn): void {
    const memory = this.#memory;
    if (memory.successor === null) return;
    const successor = this.#successor(memory.successor);
    successor.abandon(shown, turn);
    memory.leaving = successor.state.save();
    memory.successor = null;
  }

  /** It takes the place of what shows, which is removed later; false where there is none. */
  replace({ shown, sieve }: Making, turn: Turn): boolean {
    const memory = this.#memory;
    if (memory.successor === null) return false;
    this.#successor(memory.successor).finish({ shown, after: sieve.kept }, turn);
    this.#holder.state = memory.successor.state;
    memory.leaving = shown.state.save();
    memory.successor = null;
    memory.space = otherSpace(memory.space);
    this.#shown = this.#storeOfShown();
    return true;
  }

  save(): BesideRecord {
    const { space, stagedBlocks, leaving, successor } = this.#memory;
    const other = successor === null ? leaving : this.#successor(successor).state.save();
    return { space, stagedBlocks, other };
  }

  /** What a start finds beside the state is of no use. */
  load({ space, stagedBlocks, other }: BesideRecord): void {
    Object.assign(this.#memory, { space, stagedBlocks, leaving: other });
    this.#shown = this.#storeOfShown();
  }

  #storeOfShown(): StateStore {
    return new StateStore(this.#holder.state, this.#recordsIn(this.#memory.space));
  }

  #recordsIn(of: SharedSpace): StateRecords {
    const { codec, store, decoded } = this.#services;
    return new StateRecords({
      space: `${of}${this.#holder.contextId}`,
      crypto: codec.crypto,
      store,
      decoded,
    });
  }

  #successor(memory: SuccessorMemory): Successor {
    const { snapshotPageBytes } = this.#services.config;
    return new Successor(memory, this.#recordsIn(otherSpace(this.#memory.space)), snapshotPageBytes);
  }
}

/** Reads what this node wrote: anything else there is damage. */
function stored<T>(what: string, read: () => T): T {
  const found = decoding(what, () => ({ kind: "found" as const, found: read() }));
  if (found.kind === "fault") throw new UnreadableStoreError(found);
  return found.found;
}
