/**
 * Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014) and the stamps merges use.
 *
 * A node's own clock values follow its wall clock and never go back. A delta's stamp is derived from its
 * clock value and its parents' stamps alone, so every replica computes the same one whatever its own clock:
 * a clock that runs behind cannot put a delta before its causes, and one that runs ahead cannot own the future.
 */

import { hlcCounterMax, stampLeadMaxMs } from "./limits.ts";

export interface Hlc {
  /** Milliseconds since 1970, 48 bits. */
  readonly ms: number;
  /** Orders what happened in one millisecond, 16 bits. */
  readonly counter: number;
}

/** What orders concurrent writes: the derived time, then the author's clock. */
export interface Stamp {
  readonly at: Hlc;
  readonly hlc: Hlc;
}

export const hlcZero: Hlc = Object.freeze({ ms: 0, counter: 0 });
/** Above every value there may be. */
export const latestHlc: Hlc = Object.freeze({ ms: Number.MAX_SAFE_INTEGER, counter: hlcCounterMax });

export function compareHlc(a: Hlc, b: Hlc): number {
  return a.ms - b.ms || a.counter - b.counter;
}

export function compareStamp(a: Stamp, b: Stamp): number {
  return compareHlc(a.at, b.at) || compareHlc(a.hlc, b.hlc);
}

/** The least value above this one. */
export function succeedHlc(hlc: Hlc): Hlc {
  return hlc.counter < hlcCounterMax
    ? { ms: hlc.ms, counter: hlc.counter + 1 }
    : { ms: hlc.ms + 1, counter: 0 };
}

/** The greatest value below this one, which is not the least of all. */
export function precede(hlc: Hlc): Hlc {
  return hlc.counter > 0
    ? { ms: hlc.ms, counter: hlc.counter - 1 }
    : { ms: hlc.ms - 1, counter: hlcCounterMax };
}

export function earliestHlc(a: Hlc, b: Hlc): Hlc {
  return compareHlc(a, b) <= 0 ? a : b;
}

/** Null stands for never, before every value. */
export function laterHlc(a: Hlc | null, b: Hlc | null): Hlc | null {
  if (a === null || b === null) return a ?? b;
  return compareHlc(a, b) >= 0 ? a : b;
}

/** The latest wall clock that is followed: from here on there are 2⁴⁸ values left, so that no clock can run out. */
const wallMaxMs = 0xffff_0000_0000;

/** The next own clock value: the wall clock's where that is ahead, else just above the last. */
export function tickHlc(last: Hlc, wallMs: number): Hlc {
  const wall = { ms: Math.min(wallMs, wallMaxMs), counter: 0 };
  return compareHlc(wall, last) > 0 ? wall : succeedHlc(last);
}

/** `max(P + 1, min(hlc, P + 24 h))`, P the largest of the parents' derived times; without parents, the clock itself. */
export function deriveStamp(parents: readonly Hlc[], hlc: Hlc): Stamp {
  if (parents.length === 0) return Object.freeze({ at: hlc, hlc });
  const latest = parents.reduce((max, at) => (compareHlc(at, max) > 0 ? at : max));
  const ceiling = { ms: latest.ms + stampLeadMaxMs, counter: latest.counter };
  const bounded = compareHlc(hlc, ceiling) < 0 ? hlc : ceiling;
  const floor = succeedHlc(latest);
  return Object.freeze({ at: compareHlc(bounded, floor) > 0 ? bounded : floor, hlc });
}
