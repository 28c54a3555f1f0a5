/**
 * Where a simulation's chance comes from. A plan is drawn from one stream per concern, named by a label, so that
 * taking one concern away leaves every other draw alone; what happens to a single message is a mix of integers.
 *
 * Sources: Alea (Johannes Baagøe, 2010) as packaged by seedrandom; the finalizer and the round of MurmurHash3
 * (Austin Appleby, 2011, public domain). The same on every platform: integers, and sums and products of doubles.
 */

import alea from "seedrandom/lib/alea.js";

const two32 = 0x1_0000_0000;
const two21 = 0x20_0000;
const two53 = two32 * two21;

/** A stream of draws. Two streams of the same seed and label give the same draws. */
export class Stream {
  readonly #next: () => number;

  constructor(hexSeed: string) {
    this.#next = alea(hexSeed);
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    return Math.floor(this.#next() * two32);
  }

  /** A whole number from `min` to `max`, both included; they must be less than 2^53 apart. */
  between(min: number, max: number): number {
    const count = max - min + 1;
    if (count <= two32) return min + Math.floor((this.uint32() / two32) * count);
    const fraction = (this.uint32() * two21 + (this.uint32() >>> 11)) / two53;
    return Math.min(max, min + Math.floor(fraction * count));
  }

  /** True with this probability, from 0 (never) to 1 (always). */
  chance(probability: number): boolean {
    return this.uint32() < probability * two32;
  }

  /** One of the choices, which must not be empty. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }

  /** A copy in an order drawn at random, every order as likely (Fisher and Yates). O(n). */
  shuffle<T>(list: readonly T[]): T[] {
    const shuffled = Array.from(list);
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.between(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
    }
    return shuffled;
  }
}

/** The stream of one concern, named by its label. `seed` is a whole number from 0 to 2^53 - 1. */
export function stream(seed: number, label: string): Stream {
  return new Stream(hashLabel(`${seed}/${label}`));
}

/** Four words, mixed into one from 0 to 2^32 - 1. Of each argument only the low 32 bits count. */
export function mix32(a: number, b: number, c: number, d: number): number {
  let hash = 0;
  hash = mixWord(hash, a);
  hash = mixWord(hash, b);
  hash = mixWord(hash, c);
  hash = mixWord(hash, d);
  return finish(hash ^ 16) >>> 0;
}

/** A seed of up to 53 bits as one word for `mix32`. */
export function seedWord(seed: number): number {
  return mix32(Math.floor(seed / two32), seed % two32, 0, 0);
}

/** A text as one word for `mix32`. O(length). */
export function textWord(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) hash = mixWord(hash, text.charCodeAt(index));
  return finish(hash ^ text.length) >>> 0;
}

/** 128 bits as 32 hex digits: four words that differ in how they start, stirred together at the end. */
function hashLabel(text: string): string {
  const words = [0x9e3779b9, 0x7f4a7c15, 0xf39cc060, 0x5cedc834];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    for (let lane = 0; lane < 4; lane += 1) words[lane] = mixWord(words[lane] as number, unit);
  }
  let carried = text.length;
  for (let round = 0; round < 8; round += 1) {
    const lane = round % 4;
    carried = finish(carried ^ (words[lane] as number));
    words[lane] = carried;
  }
  return words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** What the draws of a run are mixed with. */
export function worldSeed({ seed }: { readonly seed: number }): number {
  return mix32(seed, Math.floor(seed / two32), 0, 0);
}

/** A round of MurmurHash3 for 32-bit words. */
function mixWord(hash: number, word: number): number {
  const scrambled = Math.imul(rotateLeft(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotateLeft(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

/** MurmurHash3's finalizer: every bit of the word sways every bit of the result. */
function finish(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
