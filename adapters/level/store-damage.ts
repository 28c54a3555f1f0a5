/** The sentences for a store that is ours, but not whole. */

import { StoreError } from "./store.ts";

interface Place {
  readonly path: string;
}

const restore =
  'put a backup back, or run "reconverge node repair", which keeps what can still be read; peers bring what they hold';

/** Damage with what it is, for whoever says in other words where it is and what to do. */
export class StoreDamage extends StoreError {
  readonly what: string;

  constructor(message: string, what: string, cause: unknown) {
    super("store-damaged", message, cause);
    this.what = what;
  }
}

export function damaged(folder: Place, what: string, cause?: unknown): StoreDamage {
  return new StoreDamage(`the store at ${folder.path} is damaged: ${what}; ${restore}`, what, cause);
}

/** Damage behind which one can go on with what is left. */
export function lossy(folder: Place, what: string, cause?: unknown): StoreDamage {
  const advice =
    "put a backup back, or run once with --accept-loss to go on with what is left: peers bring what they hold";
  return new StoreDamage(`the store at ${folder.path} is damaged: ${what}; ${advice}`, what, cause);
}
