/** What a core writes over a store, without writing it. */

import type { Effect } from "../../core/effect.ts";
import type { StateView } from "../../core/ports.ts";

export class Overlay implements StateView {
  readonly #store: StateView;
  readonly #written = new Map<string, Uint8Array | null>();

  constructor(store: StateView) {
    this.#store = store;
  }

  get(key: string): Uint8Array | undefined {
    const written = this.#written.get(key);
    return written === undefined ? this.#store.get(key) : (written ?? undefined);
  }

  keep(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "commit") continue;
      for (const [key, value] of effect.writes) this.#written.set(key, value);
    }
  }
}
