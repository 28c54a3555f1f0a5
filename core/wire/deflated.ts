/**
 * Frames that travel deflated (RFC 1951): [28, length, deflated], where that saves something and their kind allows it.
 * What a frame grows to and what it costs are bounded by what is told of it, which is judged first.
 */

import { deflateSync } from "fflate";
import { frameBytesMax } from "../limits.ts";
import { decodeValue, encode, refuse } from "./cbor.ts";
import { expectBytes, expectFields, expectInteger } from "./expect.ts";
import { inflate } from "./inflate.ts";

const code = 28;
/** Of an array of three whose first value is the code. */
const beginning = [0x83, 0x18, code] as const;

/** Shorter ones hardly repeat themselves, but for hashes of which nothing can be saved. */
const lengthMin = 1_024;
/** Less is not worth the other side's work. */
const savedMin = 1 / 16;
/** A frame grows to no more times its own length. */
export const growthMax = 32;
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
  if (!isDeflated(frame)) return frame;
  const fields = expectFields(decodeValue(frame, frameBytesMax), 3, "a deflated frame");
  const short = expectBytes(fields[2], frameBytesMax);
  const length = expectInteger(fields[1], Math.min(frameBytesMax, short.length * growthMax));
  if (short.length >= length) refuse("malformed", `${short.length} deflated bytes for ${length}`);
  return inflate(short, length);
}

/** The values of a message of which those of some codes may have come deflated. For use inside `decoding`. */
export function expectMessage(
  frame: Uint8Array,
  { deflatable, itemsMax }: { readonly deflatable: readonly number[]; readonly itemsMax: number },
): readonly unknown[] {
  const isShort = isDeflated(frame);
  if (isShort && deflatable.length === 0) refuse("malformed", "deflated where nothing may be");
  const fields = decodeValue(inflated(frame), frameBytesMax, itemsMax);
  if (!Array.isArray(fields)) return refuse("malformed", "not an array");
  if (isShort && !deflatable.includes(fields[0]))
    refuse("malformed", "a message of a kind that may not be deflated");
  return fields;
}

function isDeflated(frame: Uint8Array): boolean {
  return beginning.every((byte, index) => frame[index] === byte);
}
