/**
 * CBOR (RFC 8949) as peers exchange it: arrays, definite lengths, no tags. What a decoder could be made to
 * allocate or recurse into is bounded by a scan of the headers before anything is decoded.
 */

import { decode as cborgDecode, encode as cborgEncode } from "cborg";
import { type Fault, type FaultCode, fault } from "../fault.ts";
import { depthMax } from "../limits.ts";

/** Encodes plain values, arrays and bytes, deterministically (shortest forms, map keys sorted length-first). */
export function encode(value: unknown): Uint8Array {
  const bytes = cborgEncode(value);
  // Of large values the package gives a Buffer where there is such a thing: the same bytes, of another class.
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Thrown by the `expect…` readers and by `refuse`, caught by `decoding`; never leaves this folder's decoders. */
class Refused extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

export function refuse(code: FaultCode, detail: string): never {
  throw new Refused(code, detail);
}

/** Runs a decoder; what it refuses becomes a fault that names what was being decoded. Our own bugs pass through. */
export function decoding<T>(what: string, decoder: () => T): T | Fault {
  try {
    return decoder();
  } catch (error) {
    if (error instanceof Refused) return fault(error.code, `${what}: ${error.message}`);
    throw error;
  }
}

/** Decodes one value that fills the bytes and holds at most `itemsMax` values. For use inside `decoding`. */
export function decodeValue(
  bytes: Uint8Array,
  bytesMax: number,
  itemsMax = Number.POSITIVE_INFINITY,
): unknown {
  if (bytes.length > bytesMax) refuse("too-large", `${bytes.length} bytes, at most ${bytesMax} are allowed`);
  scan(bytes, itemsMax);
  try {
    return cborgDecode(bytes, decodeOptions);
  } catch (error) {
    return refuse("malformed", error instanceof Error ? error.message : String(error));
  }
}

/** The same, and refuses bytes that are not the encoding `encode` gives the value. */
export function decodeCanonical(bytes: Uint8Array, bytesMax: number): unknown {
  const value = decodeValue(bytes, bytesMax);
  if (!equalBytes(encode(value), bytes)) refuse("non-canonical", "not the canonical encoding of its content");
  return value;
}

const decodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
};

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

/** Walks the headers without decoding: refuses nesting beyond `depthMax`, too many values, tags, indefinite lengths and lengths beyond the end. */
function scan(bytes: Uint8Array, itemsMax: number): void {
  const remaining: number[] = [];
  let offset = 0;
  let items = 0;
  do {
    const header = readHeader(bytes, offset);
    offset = header.end;
    items += 1;
    if (items > itemsMax) refuse("over-limit", `more than ${itemsMax} values`);
    if (header.items > 0) {
      // Every item takes at least a byte, so a length beyond the end is refused before it is believed.
      if (header.items > bytes.length - offset) refuse("malformed", "a length reaches beyond the end");
      if (remaining.length >= depthMax) refuse("too-deep", `nested deeper than ${depthMax}`);
      remaining.push(header.items);
      continue;
    }
    while (remaining.length > 0) {
      const left = (remaining.pop() ?? 0) - 1;
      if (left > 0) {
        remaining.push(left);
        break;
      }
    }
  } while (remaining.length > 0);
  if (offset !== bytes.length) refuse("malformed", `${bytes.length - offset} bytes after the end`);
}

/** Bytes that follow the first one to hold a header's argument, by its low five bits. */
const argumentBytes: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 };

/** One header: where its own content ends, and how many items are nested in it. */
function readHeader(bytes: Uint8Array, offset: number): { end: number; items: number } {
  const first = bytes[offset];
  if (first === undefined) return refuse("malformed", "ends in the middle");
  const major = first >> 5;
  const low = first & 31;
  if (low > 27) refuse("malformed", "an indefinite or reserved length");
  const width = argumentBytes[low] ?? 0;
  let argument = low;
  if (width > 0) {
    argument = 0;
    for (let index = 1; index <= width; index += 1) argument = argument * 256 + (bytes[offset + index] ?? 0);
  }
  let end = offset + 1 + width;
  let items = 0;
  if (major === 2 || major === 3) end += argument;
  if (major === 4) items = argument;
  if (major === 5) items = argument * 2;
  if (major === 6) refuse("malformed", "a tag");
  if (end > bytes.length) refuse("malformed", "a length reaches beyond the end");
  return { end, items };
}
