/**
 * How long a session or a transfer may go on: it has patience that time uses up and that whatever brings it on earns
 * back, by its bytes. So one that is silent ends, and so does one that says just enough to be heard; a slow link that
 * moves something does not. Invariant 14.
 */

import type { Config } from "../config.ts";

/** Plain data: part of the node's memory. */
export interface PaceMemory {
  /** All that may be left of it at a time. */
  readonly patienceMs: number;
  /** When it is used up. */
  dueMs: number;
  /** When the session was last brought on. */
  progressMs: number;
  /** Messages that still earn time however short they are. */
  shortLeft: number;
  /** What must move for long. */
  readonly leastBytesPerMs: number;
}

/** 4 KB a second, half of what a link of 64 kbit/s carries. */
const leastBytesPerMs = 4;
/** Pages are asked for one after the other: so long each may take, however small they are set. */
const pageMs = 8_000;
/** What takes many turns and few bytes, as finding out what differs does: more than the steps that it may take. */
const short = { messages: 64, ms: 2_000 } as const;

type Patience = Pick<Config, "syncTimeoutMs" | "snapshotPageBytes">;

/** Of a session. */
export function createPace(nowMs: number, { syncTimeoutMs }: Pick<Patience, "syncTimeoutMs">): PaceMemory {
  const dueMs = nowMs + syncTimeoutMs;
  return {
    ...{ patienceMs: syncTimeoutMs, dueMs, progressMs: nowMs },
    ...{ shortLeft: short.messages, leastBytesPerMs },
  };
}

/** Of a transfer of a state, in pages. */
export function createStatePace(nowMs: number, patience: Patience): PaceMemory {
  const pageBytesPerMs = patience.snapshotPageBytes / pageMs;
  return { ...createPace(nowMs, patience), leastBytesPerMs: Math.min(leastBytesPerMs, pageBytesPerMs) };
}

/** A message of so many bytes has brought it on, whoever sent it. */
export function bringOn(pace: PaceMemory, bytes: number, nowMs: number): void {
  const shortMs = pace.shortLeft > 0 ? short.ms : 0;
  pace.shortLeft = Math.max(0, pace.shortLeft - 1);
  pace.progressMs = nowMs;
  pace.dueMs = Math.min(nowMs + pace.patienceMs, pace.dueMs + shortMs + bytes / pace.leastBytesPerMs);
}
