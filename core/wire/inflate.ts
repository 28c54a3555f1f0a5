/**
 * Inflates a deflate stream (RFC 1951) that a peer made. What it costs follows from what was told of it beforehand: no
 * more bytes come out, no more blocks are begun than so many bytes may take, and a block costs little however its codes
 * are chosen. Every fault is refused where it is met, before anything that follows is read.
 */

import { refuse } from "./cbor.ts";

/** Each block may have codes of its own, so there may be one, and one more for so many bytes that come out. */
export const blockBytesMin = 1_024;

const codeBitsMax = 15;
/** Codes up to this long are looked up; longer ones are rare, and found bit by bit. */
const lookedUpBits = 9;
/** Of no code. */
const unused = 0;

/** Lengths from 3 on that a symbol from 257 on stands for, and the bits that follow it; the last is by itself. */
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5];
const lengths = [...startsOf(3, lengthBits), 258];
const distanceBits = Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1));
const distances = startsOf(1, distanceBits);
/** In this order the lengths of codes of lengths are told. */
const tellingOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
const endOfBlock = 256;

function startsOf(first: number, extraBits: readonly number[]): readonly number[] {
  let next = first;
  return extraBits.map((bits) => {
    const start = next;
    next += 1 << bits;
    return start;
  });
}

/** The bytes it comes to, which must be as many as was told. For use inside `decoding`. O(length + bytes). */
export function inflate(stream: Uint8Array, length: number): Uint8Array {
  const bits = new BitReader(stream);
  const window = new Output(length);
  const own = { symbols: new PrefixCode(), distances: new PrefixCode() };
  const blocksMax = 1 + Math.floor(length / blockBytesMin);
  for (let blocks = 1; ; blocks += 1) {
    if (blocks > blocksMax) refuse("too-large", `more than ${blocksMax} deflated blocks for ${length} bytes`);
    const isLast = bits.take(1) === 1;
    inflateBlock(bits, window, own);
    if (isLast) break;
  }
  if (!bits.isAtEnd) refuse("malformed", "bytes after the last deflated block");
  return window.whole();
}

interface Codes {
  readonly symbols: PrefixCode;
  readonly distances: PrefixCode;
}

function inflateBlock(bits: BitReader, window: Output, own: Codes): void {
  switch (bits.take(2)) {
    case 0:
      return window.append(bits.takeStored());
    case 1:
      return inflateSymbols(bits, window, fixedCodes);
    case 2:
      tellCodes(bits, own);
      return inflateSymbols(bits, window, own);
    default:
      return refuse("malformed", "a deflated block of no kind");
  }
}

function inflateSymbols(bits: BitReader, window: Output, codes: Codes): void {
  for (;;) {
    const symbol = codes.symbols.read(bits);
    if (symbol < endOfBlock) {
      window.put(symbol);
      continue;
    }
    if (symbol === endOfBlock) return;
    const length = startOf(symbol - endOfBlock - 1, lengths) + bits.take(lengthBits[symbol - 257] ?? 0);
    const place = codes.distances.read(bits);
    window.repeat(startOf(place, distances) + bits.take(distanceBits[place] ?? 0), length);
  }
}

function startOf(place: number, starts: readonly number[]): number {
  return starts[place] ?? refuse("malformed", "a deflated symbol of no meaning");
}

/** Reads the codes of a block, which are told by the lengths of each symbol's code. */
function tellCodes(bits: BitReader, into: Codes): void {
  const symbolCount = bits.take(5) + 257;
  const count = symbolCount + bits.take(5) + 1;
  const told = bits.take(4) + 4;
  const telling = new Uint8Array(19);
  for (const place of tellingOrder.slice(0, told)) telling[place] = bits.take(3);
  into.symbols.assign(telling);
  const found = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const symbol = into.symbols.read(bits);
    const [value, times] = symbol < 16 ? [symbol, 1] : repetition(symbol, found[at - 1], bits);
    if (at + times > count) refuse("malformed", "lengths of more codes than a deflated block has");
    found.fill(value, at, at + times);
    at += times;
  }
  into.symbols.assign(found.subarray(0, symbolCount));
  into.distances.assign(found.subarray(symbolCount));
}

function repetition(symbol: number, before: number | undefined, bits: BitReader): readonly [number, number] {
  if (symbol === 17) return [0, 3 + bits.take(3)];
  if (symbol === 18) return [0, 11 + bits.take(7)];
  return [before ?? refuse("malformed", "repeats the length of no code"), 3 + bits.take(2)];
}

/** A canonical prefix code of up to 15 bits. */
class PrefixCode {
  readonly #lookedUp = new Uint16Array(1 << lookedUpBits);
  /** By length: how many codes there are. */
  readonly #counts = new Uint16Array(codeBitsMax + 1);
  /** By length, and by symbol within it. */
  readonly #sorted = new Uint16Array(320);

  /** By symbol: how long its code is, 0 where it has none. O(symbols), and what is looked up. */
  assign(lengthOf: Uint8Array): void {
    const [counts, sorted] = [this.#counts.fill(0), this.#sorted];
    for (const length of lengthOf) if (length > 0) counts[length] = (counts[length] ?? 0) + 1;
    const [places, codes] = [new Uint16Array(codeBitsMax + 2), new Uint32Array(codeBitsMax + 2)];
    for (let length = 1; length <= codeBitsMax; length += 1) {
      const [count, code] = [counts[length] ?? 0, codes[length] ?? 0];
      if (code + count > 1 << length) refuse("malformed", "deflated by more codes than there are");
      places[length + 1] = (places[length] ?? 0) + count;
      codes[length + 1] = (code + count) << 1;
    }
    this.#lookedUp.fill(unused);
    for (let symbol = 0; symbol < lengthOf.length; symbol += 1) {
      const length = lengthOf[symbol] ?? 0;
      if (length === 0) continue;
      const [place, code] = [places[length] ?? 0, codes[length] ?? 0];
      sorted[place] = symbol;
      places[length] = place + 1;
      codes[length] = code + 1;
      const step = 1 << length;
      for (let at = reversed(code, length); at < 1 << lookedUpBits; at += step)
        if (length <= lookedUpBits) this.#lookedUp[at] = (symbol << 4) | length;
    }
  }

  read(bits: BitReader): number {
    const found = this.#lookedUp[bits.peek(lookedUpBits)] ?? unused;
    if (found === unused) return this.#readLong(bits);
    bits.skip(found & 15);
    return found >> 4;
  }

  #readLong(bits: BitReader): number {
    let [code, first, place] = [0, 0, 0];
    for (let length = 1; length <= codeBitsMax; length += 1) {
      code = (code << 1) | bits.take(1);
      const count = this.#counts[length] ?? 0;
      if (code < first + count) return this.#sorted[place + code - first] ?? 0;
      place += count;
      first = (first + count) << 1;
    }
    return refuse("malformed", "a deflated code of no symbol");
  }
}

/** Codes are read from their first bit on, which is their highest. */
function reversed(code: number, length: number): number {
  let turned = 0;
  for (let bit = 0; bit < length; bit += 1) turned |= ((code >> bit) & 1) << (length - 1 - bit);
  return turned;
}

const fixedCodes: Codes = { symbols: new PrefixCode(), distances: new PrefixCode() };
fixedCodes.symbols.assign(new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280));
fixedCodes.distances.assign(new Uint8Array(32).fill(5));

class BitReader {
  readonly #bytes: Uint8Array;
  #next = 0;
  #held = 0;
  #heldBits = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Is less than a byte left? */
  get isAtEnd(): boolean {
    return this.#next - (this.#heldBits >> 3) === this.#bytes.length;
  }

  /** The bits that come next, zeros after the last. */
  peek(count: number): number {
    while (this.#heldBits < count && this.#next < this.#bytes.length) {
      this.#held |= (this.#bytes[this.#next] ?? 0) << this.#heldBits;
      this.#next += 1;
      this.#heldBits += 8;
    }
    return this.#held & ((1 << count) - 1);
  }

  /** Of bits that were peeked at. */
  skip(count: number): void {
    if (count > this.#heldBits) refuse("malformed", "a deflated frame that is cut off");
    this.#held >>>= count;
    this.#heldBits -= count;
  }

  take(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  /** From the next whole byte on: how many, the same inverted, and the bytes. */
  takeStored(): Uint8Array {
    this.skip(this.#heldBits & 7);
    const length = this.take(16);
    if ((this.take(16) ^ length) !== 0xffff) refuse("malformed", "a stored block of two lengths");
    const from = this.#next - (this.#heldBits >> 3);
    if (from + length > this.#bytes.length) refuse("malformed", "a deflated frame that is cut off");
    [this.#next, this.#held, this.#heldBits] = [from + length, 0, 0];
    return this.#bytes.subarray(from, from + length);
  }
}

class Output {
  readonly #bytes: Uint8Array;
  #filled = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
  }

  put(byte: number): void {
    this.#expectRoom(1);
    this.#bytes[this.#filled] = byte;
    this.#filled += 1;
  }

  append(bytes: Uint8Array): void {
    this.#expectRoom(bytes.length);
    this.#bytes.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** So many bytes once more that were put so far before; they may run into themselves. */
  repeat(distance: number, length: number): void {
    this.#expectRoom(length);
    const from = this.#filled - distance;
    if (from < 0) refuse("malformed", "repeats what was before the beginning");
    if (distance >= length) this.#bytes.copyWithin(this.#filled, from, from + length);
    else for (let at = 0; at < length; at += 1) this.#bytes[this.#filled + at] = this.#bytes[from + at] ?? 0;
    this.#filled += length;
  }

  whole(): Uint8Array {
    const { length } = this.#bytes;
    return this.#filled === length
      ? this.#bytes
      : refuse("malformed", `${this.#filled} bytes of the ${length} that were told`);
  }

  #expectRoom(count: number): void {
    const { length } = this.#bytes;
    if (this.#filled + count > length) refuse("too-large", `more than the ${length} bytes that were told`);
  }
}
