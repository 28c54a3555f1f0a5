/** A value that several may write and the others only read. Those who may write it choose who may from then on. */

import { type AuthorId, fromHex, idBytes, toHex } from "../../ids.ts";
import type { Json } from "../../json.ts";
import { writersMax } from "../../limits.ts";
import { liveEntity } from "../../state/reader.ts";
import { latestRotation } from "../../state/types/shared.ts";
import type { Changes } from "../../state/types.ts";
import { CallError } from "../application.ts";
import { type Draft, isOwn } from "../draft.ts";
import { type Field, onlyKey, storable } from "./field.ts";

export function shared<T extends Json>(): Field<Shared<T>> {
  return { kind: "shared", open: (collection, draft) => new Shared(collection, draft) };
}

/** Writers are public keys in hexadecimal, as `call.author` is. */
export class Shared<T extends Json> {
  readonly #collection: string;
  readonly #draft: Draft;

  constructor(collection: string, draft: Draft) {
    this.#collection = collection;
    this.#draft = draft;
  }

  get(): T | undefined {
    const place = { collection: this.#collection, key: onlyKey };
    return liveEntity(this.#draft, "shared", place)?.content.value as T | undefined;
  }

  /** Refused, as `delete` and `rotate` are, where the caller may not write. */
  set(value: T): void {
    this.#check();
    this.#draft.add(this.#action({ kind: "put", value: storable(value) }));
  }

  /** Leaves a tombstone, whether there is a value or not. Who may write stays. */
  delete(): void {
    this.#check();
    this.#draft.write(this.#action({ kind: "remove" }));
  }

  /** Sorted. What this call rotated is already seen. */
  get writers(): readonly string[] {
    const rotations = this.#draft.get("shared", this.#collection, onlyKey)?.content.rotations ?? [];
    const own = latestRotation(rotations.filter(({ at }) => isOwn(at)));
    return (own?.writers ?? this.#writersNow()).map(toHex);
  }

  /** May the caller write in this call? What the call itself rotates counts from the next one on. */
  get mayWrite(): boolean {
    return this.#writersNow().includes(this.#draft.writer.author);
  }

  /** After this call these may write, and nobody else; 1 to 64 of them, and the caller need not be one. */
  rotate(writers: readonly string[]): void {
    this.#check();
    const authors = Array.from(new Set(writers.map(authorOf))).sort();
    if (authors.length === 0 || authors.length > writersMax)
      throw new CallError(`${authors.length} writers, 1 to ${writersMax} are allowed`, "bad-arguments");
    this.#draft.write(this.#action({ kind: "rotate", writers: authors }));
  }

  #action(change: Changes["shared"]) {
    return { type: "shared", collection: this.#collection, key: onlyKey, change } as const;
  }

  #check(): void {
    if (this.mayWrite) return;
    throw new CallError(`only its writers may write it: ${this.#writersNow().map(toHex).join(", ")}`);
  }

  #writersNow(): readonly AuthorId[] {
    return this.#draft.writersOf(this.#collection, onlyKey);
  }
}

function authorOf(hex: string): AuthorId {
  const author = fromHex<AuthorId>(hex);
  if (author !== null && author.length === idBytes) return author;
  throw new CallError(`"${hex}" is not a public key of ${idBytes} bytes in hexadecimal`, "bad-arguments");
}
