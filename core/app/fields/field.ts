/** What an application's state is made of: fields, each of which opens as a handle that methods read and write. */

import { isDeeperThan, type Json } from "../../json.ts";
import { collectionCharactersMax, depthMax, keyCharactersMax } from "../../limits.ts";
import { nestedCollection } from "../../state/path.ts";
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

/** The value, if it may be stored: encoding needs a stack frame a level, so depth is judged before it. */
export function storable<T extends Json>(value: T): T {
  if (value === undefined) throw new CallError("undefined cannot be stored", "bad-arguments");
  if (isDeeperThan(value, depthMax))
    throw new CallError(`a value nested deeper than ${depthMax}`, "bad-arguments");
  return value;
}

export function allowedKey(key: string): string {
  if (key.length <= keyCharactersMax) return key;
  const message = `a key of ${key.length} characters, at most ${keyCharactersMax} are allowed`;
  throw new CallError(message, "bad-arguments");
}

/** The collection of what lies under a key of a map. */
export function collectionUnder(collection: string, key: string): string {
  const nested = nestedCollection(collection, allowedKey(key));
  if (nested.length <= collectionCharactersMax) return nested;
  const message = `nested under keys of more than ${collectionCharactersMax} characters in all`;
  throw new CallError(message, "bad-arguments");
}

export function byKey<T>([a]: readonly [string, T], [b]: readonly [string, T]): number {
  return a < b ? -1 : 1;
}
