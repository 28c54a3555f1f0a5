/**
 * A line of owed work in the store: entries under consecutive numbers, taken at one end and added at the other, so
 * that the store's exact keys can be counted from a few numbers and memory holds none of the entries.
 */

import type { StoreReader } from "../store-reader.ts";
import type { Turn } from "../turn.ts";
import { decoding, refuse } from "../wire/cbor.ts";
import { decodeEntry, type Entry, encodeEntry } from "./work.ts";

/** Entries `first` up to, without, `next` are there; those below `due` are to be done now. */
export interface LineMemory {
  first: number;
  due: number;
  next: number;
  /** When those below `roundEnd` become due; null while no round is set. Monotonic ms. */
  roundMs: number | null;
  roundEnd: number;
}

export function createLineMemory(first = 0, due = first, next = due): LineMemory {
  return { first, due, next, roundMs: null, roundEnd: first };
}

export interface LineParts {
  readonly store: StoreReader;
  readonly keyOf: (number: number) => string;
}

export class Line {
  readonly #memory: LineMemory;
  readonly #parts: LineParts;

  constructor(memory: LineMemory, parts: LineParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  get count(): number {
    return this.#memory.next - this.#memory.first;
  }

  get hasDue(): boolean {
    return this.#memory.first < this.#memory.due;
  }

  /** When its next round begins; null when none is set. Monotonic ms. */
  get roundMs(): number | null {
    return this.#memory.roundMs;
  }

  /** Appends an entry, which is not due yet. */
  push(entry: Entry, turn: Turn): void {
    const bytes = encodeEntry(entry);
    turn.put(this.#parts.keyOf(this.#memory.next), bytes);
    turn.takeBytes(bytes.length);
    this.#memory.next += 1;
  }

  /** Removes and gives the first entry; there must be one. */
  shift(turn: Turn): Entry {
    const entry = this.#read(this.#memory.first);
    turn.remove(this.#parts.keyOf(this.#memory.first));
    this.#memory.first += 1;
    return entry;
  }

  /** All that is there is due. */
  makeDue(): void {
    this.#memory.due = this.#memory.next;
  }

  /** Begins the round set for now or before: what was there when it was set is due. */
  beginRound(nowMs: number): void {
    const memory = this.#memory;
    if (memory.roundMs === null || memory.roundMs > nowMs) return;
    memory.due = memory.roundEnd;
    memory.roundMs = null;
  }

  /** Sets a round after this delay for all that is not due, unless one is set. */
  setRound(atMs: () => number): void {
    const memory = this.#memory;
    if (memory.roundMs !== null || memory.due === memory.next) return;
    memory.roundMs = atMs();
    memory.roundEnd = memory.next;
  }

  /** The first entries, at most so many. */
  peek(max: number): readonly Entry[] {
    const count = Math.min(max, this.count);
    return Array.from({ length: count }, (_, index) => this.#read(this.#memory.first + index));
  }

  #read(number: number): Entry {
    const entry = decoding("the store", () => {
      const bytes = this.#parts.store.get(this.#parts.keyOf(number));
      if (bytes === undefined) return refuse("malformed", "owed work is missing");
      return { kind: "read", ...decodeEntry(bytes) } as const;
    });
    return entry.kind === "fault" ? this.#parts.store.unreadable(entry) : entry;
  }
}
