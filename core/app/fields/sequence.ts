/** Lists and texts: sequences in which what several insert at one place at once stays together. */

import type { Json } from "../../json.ts";
import { parseName } from "../../state/action-name.ts";
import type { Entity, EntityOf } from "../../state/entity.ts";
import { layOut, type Placed, placeAt } from "../../state/fugue.ts";
import { floorAbove } from "../../state/reader.ts";
import type { Range } from "../../state/types/run.ts";
import { CallError } from "../application.ts";
import type { Draft } from "../draft.ts";
import { type Field, storable } from "./field.ts";

export function list<T extends Json>(): Field<List<T>> {
  return { kind: "list", open: (collection, draft) => new List(collection, draft) };
}

export function text(): Field<Text> {
  return { kind: "text", open: (collection, draft) => new Text(collection, draft) };
}

/** Items at whole positions from 0. Reading is O(all items ever inserted). */
class Sequence<T extends Json> {
  readonly #collection: string;
  readonly #draft: Draft;

  constructor(collection: string, draft: Draft) {
    this.#collection = collection;
    this.#draft = draft;
  }

  get items(): readonly T[] {
    return this.#visible(this.#placed()).map(({ item }) => item as T);
  }

  insert(index: number, items: readonly T[]): void {
    if (items.length === 0) return;
    const placed = this.#placed();
    this.#check(index, this.#visible(placed).length);
    const { parent, side } = placeAt(placed, index);
    const above = parent === null ? null : { run: parseName(parent.run), offset: parent.offset };
    const change = { kind: "insert", parent: above, side, items: items.map(storable) } as const;
    this.#draft.add({ type: "run", collection: this.#collection, key: "", change });
  }

  delete(index: number, count: number): void {
    const visible = this.#visible(this.#placed());
    this.#check(count, visible.length);
    this.#check(index, visible.length - count);
    const ranges = new Map<string, Range[]>();
    for (const { run, offset } of visible.slice(index, index + count)) {
      const own = ranges.get(run) ?? [];
      const last = own.at(-1);
      if (last?.end === offset) own[own.length - 1] = { start: last.start, end: offset + 1 };
      else own.push({ start: offset, end: offset + 1 });
      ranges.set(run, own);
    }
    for (const [run, own] of ranges) {
      const change = { kind: "mark", run: parseName(run), ranges: own } as const;
      this.#draft.write({ type: "run", collection: this.#collection, key: "", change });
    }
  }

  #placed(): readonly Placed[] {
    return this.#draft.remember(`sequence ${this.#collection}`, () => {
      const isRun = (entity: Entity): entity is EntityOf<"run"> => entity.content.type === "run";
      const runs = Array.from(this.#draft.entitiesIn(this.#collection)).filter(isRun);
      return layOut(runs, floorAbove(this.#draft, this.#collection));
    });
  }

  #visible(placed: readonly Placed[]): readonly Placed[] {
    return placed.filter(({ isVisible }) => isVisible);
  }

  #check(position: number, max: number): void {
    if (Number.isInteger(position) && position >= 0 && position <= max) return;
    throw new CallError(`position ${position} is not within 0 to ${max}`, "bad-arguments");
  }
}

export class List<T extends Json> {
  readonly #sequence: Sequence<T>;

  constructor(collection: string, draft: Draft) {
    this.#sequence = new Sequence(collection, draft);
  }

  get length(): number {
    return this.#sequence.items.length;
  }

  at(index: number): T | undefined {
    return this.#sequence.items.at(index);
  }

  push(...items: readonly T[]): void {
    this.#sequence.insert(this.length, items);
  }

  insert(index: number, ...items: readonly T[]): void {
    this.#sequence.insert(index, items);
  }

  delete(index: number, count = 1): void {
    this.#sequence.delete(index, count);
  }

  clear(): void {
    this.#sequence.delete(0, this.length);
  }

  toArray(): readonly T[] {
    return this.#sequence.items;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#sequence.items[Symbol.iterator]();
  }
}

/** Positions count characters (Unicode code points), so that no position is inside one. */
export class Text {
  readonly #sequence: Sequence<string>;

  constructor(collection: string, draft: Draft) {
    this.#sequence = new Sequence(collection, draft);
  }

  get length(): number {
    return this.#sequence.items.length;
  }

  insert(index: number, content: string): void {
    this.#sequence.insert(index, Array.from(content));
  }

  append(content: string): void {
    this.insert(this.length, content);
  }

  delete(index: number, count = 1): void {
    this.#sequence.delete(index, count);
  }

  toString(): string {
    // Peers may have inserted what is no character.
    return this.#sequence.items.map((item) => (typeof item === "string" ? item : "\ufffd")).join("");
  }
}
