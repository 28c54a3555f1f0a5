/**
 * Frames that travel deflated (RFC 1951): [28, length, deflated], where that saves something. What a frame grows to is
 * bounded by its own length, and looked at while it grows.
 */

import { deflateSync, Inflate } from "fflate";
import { frameBytesMax } from "../limits.ts";
import { decodeValue, encode, refuse } from "./cbor.ts";
import { expectBytes, expectFields, expectInteger } from "./expect.ts";

const code = 28;
/** Of an array of three whose first value is the code. */
const beginning = [0x83, 0x18, code] as const;

/** Shorter ones hardly repeat themselves, but for hashes of which nothing can be saved. */
const lengthMin = 1_024;
/** Less is not worth the other side's work. */
const savedMin = 1 / 16;
/** A frame grows to no more times its own length. */
export const growthMax = 32;
/** Inflated at a time: what comes is at most some thousand times as long. */
const stepBytes = 2_048;
/** Little is gained by more work than that. */
const level = 6;

/** The frame deflated, or as it is. Equal frames give equal bytes. O(bytes). */
export function deflated(frame: Uint8Array): Uint8Array {
  if (frame.length < lengthMin) return frame;
  const short = deflateSync(frame, { level });
  const isWorth = short.length <= frame.length * (1 - savedMin) && frame.length <= short.length * growthMax;
  return isWorth ? encode([code, frame.length, short]) : frame;
}

/** The frame as it was before it was deflated, if it was. For use inside `decoding`. */
export function inflated(frame: Uint8Array): Uint8Array {
  if (!beginning.every((byte, index) => frame[index] === byte)) return frame;
  const fields = expectFields(decodeValue(frame, frameBytesMax), 3, "a deflated frame");
  const short = expectBytes(fields[2], frameBytesMax);
  const length = expectInteger(fields[1], Math.min(frameBytesMax, short.length * growthMax));
  return inflate(short, length);
}

function inflate(short: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let filled = 0;
  const inflater = new Inflate((part) => {
    if (filled + part.length <= length) whole.set(part, filled);
    filled += part.length;
  });
  for (let from = 0; from < short.length; from += stepBytes) {
    const until = from + stepBytes;
    try {
      inflater.push(short.subarray(from, until), until >= short.length);
    } catch (error) {
      return refuse("malformed", `not deflated: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (filled > length) refuse("too-large", `more than the ${length} bytes that were told`);
  }
  return filled === length ? whole : refuse("malformed", `${filled} bytes of the ${length} that were told`);
}
