/**
 * How long a session or a transfer may go on: it has patience that time uses up and that whatever brings it on earns
 * back, by its bytes. So one that is silent ends, and so does one that says just enough to be heard; a slow link that
 * moves something does not. Invariant 14.
 */

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
}

/** What must move for long: 4 KB a second, half of what a link of 64 kbit/s carries. */
const leastBytesPerMs = 4;
/** What takes many turns and few bytes, as finding out what differs does: more than the steps that it may take. */
const short = { messages: 64, ms: 2_000 } as const;

export function createPace(nowMs: number, patienceMs: number): PaceMemory {
  return { patienceMs, dueMs: nowMs + patienceMs, progressMs: nowMs, shortLeft: short.messages };
}

/** A message of so many bytes has brought it on, whoever sent it. */
export function bringOn(pace: PaceMemory, bytes: number, nowMs: number): void {
  const shortMs = pace.shortLeft > 0 ? short.ms : 0;
  pace.shortLeft = Math.max(0, pace.shortLeft - 1);
  pace.progressMs = nowMs;
  pace.dueMs = Math.min(nowMs + pace.patienceMs, pace.dueMs + shortMs + bytes / leastBytesPerMs);
}
