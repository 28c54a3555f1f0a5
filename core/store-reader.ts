/**
 * The store as the parts of a node read it at any moment: with the writes of the turn under way. What fails here is
 * remembered, because an application in whose call it failed may catch it, and must not go on as if nothing were.
 */

import type { Fault } from "./fault.ts";
import type { StateView } from "./ports.ts";
import { UnreadableStoreError } from "./stored-node.ts";
import type { Turn } from "./turn.ts";

export class StoreReader implements StateView {
  readonly #store: StateView;
  #turn: Turn | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(store: StateView) {
    this.#store = store;
  }

  get(key: string): Uint8Array | undefined {
    try {
      return this.#turn === null ? this.#store.get(key) : this.#turn.read(key);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Throws, because a record that must be there is not, or not whole. */
  unreadable(fault: Fault): never {
    return this.#fail(new UnreadableStoreError(fault));
  }

  /** Throws what failed before, if anything did. */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Does something in a turn, whose writes are seen meanwhile. */
  during<T>(turn: Turn, act: () => T): T {
    this.#turn = turn;
    try {
      return act();
    } finally {
      this.#turn = null;
    }
  }

  #fail(error: unknown): never {
    this.#failure ??= { error };
    throw error;
  }
}
