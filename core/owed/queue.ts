/**
 * All that one context of a node is owed: work that waits for its first attempt, work that failed and is tried again
 * later, and parked work, which only an operator has tried again. Written in the commit that applied the delta or
 * executed the call it comes from, and removed in the commit of what it led to; see
 * docs/decisions/0012-owed-work.md. Invariants 5 and 14.
 */

import type { CausalDelta } from "../dag/delta.ts";
import type { ContextId } from "../ids.ts";
import { type Services, timerName } from "../services.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { decodeValue, encode } from "../wire/cbor.ts";
import { expectFields, expectInteger, expectList } from "../wire/expect.ts";
import { createLineMemory, Line, type LineMemory } from "./line.ts";
import { type Entry, failedEntry, type Work } from "./work.ts";

export interface OwedMemory {
  /** By how often their entries were tried in vain. */
  readonly lines: LineMemory[];
  /** Its entries become due when an operator says so. */
  readonly parked: LineMemory;
  /** The line whose turn it is. */
  nextLine: number;
}

export function createOwedMemory(): OwedMemory {
  return { lines: [createLineMemory()], parked: createLineMemory(), nextLine: 0 };
}

/** The delay after the first attempt; it doubles with each, up to the other, with up to half as much again by chance. */
const retryMs = { first: 1_000, max: 300_000 };
const linesMax = 1_000;
/** The name of the line of what is parked; the others go by a number. */
export const parkedLine = "parked";

export class OwedQueue {
  readonly #memory: OwedMemory;
  readonly #contextId: ContextId;
  readonly #services: Services;
  readonly #isRunnable: () => boolean;
  readonly #lines: Line[];
  readonly #parked: Line;

  /** `isRunnable`: is there an application here to do it? Without one, all stays as it is. */
  constructor(
    memory: OwedMemory,
    options: {
      readonly contextId: ContextId;
      readonly services: Services;
      readonly isRunnable: () => boolean;
    },
  ) {
    this.#memory = memory;
    this.#contextId = options.contextId;
    this.#services = options.services;
    this.#isRunnable = options.isRunnable;
    this.#lines = memory.lines.map((line, attempts) => this.#line(line, `${attempts}`));
    this.#parked = this.#line(memory.parked, parkedLine);
  }

  /** Work that is not parked. */
  get waitingCount(): number {
    return this.#lines.reduce((sum, line) => sum + line.count, 0);
  }

  /** Work that was never tried. */
  get untriedCount(): number {
    return this.#lines[0]?.count ?? 0;
  }

  get parkedCount(): number {
    return this.#parked.count;
  }

  /** Owes work from now on: it is tried in a later turn, when nothing it says can leave before its cause is durable. */
  add(work: Work, turn: Turn): void {
    const line = this.#lineOf(0);
    line.push({ work, attempts: 0, lastError: null }, turn);
    line.makeDue();
    turn.changed(this);
    if (this.#isRunnable()) this.#wake(turn.now.monotonicMs);
  }

  /** Owes what the events of a delta ask for that another node wrote. */
  applied({ id, author, content, events }: CausalDelta, turn: Turn): void {
    if (content.kind !== "operations" || author === this.#services.identity.author) return;
    events.forEach(({ kind: name, content: said, handler }, index) => {
      if (handler === null) return;
      this.add({ kind: "handler", handler, delta: id, index, author, name, content: said }, turn);
    });
  }

  /** Makes what is due now ready to be taken. */
  beginRounds(turn: Turn): void {
    for (const line of this.#lines) line.beginRound(turn.now.monotonicMs);
  }

  /** Takes a due entry, of one line after the other, so that none holds up the others. Give back what fails. */
  take(turn: Turn): Entry | null {
    const lines = [...this.#lines, this.#parked];
    const { nextLine } = this.#memory;
    for (let index = nextLine; index < nextLine + lines.length; index += 1) {
      const line = lines[index % lines.length];
      if (line === undefined || !line.hasDue) continue;
      this.#memory.nextLine = (index % lines.length) + 1;
      turn.changed(this);
      const entry = line.shift(turn);
      return line === this.#parked ? { ...entry, attempts: 0 } : entry;
    }
    return null;
  }

  /** An attempt failed. True when it was the last: the entry is parked. `isFinal` where no other can do better. */
  failed(entry: Entry, error: { readonly message: string; readonly isFinal: boolean }, turn: Turn): boolean {
    const failed = failedEntry(entry, error.message);
    const isLast = error.isFinal || failed.attempts >= this.#services.config.handlerAttemptsMax;
    const line = isLast ? this.#parked : this.#lineOf(failed.attempts);
    line.push(failed, turn);
    turn.changed(this);
    return isLast;
  }

  /** Has all that is parked tried again. Gives how much that is. */
  retry(turn: Turn): number {
    this.#parked.makeDue();
    turn.changed(this);
    this.schedule(turn);
    return this.#parked.count;
  }

  /** The oldest of what is parked, for an operator to see. O(max). */
  parked(max: number): readonly Entry[] {
    return this.#parked.peek(max);
  }

  /** Writes how long the lines are. */
  flush(turn: Turn): void {
    const { lines, parked } = this.#memory;
    const counts = [lines.map(({ first, next }) => [first, next]), [parked.first, parked.due, parked.next]];
    turn.put(storeKeys.owed(this.#contextId), encode(counts));
  }

  /** Sets the timer for what is to be done next, if anything is. */
  schedule(turn: Turn): void {
    if (!this.#isRunnable()) return;
    const nowMs = turn.now.monotonicMs;
    this.#lines.slice(1).forEach((line, index) => {
      line.setRound(() => nowMs + this.#retryDelayMs(index + 1));
    });
    const isDue = this.#parked.hasDue || this.#lines.some((line) => line.hasDue);
    const rounds = this.#lines.flatMap(({ roundMs }) => roundMs ?? []);
    const nextMs = isDue ? nowMs : rounds.reduce((min, ms) => Math.min(min, ms), Number.POSITIVE_INFINITY);
    if (Number.isFinite(nextMs)) this.#wake(nextMs);
  }

  /** Reads how long the lines are. What was tried before waits as after a new failure. For use inside `decoding`. */
  load(turn: Turn): void {
    const stored = turn.read(storeKeys.owed(this.#contextId));
    if (stored === undefined) return;
    const { lines, parked } = decodeLengths(stored);
    this.#memory.lines.splice(0, Number.POSITIVE_INFINITY);
    this.#lines.splice(0, Number.POSITIVE_INFINITY);
    for (const { first, next } of lines) this.#addLine(createLineMemory(first, first, next));
    this.#lineOf(0).makeDue();
    Object.assign(this.#memory.parked, createLineMemory(parked.first, parked.due, parked.next));
    this.schedule(turn);
  }

  #wake(atMs: number): void {
    this.#services.timers.setEarlier(timerName("owed", this.#contextId), atMs);
  }

  #lineOf(attempts: number): Line {
    while (this.#lines.length <= attempts) this.#addLine(createLineMemory());
    return this.#lines[attempts] as Line; // just made, if it was not there
  }

  #addLine(memory: LineMemory): void {
    this.#lines.push(this.#line(memory, `${this.#memory.lines.length}`));
    this.#memory.lines.push(memory);
  }

  #line(memory: LineMemory, name: string): Line {
    return new Line(memory, {
      store: this.#services.store,
      keyOf: (number) => storeKeys.owedEntry(this.#contextId, name, number),
    });
  }

  #retryDelayMs(attempts: number): number {
    const doublings = Math.min(attempts - 1, 20);
    const delayMs = Math.min(retryMs.max, retryMs.first * (1 << doublings));
    return delayMs + this.#services.random.between(0, Math.floor(delayMs / 2));
  }
}

/** How long the lines are, as they are stored. For use inside `decoding`. */
export function decodeLengths(stored: Uint8Array) {
  const [lines, parked] = expectFields(decodeValue(stored, 65_536), 2, "the lengths of owed work");
  const [parkedFirst, due, parkedNext] = expectNumbers(parked, 3) as [number, number, number];
  return {
    lines: expectList(lines, linesMax, (line) => {
      const [first, next] = expectNumbers(line, 2) as [number, number];
      return { first, next };
    }),
    parked: { first: parkedFirst, due, next: parkedNext },
  };
}

function expectNumbers(value: unknown, count: number): readonly number[] {
  return expectFields(value, count, "numbers of owed work").map((each) =>
    expectInteger(each, Number.MAX_SAFE_INTEGER),
  );
}
