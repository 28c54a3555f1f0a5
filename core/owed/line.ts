/**
 * A line of owed work in the store: entries under consecutive numbers, taken at one end and added at the other, so
 * that the store's exact keys can be counted from a few numbers and memory holds none of the entries.
 */

import type { ContextId } from "../ids.ts";
import { storeKeys } from "../store-keys.ts";
import { UnreadableStoreError } from "../stored-node.ts";
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

/** Reads a store's exact keys: a turn, or the store itself. */
type Read = (key: string) => Uint8Array | undefined;

export class Line {
  readonly #memory: LineMemory;
  readonly #keyOf: (number: number) => string;

  /** `name` tells the lines of a context apart. */
  constructor(memory: LineMemory, contextId: ContextId, name: string) {
    this.#memory = memory;
    this.#keyOf = (number) => storeKeys.owedEntry(contextId, name, number);
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
    turn.put(this.#keyOf(this.#memory.next), bytes);
    turn.takeBytes(bytes.length);
    this.#memory.next += 1;
  }

  /** Removes and gives the first entry; there must be one. */
  shift(turn: Turn): Entry {
    const key = this.#keyOf(this.#memory.first);
    const entry = read(key, (each) => turn.read(each));
    turn.remove(key);
    this.#memory.first += 1;
    return entry;
  }

  /** All that is there is due. */
  makeDue(): void {
    this.#memory.due = this.#memory.next;
  }

  /** Ends the round set for now or before: what was there when it was set is due. */
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
  peek(max: number, store: Read): readonly Entry[] {
    const count = Math.min(max, this.count);
    return Array.from({ length: count }, (_, index) => read(this.#keyOf(this.#memory.first + index), store));
  }
}

function read(key: string, store: Read): Entry {
  const entry = decoding("the store", () => {
    const bytes = store(key);
    if (bytes === undefined) return refuse("malformed", "owed work is missing");
    return { kind: "read", entry: decodeEntry(bytes) } as const;
  });
  if (entry.kind === "fault") throw new UnreadableStoreError(entry);
  return entry.entry;
}
