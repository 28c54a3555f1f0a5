/** What a delta's payload carries: joinable values, never increments. Applying one is joining it into the state. */

import { collectionCharactersMax, keyCharactersMax } from "../limits.ts";
import { refuse } from "../wire/cbor.ts";
import { expectText } from "../wire/expect.ts";
import { nestedCollection } from "./path.ts";
import { type Changes, lawsOf, type TypeName, typeNameOf, types } from "./types.ts";

export interface ActionOf<Name extends TypeName> {
  readonly type: Name;
  readonly collection: string;
  readonly key: string;
  readonly change: Changes[Name];
}

export type Action = { readonly [Name in TypeName]: ActionOf<Name> }[TypeName];

/** `[type's code, collection, key, …change]`. */
export function encodeAction({ type, collection, key, change }: Action): readonly unknown[] {
  return [types[type].code, collection, key, ...lawsOf(type).encodeChange(change)];
}

/** For use inside `decoding`. */
export function decodeAction(value: unknown): Action {
  if (!Array.isArray(value) || value.length < 3)
    return refuse("malformed", "an action is not an array of three or more");
  const [code, collection, key, ...change] = value as unknown[];
  const type = typeNameOf(code);
  if (type === undefined) return refuse("malformed", "an action on an unknown type");
  const place = {
    collection: expectText(collection, collectionCharactersMax),
    key: expectText(key, keyCharactersMax),
  };
  // So whatever key a map has, what is nested under it can be named.
  if (type === "container")
    expectText(nestedCollection(place.collection, place.key), collectionCharactersMax);
  return Object.freeze({
    type,
    ...place,
    change: lawsOf(type).decodeChange(change),
    // The change was decoded by the law of this very type.
  } as Action);
}
