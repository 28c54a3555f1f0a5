/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, and its
 * reference code): what ids are hashed with under a key drawn for one session. Its 64 bits of key suffice against
 * whoever had to choose ids before the key was drawn, and no more than that is asked of it.
 */

/** Two 32-bit words. */
export type HashKey = readonly [number, number];

/** The first bytes of an id are hashed: nobody can find two ids that agree in so many. */
const words = 4;
/** Two rounds for each word and for the length, four for each half of the result. */
const absorbing = 2 * (words + 1);
const rounds = absorbing + 8;

/** Hashes the first 16 bytes of a byte string into two 32-bit words at `index` of the two arrays. */
export function keyedHash(key: HashKey, id: string, into: HashesAt): void {
  let v0 = key[0];
  let v1 = key[1] ^ 0xee;
  let v2 = 0x6c796765 ^ key[0];
  let v3 = 0x74656462 ^ key[1];
  let word = 0;
  for (let round = 0; round <= rounds; round += 1) {
    if (round <= absorbing && round % 2 === 0) {
      if (round > 0) v0 ^= word;
      word = round < 2 * words ? wordAt(id, round * 2) : (words * 4) << 24;
      if (round < absorbing) v3 ^= word;
      else v2 ^= 0xee;
    }
    if (round === rounds - 4) {
      into.first[into.index] = v1 ^ v3;
      v1 ^= 0xdd;
    }
    if (round === rounds) break;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  into.second[into.index] = v1 ^ v3;
}

export interface HashesAt {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  index: number;
}

function wordAt(id: string, offset: number): number {
  return (
    id.charCodeAt(offset) |
    (id.charCodeAt(offset + 1) << 8) |
    (id.charCodeAt(offset + 2) << 16) |
    (id.charCodeAt(offset + 3) << 24)
  );
}
