/**
 * Maps and sets kept in the order of their keys, as `<` orders text: whoever wants some of them reads those alone.
 * They merge as maps and sets do.
 */

import type { Json } from "../../json.ts";
import type { KeyRange } from "../../state/entity-id.ts";
import { sortedCollection } from "../../state/path.ts";
import { liveBetween } from "../../state/reader.ts";
import type { TypeName } from "../../state/types.ts";
import type { Draft } from "../draft.ts";
import { allowedKey, type Field } from "./field.ts";
import { NestedMap, ValueMap } from "./map.ts";
import type { RegisterField } from "./register.ts";
import { ValueSet } from "./set.ts";

/** Which keys: from the first one (included) until the end (not included), forwards or backwards, at most so many. */
export interface SortedRange extends KeyRange {
  readonly limit?: number | undefined;
}

export function sortedMap<T extends Json>(of: RegisterField<T>): Field<SortedValueMap<T>>;
export function sortedMap<Handle>(of: Field<Handle>): Field<SortedNestedMap<Handle>>;
export function sortedMap<Handle>(of: Field<Handle>): Field<SortedValueMap<Json> | SortedNestedMap<Handle>> {
  return {
    kind: "map",
    open(collection, draft) {
      const place = sortedCollection(collection);
      return of.kind === "register"
        ? new SortedValueMap(place, draft)
        : new SortedNestedMap(of, place, draft);
    },
  };
}

/** A set of texts. */
export function sortedSet(): Field<SortedSet> {
  return { kind: "set", open: (collection, draft) => new SortedSet(sortedCollection(collection), draft) };
}

export class SortedValueMap<T extends Json> extends ValueMap<T> {
  /** O(log entries), and O(1) for each that is given or was deleted within the range. */
  range(range: SortedRange): readonly (readonly [key: string, value: T])[] {
    return keysBetween(this.draft, { type: "register", collection: this.collection, range }).map((key) => [
      key,
      this.get(key) as T,
    ]);
  }

  first(): readonly [key: string, value: T] | undefined {
    return this.range({ limit: 1 })[0];
  }

  last(): readonly [key: string, value: T] | undefined {
    return this.range({ limit: 1, isReversed: true })[0];
  }
}

export class SortedNestedMap<Handle> extends NestedMap<Handle> {
  /** O(log entries), and O(1) for each that is given or was deleted within the range. */
  range(range: SortedRange): readonly (readonly [key: string, value: Handle])[] {
    return keysBetween(this.draft, { type: "container", collection: this.collection, range }).map((key) => [
      key,
      this.at(key),
    ]);
  }

  first(): readonly [key: string, value: Handle] | undefined {
    return this.range({ limit: 1 })[0];
  }

  last(): readonly [key: string, value: Handle] | undefined {
    return this.range({ limit: 1, isReversed: true })[0];
  }
}

export class SortedSet extends ValueSet<string> {
  /** O(log values), and O(1) for each that is given or was deleted within the range. */
  range(range: SortedRange): readonly string[] {
    return keysBetween(this.draft, { type: "element", collection: this.collection, range });
  }

  first(): string | undefined {
    return this.range({ limit: 1 })[0];
  }

  last(): string | undefined {
    return this.range({ limit: 1, isReversed: true })[0];
  }

  protected override keyOf(value: string): string {
    return allowedKey(this.collection, value);
  }
}

function keysBetween(
  draft: Draft,
  {
    type,
    collection,
    range,
  }: { readonly type: TypeName; readonly collection: string; readonly range: SortedRange },
): readonly string[] {
  const { limit = Number.POSITIVE_INFINITY, ...keys } = range;
  const found: string[] = [];
  if (limit <= 0) return found;
  for (const { key } of liveBetween(draft, type, { collection, keys })) {
    found.push(key);
    if (found.length >= limit) break;
  }
  return found;
}
