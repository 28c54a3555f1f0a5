/** Readers that turn a decoded value into a typed one or refuse it. For use inside `decoding`. */

import { byteString, type Hash, idBytes } from "../ids.ts";
import type { Json } from "../json.ts";
import { refuse } from "./cbor.ts";

/** An array of exactly `length` fields. */
export function expectFields(value: unknown, length: number, what: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== length)
    refuse("malformed", `${what} is not an array of ${length}`);
  return value as unknown[];
}

export function expectList<T>(value: unknown, max: number, read: (entry: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) return refuse("malformed", "a list is not an array");
  if (value.length > max) refuse("over-limit", `a list of ${value.length}, at most ${max} are allowed`);
  return value.map(read);
}

/** A whole number from `min` (0) to `max`. */
export function expectInteger(value: unknown, max: number, min = 0): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    return refuse("malformed", `expected a whole number from ${min} to ${max}, found ${describe(value)}`);
  }
  return value;
}

export function expectText(value: unknown, charactersMax: number): string {
  if (typeof value !== "string") return refuse("malformed", `expected text, found ${describe(value)}`);
  if (value.length > charactersMax)
    refuse("over-limit", `text of ${value.length} characters, at most ${charactersMax}`);
  return value;
}

export function expectBytes(value: unknown, bytesMax: number): Uint8Array {
  if (!(value instanceof Uint8Array)) return refuse("malformed", `expected bytes, found ${describe(value)}`);
  if (value.length > bytesMax) refuse("too-large", `${value.length} bytes, at most ${bytesMax}`);
  return value;
}

/** Bytes of exactly `length`, as a byte string. */
export function expectByteString<Id extends string>(value: unknown, length: number = idBytes): Id {
  if (!(value instanceof Uint8Array) || value.length !== length) {
    return refuse("malformed", `expected ${length} bytes, found ${describe(value)}`);
  }
  return byteString<Id>(value);
}

/** A digest of heads: empty where all heads are listed. */
export function expectHeadsDigest(value: unknown): Hash {
  return expectByteString<Hash>(value, expectBytes(value, idBytes).length === 0 ? 0 : idBytes);
}

/** Any JSON value, frozen, for applications are handed it: what CBOR can hold beyond JSON (bytes) is refused. */
export function expectJson(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return value;
  if (Array.isArray(value)) {
    value.forEach(expectJson);
    return Object.freeze(value) as Json;
  }
  if (typeof value === "object" && !(value instanceof Uint8Array)) {
    Object.values(value).forEach(expectJson);
    return Object.freeze(value) as Json;
  }
  return refuse("malformed", `expected a JSON value, found ${describe(value)}`);
}

function describe(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value === null ? "null" : `${typeof value} ${String(value).slice(0, 40)}`;
}
