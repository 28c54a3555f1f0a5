/** The sentences for a store that is ours, but not whole. */

import { StoreError } from "./store.ts";

interface Place {
  readonly path: string;
}

const restore =
  'put a backup back, or run "reconverge node repair", which keeps what can still be read; peers bring what they hold';

export function damaged(folder: Place, what: string, cause?: unknown): StoreError {
  return new StoreError(
    "store-damaged",
    `the store at ${folder.path} is damaged: ${what}; ${restore}`,
    cause,
  );
}

/** Damage behind which one can go on with what is left. */
export function lossy(folder: Place, what: string, cause?: unknown): StoreError {
  return new StoreError(
    "store-damaged",
    `the store at ${folder.path} is damaged: ${what}; put a backup back, or run once with --accept-loss to go on with what is left: peers bring what they hold`,
    cause,
  );
}
