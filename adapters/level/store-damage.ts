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
  /** Can one go on behind it with what is left? */
  readonly isPassable: boolean;

  constructor(
    message: string,
    { what, isPassable, cause }: Pick<StoreDamage, "what" | "isPassable" | "cause">,
  ) {
    super("store-damaged", message, cause);
    this.what = what;
    this.isPassable = isPassable;
  }
}

export function damaged(folder: Place, what: string, cause?: unknown): StoreDamage {
  const message = `the store at ${folder.path} is damaged: ${what}; ${restore}`;
  return new StoreDamage(message, { what, isPassable: false, cause });
}

const goOn =
  "put a backup back, or run once with --accept-loss to go on with what is left: peers bring what they hold";
const saveMore =
  'put a backup back, or run "reconverge node repair --accept-loss", which keeps what follows, too; "node run --accept-loss" goes on without it: peers bring what they hold';

/** Damage behind which one can go on with what is left. `isMoreLeft`: that is not all that can be read. */
export function lossy(
  folder: Place,
  what: string,
  { isMoreLeft = false, cause }: { readonly isMoreLeft?: boolean; readonly cause?: unknown } = {},
): StoreDamage {
  const advice = isMoreLeft ? saveMore : goOn;
  const message = `the store at ${folder.path} is damaged: ${what}; ${advice}`;
  return new StoreDamage(message, { what, isPassable: true, cause });
}

/** LevelDB says it in words alone, those of the system. */
const noSpace = /no space left on device|disk quota exceeded|ENOSPC|EDQUOT/i;

/** What LevelDB says once it has found damage, to every write from then on. */
const foundCorrupt = /\bCorruption: /;

interface Hindrance {
  readonly said: RegExp;
  readonly what: string;
  readonly advice: () => string;
}

const unharmed = "nothing in it is lost by that:";

/** What keeps a store from being used that is no damage of it, and what to do about it. */
const hindrances: readonly Hindrance[] = [
  {
    said: /read-only file system|EROFS/i,
    what: "its file system is read-only",
    advice: () =>
      `${unharmed} have it mounted for writing (where nobody made it read-only, the system may have, as the disk fails)`,
  },
  {
    said: /permission denied|operation not permitted|EACCES|EPERM/i,
    what: "this process may not use its files",
    advice: () =>
      `${unharmed} run as the user who owns them, or give them to the user of this process${userNow()}`,
  },
  {
    said: /input\/output error|i\/o error|EIO\b/i,
    what: "its disk fails",
    advice: () =>
      "look at the health of the disk and its connection in the system's log, and copy what it holds to another one",
  },
  {
    said: /too many open files|EMFILE|ENFILE/i,
    what: "too many files are open",
    advice: () =>
      `${unharmed} raise the limit (LimitNOFILE of a service, "ulimit -n" of a shell), or end what has them open`,
  },
];

function userNow(): string {
  const id = process.getuid?.();
  return id === undefined ? "" : ` (user ${id})`;
}

/** What did not succeed with a store: for a reason outside of it, with which nothing is damaged, or because something is. */
export function unusable(folder: Place, what: string, cause: unknown): StoreError {
  const reason = `${what} (${messageOf(cause)})`;
  return hindered(folder, reason, cause) ?? damaged(folder, reason, cause);
}

/** The error where the reason lies outside of the store; null where it does not. */
export function hindered(folder: Place, reason: string, cause: unknown): StoreError | null {
  if (noSpace.test(reason)) {
    const message = `the store at ${folder.path} cannot be opened, as its disk is full: ${reason}; nothing in it is lost by that: make room, and start again`;
    return new StoreError("store-full", message, cause);
  }
  const found = hindrances.find(({ said }) => said.test(reason));
  if (found === undefined) return null;
  const message = `the store at ${folder.path} cannot be used, as ${found.what}: ${reason}; ${found.advice()}, and start again`;
  return new StoreError("store-failed", message, cause);
}

/** A commit that did not become durable, after which what was durable still is. */
export function unwritable(folder: Place, cause: unknown): StoreError {
  const reason = messageOf(cause);
  if (foundCorrupt.test(reason))
    return damaged(
      folder,
      `LevelDB writes no more, for what it reads to merge it is damaged (${reason})`,
      cause,
    );
  const [code, message] = noSpace.test(reason)
    ? ([
        "store-full",
        `cannot be written, as its disk is full (${reason}): make room, and start again`,
      ] as const)
    : (["store-failed", `cannot be written (${reason}): check the space and health of its disk`] as const);
  return new StoreError(code, `the store at ${folder.path} ${message}`, cause);
}
