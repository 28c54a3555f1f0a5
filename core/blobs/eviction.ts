/**
 * What of the blobs kept here is dropped, in three phases: those not read for too long; of too many those read
 * longest ago; of too many bytes likewise. That holds for blobs fetched from others. What was put here goes only when
 * nothing refers to it any more, as others may have nobody else to get it from.
 */

import type { BlobId } from "../ids.ts";

export interface CachedBlob {
  readonly blob: BlobId;
  /** Of its chunks that are here. */
  readonly bytes: number;
  /** When it was last read, or fetched: monotonic ms. */
  readonly usedMs: number;
}

export interface CacheLimits {
  readonly ageMaxMs: number;
  readonly countMax: number;
  readonly bytesMax: number;
}

/** The blobs to drop. O(blobs log blobs). */
export function chooseEvicted(
  cached: readonly CachedBlob[],
  limits: CacheLimits,
  nowMs: number,
): readonly BlobId[] {
  const oldestFirst = [...cached].sort((a, b) => a.usedMs - b.usedMs || (a.blob < b.blob ? -1 : 1));
  let count = cached.length;
  let bytes = cached.reduce((sum, each) => sum + each.bytes, 0);
  const evicted: BlobId[] = [];
  for (const each of oldestFirst) {
    const isOld = nowMs - each.usedMs > limits.ageMaxMs;
    if (!isOld && count <= limits.countMax && bytes <= limits.bytesMax) break;
    evicted.push(each.blob);
    count -= 1;
    bytes -= each.bytes;
  }
  return evicted;
}
