/**
 * Whom a blob may be fetched from: the members that are connected, but for those that proved of no use lately, and
 * what each of them is busy with.
 */

import { type Backoff, type BackoffMemory, createBackoffMemory } from "../backoff.ts";
import type { PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import type { Random } from "../random.ts";

/** A peer that was asked for a blob, on a stream of its own. */
export interface SourceMemory {
  readonly stream: StreamId;
  readonly peer: PeerId;
  /** A bit for each chunk that it has; null until it says so. */
  held: Uint8Array | null;
  /** Chunks it was asked for and has not given. */
  readonly asked: number[];
  /** What has come of the first of these. */
  readonly parts: Uint8Array[];
  /** When it could begin with that one. */
  begunMs: number;
  progressMs: number;
}

/** Why a peer was given up. */
export type SourceFailure = "not-found" | "busy" | "false" | "failed";

/** The last time that a peer proved of no use. */
export interface AttemptMemory extends BackoffMemory {
  why: SourceFailure;
}

export const attemptWaitMaxMs = 8_000;

/** One more failure. Who gave what is false is not asked again for this blob as long as it is wanted. */
export function failedAgain(
  attempts: Map<PeerId, AttemptMemory>,
  peer: PeerId,
  { why, backoff, nowMs }: { readonly why: SourceFailure; readonly backoff: Backoff; readonly nowMs: number },
): void {
  const attempt = attempts.get(peer) ?? { ...createBackoffMemory(), why };
  attempts.set(peer, attempt);
  attempt.why = why;
  backoff.attempted(attempt, nowMs);
  if (why === "false") attempt.notBeforeMs = Number.POSITIVE_INFINITY;
}

/** One of those that may be asked now, drawn by chance; null where there is none. */
export function chooseSource(
  members: readonly PeerId[],
  about: {
    readonly sources: ReadonlyMap<StreamId, SourceMemory>;
    readonly attempts: ReadonlyMap<PeerId, AttemptMemory>;
    readonly random: Random;
    readonly nowMs: number;
  },
): PeerId | null {
  const { sources, attempts, random, nowMs } = about;
  const busy = new Set(Array.from(sources.values(), ({ peer }) => peer));
  const free = members.filter(
    (peer) => !busy.has(peer) && (attempts.get(peer)?.notBeforeMs ?? nowMs) <= nowMs,
  );
  return free.length === 0 ? null : random.pick(free);
}

const words: Readonly<Record<SourceFailure, string>> = {
  "not-found": "without it, or not giving it to this node",
  busy: "busy",
  false: "gave what is not it",
  failed: "gave no answer",
};

/** What came of asking, for people. */
export function describeAttempts(
  members: readonly PeerId[],
  attempts: ReadonlyMap<PeerId, AttemptMemory>,
): string {
  const counts = new Map<SourceFailure, number>();
  for (const { why } of attempts.values()) counts.set(why, (counts.get(why) ?? 0) + 1);
  const told = Array.from(counts, ([why, count]) => `${count} ${words[why]}`);
  const asked = told.length === 0 ? "none could be asked" : told.join(", ");
  return `of the context's peers ${members.length} are connected; ${asked}`;
}
