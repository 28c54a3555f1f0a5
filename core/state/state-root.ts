/**
 * A root that does not depend on order: the sum of all entity hashes, lane by lane, hashed. Equal states give
 * equal roots, tombstones included. A sum can be forged with work; the state trie takes its place behind the
 * same functions before strangers' states are compared by root alone.
 */

import { byteString, type Hash } from "../ids.ts";
import type { Crypto } from "../ports.ts";

/** Eight 32-bit lanes. */
export type RootSum = number[];

export function createRootSum(): RootSum {
  return [0, 0, 0, 0, 0, 0, 0, 0];
}

export function addToSum(sum: RootSum, hash: Hash): void {
  for (let lane = 0; lane < 8; lane += 1) sum[lane] = ((sum[lane] ?? 0) + laneOf(hash, lane)) | 0;
}

export function subtractFromSum(sum: RootSum, hash: Hash): void {
  for (let lane = 0; lane < 8; lane += 1) sum[lane] = ((sum[lane] ?? 0) - laneOf(hash, lane)) | 0;
}

export function rootOfSum(sum: RootSum, crypto: Crypto): Hash {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  sum.forEach((lane, index) => {
    view.setInt32(index * 4, lane);
  });
  return byteString(crypto.sha256(bytes));
}

function laneOf(hash: Hash, lane: number): number {
  const at = lane * 4;
  return (
    (hash.charCodeAt(at) << 24) |
    (hash.charCodeAt(at + 1) << 16) |
    (hash.charCodeAt(at + 2) << 8) |
    hash.charCodeAt(at + 3)
  );
}
