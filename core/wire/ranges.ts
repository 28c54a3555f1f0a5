/**
 * Ranges of a history in the order of (generation, id), as two peers tell each other of them to find out what
 * differs: the words of range-based set reconciliation (Meyer, "Range-Based Set Reconciliation", 2023; negentropy
 * is a known implementation). A message is a list of ranges, each from where the one before it ended; the first
 * begins at the beginning.
 */

import { byteString } from "../ids.ts";
import { refuse } from "./cbor.ts";
import { expectBytes, expectInteger, expectList } from "./expect.ts";

/** A place in the order: a generation and the first 48 bits of an id. */
export interface Bound {
  readonly generation: number;
  readonly prefix: number;
}

export interface Range {
  /** Where it ends; itself not included. */
  readonly until: Bound;
  readonly content: RangeContent;
}

export type RangeContent =
  /** Nothing to say. */
  | { readonly kind: "skip" }
  /** A fingerprint of all that the sender has here: 8 bytes. */
  | { readonly kind: "fingerprint"; readonly fingerprint: string }
  /** All that the sender has here: short ids of 8 bytes each, in the sender's order. */
  | { readonly kind: "list"; readonly shortIds: Uint8Array }
  /** Which of those that the other listed here the sender lacks: a bit each, the lowest first. */
  | { readonly kind: "wanted"; readonly bits: Uint8Array };

/** Above every place. */
export const endOfRanges: Bound = Object.freeze({ generation: 0xffff_ffff, prefix: 0 });
export const shortIdBytes = 8;
export const prefixMax = 0xffff_ffff_ffff;
/** Ranges in one message. */
export const rangesMax = 2_000;
/** Bytes of short ids in one message: that of a frame, with room to spare. */
export const shortIdBytesMax = 4 * 1_048_576;

const codes = { skip: 0, fingerprint: 1, list: 2, wanted: 3 } as const;
const valuesPerRange = 4;
const noBytes = new Uint8Array(0);

/** Flat, so that a range costs no nesting: generation, prefix, code, content, and so on. */
export function encodeRanges(ranges: readonly Range[]): readonly unknown[] {
  return ranges.flatMap(({ until, content }) => [
    until.generation,
    until.prefix,
    codes[content.kind],
    contentBytes(content),
  ]);
}

/** For use inside `decoding`. */
export function expectRanges(value: unknown): readonly Range[] {
  const values = expectList(value, rangesMax * valuesPerRange, (each) => each);
  if (values.length % valuesPerRange !== 0) refuse("malformed", "a range is cut off");
  const ranges: Range[] = [];
  for (let index = 0; index < values.length; index += valuesPerRange) {
    const [generation, prefix, code, content] = values.slice(index, index + valuesPerRange);
    const until = {
      generation: expectInteger(generation, endOfRanges.generation),
      prefix: expectInteger(prefix, prefixMax),
    };
    const last = ranges.at(-1)?.until;
    if (last !== undefined && compareBounds(last, until) >= 0) refuse("malformed", "ranges out of order");
    ranges.push({ until, content: expectContent(code, expectBytes(content, shortIdBytesMax)) });
  }
  return ranges;
}

/** Negative when the first comes before the second. */
export function compareBounds(a: Bound, b: Bound): number {
  return a.generation - b.generation || a.prefix - b.prefix;
}

function contentBytes(content: RangeContent): Uint8Array {
  switch (content.kind) {
    case "skip":
      return noBytes;
    case "fingerprint":
      return Uint8Array.from(content.fingerprint, (character) => character.charCodeAt(0));
    case "list":
      return content.shortIds;
    case "wanted":
      return content.bits;
  }
}

function expectContent(code: unknown, bytes: Uint8Array): RangeContent {
  switch (code) {
    case codes.skip:
      if (bytes.length > 0) refuse("malformed", "a skipped range with content");
      return { kind: "skip" };
    case codes.fingerprint:
      if (bytes.length !== shortIdBytes) refuse("malformed", `a fingerprint of ${bytes.length} bytes`);
      return { kind: "fingerprint", fingerprint: byteString(bytes) };
    case codes.list:
      if (bytes.length % shortIdBytes !== 0) refuse("malformed", "a short id is cut off");
      return { kind: "list", shortIds: bytes };
    case codes.wanted:
      return { kind: "wanted", bits: bytes };
    default:
      return refuse("malformed", "an unknown kind of range");
  }
}
