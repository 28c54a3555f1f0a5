/**
 * Finds the blocks of a table by their checksums alone, where nothing that can be read says where they are: behind each
 * place that could be a block's end stands what the checksum of its bytes would have to be, so every pair of a beginning
 * and an end is asked at once.
 *
 * A checksum is linear. Let R(n) be the register behind the first n bytes that began as zero, and x^-8n what takes back
 * n steps of zero bytes. The bytes from `start` to `end` have a checksum whose register is r just when
 *
 *   (R(start) ^ firstRegister) · x^(-8·start)  =  (R(end) ^ r) · x^(-8·end)
 *
 * The right side is kept by value for each possible end, and looked up for each start: O(bytes) in time and memory,
 * however much of the file is damaged, where trying each pair would take the square of that.
 */

import { trailerBytes } from "./block.ts";
import { firstRegister, moveOn, polynomial, registerOf } from "./crc32c.ts";

/** A block's content, in a file. */
export interface BlockPlace {
  readonly offset: number;
  /** Without the trailer. */
  readonly bytes: number;
}

/** By chance, some 2^-32 of the pairs have a checksum that fits; of one start this many are looked at. */
const endsMax = 8;

/** What begins first of what `isBlock` agrees to, and so on behind its end. */
export function findBlocks(file: Buffer, isBlock: (place: BlockPlace) => boolean): readonly BlockPlace[] {
  const ends = new Ends(file);
  const found: BlockPlace[] = [];
  let [register, back] = [0, one];
  for (let start = 0, next = 0; start + trailerBytes <= file.length; start += 1) {
    if (start >= next) {
      const place = ends
        .behind(start, multiply(register ^ firstRegister, back))
        .map((end): BlockPlace => ({ offset: start, bytes: end - start }))
        .find(isBlock);
      if (place !== undefined) {
        found.push(place);
        next = start + place.bytes + trailerBytes;
      }
    }
    register = moveOn(register, file[start] as number);
    back = takeBack(back);
  }
  return found;
}

/** Where blocks may end, by what has to be at their beginning. */
class Ends {
  /** A chain of ends for each slot; 0 ends it, so an end is kept one higher. */
  readonly #heads: Int32Array;
  readonly #nexts: Int32Array;
  readonly #ends: Int32Array;
  readonly #wanted: Uint32Array;

  constructor(file: Buffer) {
    const last = file.length - trailerBytes;
    const isEnd = (at: number) => (file[at] as number) <= 1;
    let count = 0;
    for (let at = 0; at <= last; at += 1) if (isEnd(at)) count += 1;
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(count + 2)));
    [this.#nexts, this.#ends] = [new Int32Array(count + 1), new Int32Array(count + 1)];
    this.#wanted = new Uint32Array(count + 1);
    let [register, back, index] = [0, one, 0];
    for (let at = 0; at <= last; at += 1) {
      register = moveOn(register, file[at] as number);
      back = takeBack(back);
      if (!isEnd(at)) continue;
      index += 1;
      const wanted = multiply(register ^ registerOf(file.readUInt32LE(at + 1)), back);
      const slot = wanted & (this.#heads.length - 1);
      this.#wanted[index] = wanted;
      this.#ends[index] = at;
      this.#nexts[index] = this.#heads[slot] as number;
      this.#heads[slot] = index;
    }
  }

  /** Some of those behind a start, for what it has. */
  behind(start: number, has: number): readonly number[] {
    const found: number[] = [];
    let index = this.#heads[has & (this.#heads.length - 1)] as number;
    for (; index > 0 && found.length < endsMax; index = this.#nexts[index] as number) {
      const end = this.#ends[index] as number;
      if (end < start) break; // They are chained from the last to the first.
      if (this.#wanted[index] === has >>> 0) found.push(end);
    }
    return found;
  }
}

/** x^0. */
const one = 0x80000000;

/** The product of two polynomials. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit -= 1) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
  }
  return product >>> 0;
}

/** By x^-8: what `moveOn` with a zero byte undoes. */
function takeBack(power: number): number {
  let result = power;
  for (let bit = 0; bit < 8; bit += 1) result = result & one ? ((result ^ polynomial) << 1) | 1 : result << 1;
  return result;
}
