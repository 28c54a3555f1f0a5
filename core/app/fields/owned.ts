/** Storage of which every author owns one place: others read it, and only the owner writes it. */

import { toHex } from "../../ids.ts";
import type { Json } from "../../json.ts";
import { liveEntities, liveEntity } from "../../state/reader.ts";
import type { Draft } from "../draft.ts";
import { byKey, type Field, storable } from "./field.ts";

export function owned<T extends Json>(): Field<Owned<T>> {
  return { kind: "owned", open: (collection, draft) => new Owned(collection, draft) };
}

/** Owners are public keys in hexadecimal, as `call.author` is. */
export class Owned<T extends Json> {
  readonly #collection: string;
  readonly #draft: Draft;

  constructor(collection: string, draft: Draft) {
    this.#collection = collection;
    this.#draft = draft;
  }

  get(owner = this.#own): T | undefined {
    const place = { collection: this.#collection, key: owner };
    return liveEntity(this.#draft, "owned", place)?.content.value as T | undefined;
  }

  /** Writes the caller's own. */
  set(value: T): void {
    const change = { kind: "put", value: storable(value) } as const;
    this.#draft.add({ type: "owned", collection: this.#collection, key: this.#own, change });
  }

  /** Deletes the caller's own. */
  delete(): void {
    const change = { kind: "remove" } as const;
    this.#draft.write({ type: "owned", collection: this.#collection, key: this.#own, change });
  }

  /** Sorted by owner. */
  entries(): readonly (readonly [owner: string, value: T])[] {
    return liveEntities(this.#draft, "owned", this.#collection)
      .map(({ key, content }) => [key, content.value as T] as const)
      .sort(byKey);
  }

  get #own(): string {
    return toHex(this.#draft.writer.author);
  }
}
