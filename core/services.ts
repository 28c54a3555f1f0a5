/** What every part of a node is handed. */

import type { Application } from "./app/application.ts";
import type { Author } from "./author.ts";
import type { Config } from "./config.ts";
import type { AuthorId, ContextId, PeerId } from "./ids.ts";
import type { Identity } from "./ports.ts";
import type { Random } from "./random.ts";
import type { DecodedRecords } from "./state/state-records.ts";
import type { StoreReader } from "./store-reader.ts";
import type { Timers } from "./timers.ts";
import type { Codec } from "./wire/codec.ts";

export interface Services {
  readonly config: Config;
  readonly codec: Codec;
  readonly identity: Identity;
  /** The key of the peer of this name, as connections prove it; null where a name has none. */
  readonly authorOf: (peer: PeerId) => AuthorId | null;
  /** By name. */
  readonly applications: ReadonlyMap<string, Application>;
  readonly random: Random;
  readonly timers: Timers;
  readonly author: Author;
  readonly store: StoreReader;
  /** Of all contexts' states. */
  readonly decoded: DecodedRecords;
}

/** The name of a timer: what it is for, and whom it concerns. */
export function timerName(purpose: TimerPurpose, subject = ""): string {
  return `${purpose}:${subject}`;
}

export function parseTimerName(name: string): { readonly purpose: TimerPurpose; readonly subject: string } {
  const colon = name.indexOf(":");
  return { purpose: name.slice(0, colon) as TimerPurpose, subject: name.slice(colon + 1) };
}

/** Clears all timers that concern a context and nothing of it. O(timers). */
export function clearTimersOf(timers: Timers, contextId: ContextId): void {
  for (const name of timers.names()) if (parseTimerName(name).subject === contextId) timers.clear(name);
}

/** `dial` concerns a peer, `session` and `state-session` a stream, `blob-fetch` a blob, `cleanup`, `deletion`, `blob-serving` and `blob-eviction` nobody, the others a context. */
export type TimerPurpose =
  | "dial"
  | "session"
  | "state-session"
  | "cleanup"
  | "deletion"
  | "apply-ready"
  | "stranded"
  | "owed"
  | "heartbeat"
  | "merge"
  | "compact"
  | "beside"
  | "come-in"
  | "rotate-key"
  | "checkpoint"
  | "exclude"
  | "periodic-sync"
  | "announce"
  | "wanted-sync"
  | "blob-fetch"
  | "blob-serving"
  | "blob-eviction";
