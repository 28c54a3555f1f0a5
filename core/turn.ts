/**
 * One call of `handle`: what it reads, and what leaves it. All its writes leave as one commit, placed before
 * everything it says. A turn is bounded; what does not fit stays ready and the node wakes itself at once.
 */

import type { Effect, Observation } from "./effect.ts";
import type { Fault } from "./fault.ts";
import type { PeerId } from "./ids.ts";
import { turnBytesMax, turnDeltasMax } from "./limits.ts";
import type { Now, StateView } from "./ports.ts";
import type { ProbeName } from "./probes.ts";

/** A part that writes what it accumulated once, when the turn ends. */
export interface Flushable {
  flush(turn: Turn): void;
}

export class Turn {
  readonly now: Now;
  readonly #store: StateView;
  readonly #writes = new Map<string, Uint8Array | null>();
  readonly #effects: Effect[] = [];
  readonly #changed = new Set<Flushable>();
  readonly #blamed: (readonly [PeerId, Fault])[] = [];
  #deltasLeft = turnDeltasMax;
  #bytesLeft = turnBytesMax;

  constructor(now: Now, store: StateView) {
    this.now = now;
    this.#store = store;
  }

  /** Reads a key, this turn's own writes included. */
  read(key: string): Uint8Array | undefined {
    const written = this.#writes.get(key);
    return written === undefined ? this.#store.get(key) : (written ?? undefined);
  }

  put(key: string, value: Uint8Array): void {
    this.#writes.set(key, value);
  }

  remove(key: string): void {
    this.#writes.set(key, null);
  }

  perform(effect: Effect): void {
    this.#effects.push(effect);
  }

  observe(name: ProbeName, about: Partial<Omit<Observation, "name">> = {}): void {
    const { amount = 1, ...subject } = about;
    this.perform({ kind: "observe", observation: { name, amount, ...subject } });
  }

  blame(peer: PeerId, fault: Fault): void {
    this.perform({ kind: "fault", peer, fault });
    this.#blamed.push([peer, fault]);
  }

  /** Peers' mistakes since this was asked last. */
  takeBlamed(): readonly (readonly [PeerId, Fault])[] {
    return this.#blamed.splice(0);
  }

  /** Has the part flushed when the turn ends. */
  changed(part: Flushable): void {
    this.#changed.add(part);
  }

  /** Room for another delta in this turn's commit? */
  get hasRoom(): boolean {
    return this.#deltasLeft > 0 && this.#bytesLeft > 0;
  }

  takeRoom(bytes: number): void {
    this.#deltasLeft -= 1;
    this.takeBytes(bytes);
  }

  /** For what goes into the commit besides deltas and may be large. */
  takeBytes(bytes: number): void {
    this.#bytesLeft -= bytes;
  }

  /** Flushes what changed and gives the effects, the commit first. */
  finish(): Effect[] {
    for (const part of this.#changed) part.flush(this);
    if (this.#writes.size === 0) return this.#effects;
    return [{ kind: "commit", writes: Array.from(this.#writes) }, ...this.#effects];
  }
}
