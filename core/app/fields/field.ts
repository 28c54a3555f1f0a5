/** What an application's state is made of: fields, each of which opens as a handle that methods read and write. */

import type { Json } from "../../json.ts";
import { depthMax } from "../../limits.ts";
import { keyCharactersMaxIn, nestedCharactersMax, nestedCollection } from "../../state/path.ts";
import { CallError } from "../application.ts";
import type { Draft } from "../draft.ts";

/** A type of field; `Handle` is what a method sees of it. */
export interface Field<Handle> {
  readonly kind: "register" | "counter" | "map" | "set" | "list" | "text" | "owned" | "shared" | "frozen";
  /** The field whose entities are in this collection. */
  open(collection: string, draft: Draft): Handle;
}

/** The key of the one entity of a field that has only one. */
export const onlyKey = "";

/**
 * A value on its way from an application into the state, copied and frozen: what the application does to its own
 * later changes nothing that was written. Throws a `CallError` for what is no JSON, or nested too deep. O(values).
 */
export function storable<T extends Json>(value: T): T {
  return copy(value, 0) as T;
}

function copy(value: unknown, depth: number): Json {
  if (depth > depthMax) throw refusal(`a value nested deeper than ${depthMax}`);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return checkWellFormed(value);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return Object.freeze(Array.from(value, (held) => copy(held, depth + 1)));
  if (isPlain(value)) {
    const entries = Object.entries(value).map(([key, held]) => [checkWellFormed(key), copy(held, depth + 1)]);
    return Object.freeze(Object.fromEntries(entries));
  }
  throw refusal(`${describe(value)} cannot be stored: it is no JSON`);
}

/** An object as literals make it; one of another realm, whose Object is not ours, too. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  if (typeof value === "object") return `an object of ${value?.constructor?.name ?? "some class"}`;
  return typeof value === "number" || value === undefined ? String(value) : `a ${typeof value}`;
}

/** Half a character cannot be encoded: it would come back as another. */
function checkWellFormed(value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw refusal("text with half a character in it (a lone surrogate)");
  return value;
}

function refusal(message: string): CallError {
  return new CallError(message, "bad-arguments");
}

export function allowedKey(collection: string, key: string): string {
  if (typeof key !== "string") throw refusal(`a key that is ${describe(key)}, not text`);
  checkWellFormed(key);
  const charactersMax = keyCharactersMaxIn(collection);
  if (key.length <= charactersMax) return key;
  const message = `a key of ${key.length} characters, at most ${charactersMax} are allowed`;
  throw new CallError(message, "bad-arguments");
}

/** The collection of what lies under a key of a map. */
export function collectionUnder(collection: string, key: string): string {
  const nested = nestedCollection(collection, allowedKey(collection, key));
  if (nested.length <= nestedCharactersMax) return nested;
  const message = `nested under keys of more than ${nestedCharactersMax} characters in all`;
  throw new CallError(message, "bad-arguments");
}

/** A key of a map under which something can be nested. */
export function openableKey(collection: string, key: string): string {
  collectionUnder(collection, key);
  return key;
}

export function byKey<T>([a]: readonly [string, T], [b]: readonly [string, T]): number {
  return a < b ? -1 : 1;
}
