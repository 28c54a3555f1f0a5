/** Where a replica stands, as it tells others: its heads, or of very many the first ones and a digest of all. */

import { byteString, bytesOf, type DeltaId, type Hash } from "../ids.ts";
import { headsMax } from "../limits.ts";
import type { Crypto } from "../ports.ts";

export interface HeadsSummary {
  /** Sorted; at most `headsMax` of them. */
  readonly heads: readonly DeltaId[];
  /** How many there are in all. */
  readonly headCount: number;
  /** SHA-256 over all heads when not all are listed, else empty. */
  readonly headsDigest: Hash;
}

/** Sums up sorted heads. */
export function summarizeHeads(heads: readonly DeltaId[], crypto: Crypto): HeadsSummary {
  const isWhole = heads.length <= headsMax;
  const headsDigest = (isWhole ? "" : byteString(crypto.sha256(bytesOf(heads.join(""))))) as Hash;
  return { heads: isWhole ? heads : heads.slice(0, headsMax), headCount: heads.length, headsDigest };
}

/** Do two summaries stand for the same heads? */
export function areSameHeads(a: HeadsSummary, b: HeadsSummary): boolean {
  return (
    a.headCount === b.headCount &&
    a.headsDigest === b.headsDigest &&
    a.heads.length === b.heads.length &&
    a.heads.every((head, index) => head === b.heads[index])
  );
}
