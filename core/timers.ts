/** Timers as data: names and when they are due. A heap with lazy removal, so that many contexts cost little. */

import { heapPop, heapPush } from "./heap.ts";

type Entry = readonly [dueMs: number, order: number, name: string];

/** What changes: `due` says what holds; `heap` orders it and may hold entries that were replaced. */
export interface TimersMemory {
  readonly due: Map<string, number>;
  readonly heap: Entry[];
  order: number;
}

export function createTimersMemory(): TimersMemory {
  return { due: new Map(), heap: [], order: 0 };
}

export class Timers {
  readonly #memory: TimersMemory;

  constructor(memory: TimersMemory) {
    this.#memory = memory;
  }

  /** Sets or moves a timer. O(log n). */
  set(name: string, dueMs: number): void {
    this.#memory.due.set(name, dueMs);
    this.#memory.order += 1;
    heapPush(this.#memory.heap, Object.freeze([dueMs, this.#memory.order, name] as const), dueBefore);
  }

  /** Sets a timer, or moves it to be due earlier; one that is due before stays. */
  setEarlier(name: string, dueMs: number): void {
    const current = this.#memory.due.get(name);
    if (current === undefined || current > dueMs) this.set(name, dueMs);
  }

  has(name: string): boolean {
    return this.#memory.due.has(name);
  }

  names(): Iterable<string> {
    return this.#memory.due.keys();
  }

  clear(name: string): void {
    this.#memory.due.delete(name);
  }

  /** When the next timer is due, or null without any. */
  nextDueMs(): number | null {
    this.#dropReplaced();
    return this.#memory.heap[0]?.[0] ?? null;
  }

  /** Removes and names the next timer due by `nowMs`, earliest first; null when none is. */
  takeDue(nowMs: number): string | null {
    this.#dropReplaced();
    const first = this.#memory.heap[0];
    if (first === undefined || first[0] > nowMs) return null;
    heapPop(this.#memory.heap, dueBefore);
    this.#memory.due.delete(first[2]);
    return first[2];
  }

  #dropReplaced(): void {
    const { due, heap } = this.#memory;
    while (heap[0] !== undefined && due.get(heap[0][2]) !== heap[0][0]) heapPop(heap, dueBefore);
  }
}

function dueBefore(a: Entry, b: Entry): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
