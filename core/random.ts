/**
 * A node's chance: sfc32 (Chris Doty-Humphrey, PractRand, 2010) over four words handed in by the driver.
 * The words are part of the node's memory, so a copy of a node goes on drawing the same numbers.
 */

/** Four 32-bit words that change with every draw. */
export type RandomWords = [number, number, number, number];

export class Random {
  readonly #words: RandomWords;

  constructor(words: RandomWords) {
    this.#words = words;
  }

  /** A whole number from 0 to 2³² − 1. */
  uint32(): number {
    const words = this.#words;
    const sum = (words[0] + words[1] + words[3]) | 0;
    words[3] = (words[3] + 1) | 0;
    words[0] = words[1] ^ (words[1] >>> 9);
    words[1] = (words[2] + (words[2] << 3)) | 0;
    words[2] = ((words[2] << 21) | (words[2] >>> 11)) + sum;
    words[2] |= 0;
    return sum >>> 0;
  }

  /** A whole number from `min` to `max`, both included; they must be less than 2³² apart. */
  between(min: number, max: number): number {
    return min + Math.floor((this.uint32() / 0x1_0000_0000) * (max - min + 1));
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff);
  }

  /** One of the choices, which must not be empty. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }
}
