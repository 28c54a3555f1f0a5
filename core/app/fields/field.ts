/** What an application's state is made of: fields, each of which opens as a handle that methods read and write. */

import { collectionCharactersMax, keyCharactersMax } from "../../limits.ts";
import { nestedCollection } from "../../state/path.ts";
import { CallError } from "../application.ts";
import type { Draft } from "../draft.ts";

/** A type of field; `Handle` is what a method sees of it. */
export interface Field<Handle> {
  readonly kind: "register" | "counter" | "map" | "set" | "list" | "text" | "owned" | "frozen";
  /** The field whose entities are in this collection. */
  open(collection: string, draft: Draft): Handle;
}

/** The key of the one entity of a field that has only one. */
export const onlyKey = "";

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

/** A key of a map under which something can be nested. */
export function openableKey(collection: string, key: string): string {
  collectionUnder(collection, key);
  return key;
}

export function byKey<T>([a]: readonly [string, T], [b]: readonly [string, T]): number {
  return a < b ? -1 : 1;
}
