/**
 * What happens next: a binary heap over typed arrays, ordered by (virtual time, tie-break, sequence). No object
 * is made to order an event, and the order is total, so a run has one history.
 */

import { present } from "../../core/assert.ts";
import { mix32 } from "../random.ts";

/** Orders events of the same microsecond. A seeded choice, so that nothing comes to rely on one order. */
export type TieBreak = "first-in" | "last-in" | "random" | "by-kind";

export const tieBreaks: readonly TieBreak[] = ["first-in", "last-in", "random", "by-kind"];

/** What is due: three columns and the events, in heap order. */
export interface QueueMemory<Event> {
  times: Float64Array;
  ties: Uint32Array;
  sequences: Float64Array;
  readonly events: Event[];
  sequence: number;
  /** Where each kind stands among those of one moment, drawn when it is first seen. */
  readonly kinds: Map<string, number>;
}

export function createQueueMemory<Event>(): QueueMemory<Event> {
  return {
    times: new Float64Array(1_024),
    ties: new Uint32Array(1_024),
    sequences: new Float64Array(1_024),
    events: [],
    sequence: 0,
    kinds: new Map(),
  };
}

/** The queue of a world of this seed, which chooses the policy. Takes over the memory. */
export function createEventQueue<Event extends { readonly kind: string }>(
  seed: number,
  memory?: QueueMemory<Event>,
): EventQueue<Event> {
  return new EventQueue(present(tieBreaks[seed % tieBreaks.length], "a tie-break policy"), seed, memory);
}

/** Something that is due, and its place in the memory. */
export interface Due<Event> {
  readonly timeUs: number;
  readonly event: Event;
  readonly place: number;
}

/** All that is due, in the order in which it will happen. O(n log n). */
export function inOrder<Event>({
  times,
  ties,
  sequences,
  events,
}: QueueMemory<Event>): readonly Due<Event>[] {
  const key = (place: number) => [times[place] ?? 0, ties[place] ?? 0, sequences[place] ?? 0] as const;
  return events
    .map((event, place) => ({ timeUs: times[place] ?? 0, event, place, key: key(place) }))
    .sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || a.key[2] - b.key[2])
    .map(({ timeUs, event, place }) => ({ timeUs, event, place }));
}

/** The same without what is at one place. O(n log n). */
export function without<Event>(memory: QueueMemory<Event>, place: number): QueueMemory<Event> {
  // What is sorted is a heap.
  const kept = inOrder(memory).filter((due) => due.place !== place);
  const column = <T extends Float64Array | Uint32Array>(old: T, empty: T): T => {
    kept.forEach((due, index) => {
      empty[index] = old[due.place] ?? 0;
    });
    return empty;
  };
  const size = memory.times.length;
  return {
    ...memory,
    times: column(memory.times, new Float64Array(size)),
    ties: column(memory.ties, new Uint32Array(size)),
    sequences: column(memory.sequences, new Float64Array(size)),
    events: kept.map(({ event }) => event),
  };
}

export class EventQueue<Event extends { readonly kind: string }> {
  readonly #tieOf: (sequence: number, event: Event) => number;
  readonly memory: QueueMemory<Event>;

  constructor(policy: TieBreak, seed: number, memory: QueueMemory<Event> = createQueueMemory()) {
    this.memory = memory;
    const { kinds } = memory;
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
    return this.memory.events.length;
  }

  /** When the next event is due, in microseconds; infinity when there is none. */
  get nextTimeUs(): number {
    return this.memory.events.length === 0 ? Number.POSITIVE_INFINITY : (this.memory.times[0] ?? 0);
  }

  /** O(log n). */
  push(timeUs: number, event: Event): void {
    this.memory.sequence += 1;
    const tie = this.#tieOf(this.memory.sequence, event);
    let hole = this.memory.events.length;
    this.memory.events.push(event);
    if (hole >= this.memory.times.length) this.#grow();
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#isBefore(timeUs, tie, this.memory.sequence, parent)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#set(hole, timeUs, tie, this.memory.sequence, event);
  }

  /** Removes and gives the next event. O(log n). */
  pop(): Event | undefined {
    const first = this.memory.events[0];
    const last = this.memory.events.length - 1;
    const moved = this.memory.events[last];
    if (first === undefined || moved === undefined) return undefined;
    const timeUs = this.memory.times[last] ?? 0;
    const tie = this.memory.ties[last] ?? 0;
    const sequence = this.memory.sequences[last] ?? 0;
    this.memory.events.pop();
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
    const otherTime = this.memory.times[index] ?? 0;
    if (timeUs !== otherTime) return timeUs < otherTime;
    const otherTie = this.memory.ties[index] ?? 0;
    if (tie !== otherTie) return tie < otherTie;
    return sequence < (this.memory.sequences[index] ?? 0);
  }

  #isAhead(index: number, other: number): boolean {
    return this.#isBefore(
      this.memory.times[index] ?? 0,
      this.memory.ties[index] ?? 0,
      this.memory.sequences[index] ?? 0,
      other,
    );
  }

  #move(from: number, to: number): void {
    this.memory.times[to] = this.memory.times[from] ?? 0;
    this.memory.ties[to] = this.memory.ties[from] ?? 0;
    this.memory.sequences[to] = this.memory.sequences[from] ?? 0;
    this.memory.events[to] = this.memory.events[from] as Event; // both are below the size
  }

  #set(index: number, timeUs: number, tie: number, sequence: number, event: Event): void {
    this.memory.times[index] = timeUs;
    this.memory.ties[index] = tie;
    this.memory.sequences[index] = sequence;
    this.memory.events[index] = event;
  }

  #grow(): void {
    const size = this.memory.times.length * 2;
    const grow = <T extends Float64Array | Uint32Array>(next: T, old: T): T => {
      next.set(old);
      return next;
    };
    this.memory.times = grow(new Float64Array(size), this.memory.times);
    this.memory.ties = grow(new Uint32Array(size), this.memory.ties);
    this.memory.sequences = grow(new Float64Array(size), this.memory.sequences);
  }
}
