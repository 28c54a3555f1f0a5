/** The sentences for a store that is ours, but not whole. */

import { messageOf, StoreError } from "./store.ts";

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

/** LevelDB says it in words alone, those of the system. */
const noSpace = /no space left on device|disk quota exceeded|ENOSPC|EDQUOT/i;

/** What did not succeed with a store: for want of room, with which nothing is damaged, or because something is. */
export function unusable(folder: Place, what: string, cause: unknown): StoreError {
  const reason = `${what} (${messageOf(cause)})`;
  if (!noSpace.test(reason)) return damaged(folder, reason, cause);
  const message = `the store at ${folder.path} cannot be opened, as its disk is full: ${reason}; nothing in it is lost by that: make room, and start again`;
  return new StoreError("store-full", message, cause);
}

/** A commit that did not become durable, after which what was durable still is. */
export function unwritable(folder: Place, cause: unknown): StoreError {
  const reason = messageOf(cause);
  const [code, message] = noSpace.test(reason)
    ? ([
        "store-full",
        `cannot be written, as its disk is full (${reason}): make room, and start again`,
      ] as const)
    : (["store-failed", `cannot be written (${reason}): check the space and health of its disk`] as const);
  return new StoreError(code, `the store at ${folder.path} ${message}`, cause);
}
