/** A field with one value: the last write stays. */

import type { Json } from "../../json.ts";
import { liveEntity } from "../../state/reader.ts";
import type { Draft } from "../draft.ts";
import { type Field, onlyKey, storable } from "./field.ts";

export interface RegisterField<T extends Json> extends Field<Register<T>> {
  readonly kind: "register";
}

export function register<T extends Json>(): RegisterField<T> {
  return { kind: "register", open: (collection, draft) => new Register(collection, draft) };
}

export class Register<T extends Json> {
  readonly #collection: string;
  readonly #draft: Draft;

  constructor(collection: string, draft: Draft) {
    this.#collection = collection;
    this.#draft = draft;
  }

  get(): T | undefined {
    const place = { collection: this.#collection, key: onlyKey };
    return liveEntity(this.#draft, "register", place)?.content.value as T | undefined;
  }

  set(value: T): void {
    const change = { kind: "put", value: storable(value) } as const;
    this.#draft.add({ type: "register", collection: this.#collection, key: onlyKey, change });
  }

  /** Leaves a tombstone, whether there is a value or not. */
  delete(): void {
    const change = { kind: "remove" } as const;
    this.#draft.write({ type: "register", collection: this.#collection, key: onlyKey, change });
  }
}
