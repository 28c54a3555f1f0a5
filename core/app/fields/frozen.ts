/** Storage of values that never change, each under the hash of its encoding. */

import { toHex } from "../../ids.ts";
import type { Json } from "../../json.ts";
import { liveEntities, liveEntity } from "../../state/reader.ts";
import { hashOfValue } from "../../state/types/register.ts";
import type { Draft } from "../draft.ts";
import { byKey, type Field, storable } from "./field.ts";

export function frozen<T extends Json>(): Field<Frozen<T>> {
  return { kind: "frozen", open: (collection, draft) => new Frozen(collection, draft) };
}

export class Frozen<T extends Json> {
  readonly #collection: string;
  readonly #draft: Draft;

  constructor(collection: string, draft: Draft) {
    this.#collection = collection;
    this.#draft = draft;
  }

  /** Keeps the value for good. Gives its key: the same value, the same key. */
  add(value: T): string {
    const change = { kind: "put", value: storable(value) } as const;
    const key = toHex(hashOfValue(change.value, this.#draft.writer.crypto));
    this.#draft.add({ type: "frozen", collection: this.#collection, key, change });
    return key;
  }

  get(key: string): T | undefined {
    const place = { collection: this.#collection, key };
    return liveEntity(this.#draft, "frozen", place)?.content.value as T | undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** Sorted by key. */
  entries(): readonly (readonly [key: string, value: T])[] {
    return liveEntities(this.#draft, "frozen", this.#collection)
      .map(({ key, content }) => [key, content.value as T] as const)
      .sort(byKey);
  }
}
