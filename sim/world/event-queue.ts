/**
 * What happens next: a binary heap over typed arrays, ordered by (virtual time, tie-break, sequence). No object
 * is made to order an event, and the order is total, so a run has one history.
 */

import { mix32 } from "../random.ts";

/** Orders events of the same microsecond. A seeded choice, so that nothing comes to rely on one order. */
export type TieBreak = "first-in" | "last-in" | "random" | "by-kind";

export const tieBreaks: readonly TieBreak[] = ["first-in", "last-in", "random", "by-kind"];

export class EventQueue<Event extends { readonly kind: string }> {
  readonly #tieOf: (sequence: number, event: Event) => number;
  #times = new Float64Array(1_024);
  #ties = new Uint32Array(1_024);
  #sequences = new Float64Array(1_024);
  readonly #events: Event[] = [];
  #sequence = 0;

  constructor(policy: TieBreak, seed: number) {
    const kinds = new Map<string, number>();
    const kindOrder = (kind: string): number => {
      const known = kinds.get(kind) ?? mix32(seed, kinds.size, 0, 0);
      kinds.set(kind, known);
      return known;
    };
    const policies: Readonly<Record<TieBreak, (sequence: number, event: Event) => number>> = {
      "first-in": () => 0,
      "last-in": (sequence) => 0xffff_ffff - (sequence >>> 0),
      random: (sequence) => mix32(seed, sequence, 1, 0),
      "by-kind": (_, event) => kindOrder(event.kind),
    };
    this.#tieOf = policies[policy];
  }

  get size(): number {
    return this.#events.length;
  }

  /** When the next event is due, in microseconds; infinity when there is none. */
  get nextTimeUs(): number {
    return this.#events.length === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] ?? 0);
  }

  /** O(log n). */
  push(timeUs: number, event: Event): void {
    this.#sequence += 1;
    const tie = this.#tieOf(this.#sequence, event);
    let hole = this.#events.length;
    this.#events.push(event);
    if (hole >= this.#times.length) this.#grow();
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#isBefore(timeUs, tie, this.#sequence, parent)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#set(hole, timeUs, tie, this.#sequence, event);
  }

  /** Removes and gives the next event. O(log n). */
  pop(): Event | undefined {
    const first = this.#events[0];
    const last = this.#events.length - 1;
    const moved = this.#events[last];
    if (first === undefined || moved === undefined) return undefined;
    const timeUs = this.#times[last] ?? 0;
    const tie = this.#ties[last] ?? 0;
    const sequence = this.#sequences[last] ?? 0;
    this.#events.pop();
    if (last === 0) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isAhead(child + 1, child)) child += 1;
      if (this.#isBefore(timeUs, tie, sequence, child)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#set(hole, timeUs, tie, sequence, moved);
    return first;
  }

  #isBefore(timeUs: number, tie: number, sequence: number, index: number): boolean {
    const otherTime = this.#times[index] ?? 0;
    if (timeUs !== otherTime) return timeUs < otherTime;
    const otherTie = this.#ties[index] ?? 0;
    if (tie !== otherTie) return tie < otherTie;
    return sequence < (this.#sequences[index] ?? 0);
  }

  #isAhead(index: number, other: number): boolean {
    return this.#isBefore(
      this.#times[index] ?? 0,
      this.#ties[index] ?? 0,
      this.#sequences[index] ?? 0,
      other,
    );
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] ?? 0;
    this.#ties[to] = this.#ties[from] ?? 0;
    this.#sequences[to] = this.#sequences[from] ?? 0;
    this.#events[to] = this.#events[from] as Event; // both are below the size
  }

  #set(index: number, timeUs: number, tie: number, sequence: number, event: Event): void {
    this.#times[index] = timeUs;
    this.#ties[index] = tie;
    this.#sequences[index] = sequence;
    this.#events[index] = event;
  }

  #grow(): void {
    const size = this.#times.length * 2;
    const grow = <T extends Float64Array | Uint32Array>(next: T, old: T): T => {
      next.set(old);
      return next;
    };
    this.#times = grow(new Float64Array(size), this.#times);
    this.#ties = grow(new Uint32Array(size), this.#ties);
    this.#sequences = grow(new Float64Array(size), this.#sequences);
  }
}
