/** A set of values, equal when their encodings are. An addition wins over a removal that has not seen it. */

import { toHex } from "../../ids.ts";
import type { Json } from "../../json.ts";
import { liveEntities, liveEntity } from "../../state/reader.ts";
import { hashOfValue } from "../../state/types/register.ts";
import type { Draft } from "../draft.ts";
import { type Field, storable } from "./field.ts";

export function set<T extends Json>(): Field<ValueSet<T>> {
  return { kind: "set", open: (collection, draft) => new ValueSet(collection, draft) };
}

export class ValueSet<T extends Json> {
  readonly #collection: string;
  readonly #draft: Draft;

  constructor(collection: string, draft: Draft) {
    this.#collection = collection;
    this.#draft = draft;
  }

  /** Writes even when the value is there, so that it stays when another removes it at the same time. */
  add(value: T): void {
    const change = { kind: "add", value: storable(value) } as const;
    this.#draft.add({ type: "element", collection: this.#collection, key: this.#keyOf(value), change });
  }

  /** True when the value was there. */
  delete(value: T): boolean {
    const key = this.#keyOf(value);
    const wasThere = this.has(value);
    const adders = this.#draft.get("element", this.#collection, key)?.content.adders ?? [];
    const seen = adders
      .filter(({ isThere }) => isThere)
      .map(({ author, incarnation, at }) => ({ author, incarnation, at }));
    const change = { kind: "remove", seen } as const;
    if (seen.length > 0) this.#draft.write({ type: "element", collection: this.#collection, key, change });
    return wasThere;
  }

  has(value: T): boolean {
    const place = { collection: this.#collection, key: this.#keyOf(value) };
    return liveEntity(this.#draft, "element", place) !== undefined;
  }

  /** In the same order on every replica. O(values), as all that follows. */
  values(): readonly T[] {
    return Array.from(liveEntities(this.#draft, "element", this.#collection))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ content }) => content.value as T);
  }

  get size(): number {
    return this.values().length;
  }

  clear(): void {
    for (const value of this.values()) this.delete(value);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.values()[Symbol.iterator]();
  }

  #keyOf(value: T): string {
    return toHex(hashOfValue(storable(value), this.#draft.writer.crypto));
  }
}
