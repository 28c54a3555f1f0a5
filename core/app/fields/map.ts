/** A map from text to values, of which the last write stays, or to nested fields, each with its own way to merge. */

import type { Json } from "../../json.ts";
import { liveEntities, liveEntity } from "../../state/reader.ts";
import type { Draft } from "../draft.ts";
import { allowedKey, byKey, collectionUnder, type Field, openableKey, storable } from "./field.ts";
import type { RegisterField } from "./register.ts";

export function map<T extends Json>(of: RegisterField<T>): Field<ValueMap<T>>;
export function map<Handle>(of: Field<Handle>): Field<NestedMap<Handle>>;
export function map<Handle>(of: Field<Handle>): Field<ValueMap<Json> | NestedMap<Handle>> {
  return {
    kind: "map",
    open: (collection, draft) =>
      of.kind === "register" ? new ValueMap(collection, draft) : new NestedMap(of, collection, draft),
  };
}

/** Sorted by key wherever it is enumerated. */
abstract class SortedMap<T> {
  protected readonly collection: string;
  protected readonly draft: Draft;

  constructor(collection: string, draft: Draft) {
    this.collection = collection;
    this.draft = draft;
  }

  /** O(entries). */
  abstract keys(): readonly string[];
  abstract entries(): readonly (readonly [key: string, value: T])[];
  abstract has(key: string): boolean;
  abstract delete(key: string): void;

  /** O(entries), as all that follows. */
  get size(): number {
    return this.keys().length;
  }

  values(): readonly T[] {
    return this.entries().map(([, value]) => value);
  }

  /** Deletes every key that is present here. */
  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  [Symbol.iterator](): Iterator<readonly [key: string, value: T]> {
    return this.entries()[Symbol.iterator]();
  }
}

export class ValueMap<T extends Json> extends SortedMap<T> {
  get(key: string): T | undefined {
    const place = { collection: this.collection, key };
    return liveEntity(this.draft, "register", place)?.content.value as T | undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: T): void {
    const change = { kind: "put", value: storable(value) } as const;
    this.draft.add({ type: "register", collection: this.collection, key: allowedKey(key), change });
  }

  /** Leaves a tombstone, whether the key is present or not. */
  delete(key: string): void {
    const change = { kind: "remove" } as const;
    this.draft.write({ type: "register", collection: this.collection, key: allowedKey(key), change });
  }

  keys(): readonly string[] {
    return this.entries().map(([key]) => key);
  }

  entries(): readonly (readonly [key: string, value: T])[] {
    return liveEntities(this.draft, "register", this.collection)
      .map(({ key, content }) => [key, content.value as T] as const)
      .sort(byKey);
  }
}

export class NestedMap<Handle> extends SortedMap<Handle> {
  readonly #of: Field<Handle>;

  constructor(of: Field<Handle>, collection: string, draft: Draft) {
    super(collection, draft);
    this.#of = of;
  }

  /** What is under the key, or undefined when nothing was written there. */
  get(key: string): Handle | undefined {
    return this.has(key) ? this.at(key) : undefined;
  }

  /** What is under the key, there or not: the first write beneath it creates it. */
  at(key: string): Handle {
    return this.#of.open(collectionUnder(this.collection, key), this.draft);
  }

  has(key: string): boolean {
    return liveEntity(this.draft, "container", { collection: this.collection, key }) !== undefined;
  }

  /** One tombstone, however much is beneath. What is written beneath later is there again, alone. */
  delete(key: string): void {
    const change = { kind: "remove" } as const;
    const place = { collection: this.collection, key: openableKey(this.collection, key) };
    this.draft.write({ type: "container", ...place, change });
  }

  /** Opens nothing. */
  keys(): readonly string[] {
    return liveEntities(this.draft, "container", this.collection)
      .map(({ key }) => key)
      .sort();
  }

  entries(): readonly (readonly [key: string, value: Handle])[] {
    return this.keys().map((key) => [key, this.at(key)]);
  }
}
