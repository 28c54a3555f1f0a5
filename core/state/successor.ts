/**
 * A state that is to replace the one that shows: it is made in a space of its own, some each turn, of what was received
 * and of what shows, while that is written on. What shows is copied in rounds: of each version that was pinned what is
 * new since the one before, until hardly anything is; where that is written faster than it is copied, ever more in a
 * turn, so that it ends. Rounds join, and miss what goes: from what shows nothing may be collected meanwhile.
 */

import type { Hlc } from "../hlc.ts";
import type { Turn } from "../turn.ts";
import type { Entity } from "./entity.ts";
import type { StateRecords } from "./state-records.ts";
import { createStateMemory, type StateMemory, StateStore } from "./state-store.ts";
import type { PinnedVersion } from "./tree/state-tree.ts";

/** Plain data. */
export interface SuccessorMemory {
  readonly state: StateMemory;
  /** A version of the state that shows of which all is here; null before the first is. */
  copied: PinnedVersion | null;
  /** The one that is being copied. */
  copying: PinnedVersion;
  /** Of that, all before this id is here. */
  place: string;
  /** Versions that were copied before it. */
  rounds: number;
}

/** The state that shows, as its replica lets it be pinned. */
export interface Shown {
  readonly state: StateStore;
  pinState(turn: Turn): PinnedVersion;
  unpinState(pinned: PinnedVersion, turn: Turn): void;
}

/** What is copied: of what may be collected only what came after a time; null: all. */
interface Source {
  readonly shown: Shown;
  readonly after: Hlc | null;
}

interface Share {
  readonly entities: number;
  readonly bytes: number;
}

/** What is much is told in pages, as all that moves of states: so many are copied in one turn, or left for the last one. */
const pagesPerTurn = 16;
/** Copied in one turn, one at least. */
const copiedEntitiesMax = 1_024;
/** Left to copy in the turn in which this state takes its place. */
const restEntitiesMax = 256;
/** After so many rounds, of which each has less to copy unless much is written, both double with each. */
const roundsMax = 8;
/** By then a turn copies some TiB, whatever a page is: more than any state comes to. */
const doublingsMax = 30;

export function createSuccessor(shown: Shown, turn: Turn): SuccessorMemory {
  const copying = shown.pinState(turn);
  const state = createStateMemory();
  // Versions go on, so that no record of an earlier state is written over.
  state.tree.version = copying.version;
  return { state, copied: null, copying, place: "", rounds: 0 };
}

export class Successor {
  readonly state: StateStore;
  readonly #memory: SuccessorMemory;
  readonly #pageBytes: number;

  constructor(memory: SuccessorMemory, records: StateRecords, pageBytes: number) {
    this.#memory = memory;
    this.#pageBytes = pageBytes;
    this.state = new StateStore(memory.state, records);
  }

  /** Joins some entities, of what may be collected only what came after a time, and writes what comes of it. */
  take(entities: Iterable<Entity>, after: Hlc | null, turn: Turn): void {
    for (const entity of entities) turn.takeBytes(this.state.join(entity, after));
    this.state.flush(turn);
  }

  /** Copies as much as a turn may. True once so little is left that `finish` may copy it. */
  copy({ shown, after }: Source, turn: Turn): boolean {
    const memory = this.#memory;
    if (!this.#copyPinned(shown.state, after, turn)) return false;
    if (this.#isLittle(shown.state)) return true;
    if (memory.copied !== null) shown.unpinState(memory.copied, turn);
    memory.copied = memory.copying;
    memory.copying = shown.pinState(turn);
    memory.place = "";
    memory.rounds += 1;
    return false;
  }

  /** Copies what is left. */
  finish({ shown, after }: Source, turn: Turn): void {
    const { copying } = this.#memory;
    const rest = Array.from(shown.state.changes(copying, {}), (leaf) => shown.state.entityOf(leaf));
    this.take(rest, after, turn);
    this.abandon(shown, turn);
  }

  /** Gives back what is pinned: nothing more is copied. */
  abandon(shown: Shown, turn: Turn): void {
    const { copied, copying } = this.#memory;
    for (const pinned of [copied, copying]) if (pinned !== null) shown.unpinState(pinned, turn);
  }

  /** Is what was written since the version that is copied so little that one turn may copy it? */
  #isLittle(shown: StateStore): boolean {
    const max = this.#shareOf(restEntitiesMax);
    let [entities, bytes] = [0, 0];
    for (const leaf of shown.changes(this.#memory.copying, {})) {
      entities += 1;
      bytes += shown.entityOf(leaf).bytes.length;
      if (entities > max.entities || bytes > max.bytes) return false;
    }
    return true;
  }

  #shareOf(entities: number): Share {
    const times = 1 << Math.min(doublingsMax, Math.max(0, this.#memory.rounds - roundsMax));
    return { entities: entities * times, bytes: pagesPerTurn * this.#pageBytes * times };
  }

  #copyPinned(from: StateStore, after: Hlc | null, turn: Turn): boolean {
    const memory = this.#memory;
    const some: Entity[] = [];
    const max = this.#shareOf(copiedEntitiesMax);
    let bytes = 0;
    const isFull = () => some.length >= max.entities || bytes >= max.bytes;
    let rest: string | null = null;
    for (const leaf of from.changes(memory.copied, { from: memory.place }, memory.copying)) {
      if (isFull()) {
        rest = leaf.id;
        break;
      }
      const entity = from.entityOf(leaf);
      some.push(entity);
      bytes += entity.bytes.length;
    }
    this.take(some, after, turn);
    // No id comes after "f".
    memory.place = rest ?? "g";
    return rest === null;
  }
}
