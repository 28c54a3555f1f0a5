/**
 * What nodes handled lately, for a log that can be read back from the present: the events themselves are kept, and
 * put into words only where they are looked at.
 *
 * 1. Entries are consecutive: from some event of the run on, up to its present.
 * 2. It is bounded: the oldest are forgotten first.
 */

import type { SimulationEvent } from "../simulation.ts";
import { describeStep, type NameOf } from "../trace/describe.ts";

const entriesMax = 20_000;
/** Let go of at once, so that forgetting costs little. */
const slack = 4_000;

/** What an entry is about, for choosing among them. */
export type LogKind = "gossip" | "sync" | "peers" | "calls" | "timers" | "blobs" | "life";

const logKinds: readonly LogKind[] = ["gossip", "sync", "peers", "calls", "timers", "blobs", "life"];

const kindOf: Readonly<Record<SimulationEvent["input"]["kind"], LogKind>> = {
  start: "life",
  stop: "life",
  "peer-found": "peers",
  "peer-connected": "peers",
  "peer-disconnected": "peers",
  "dial-failed": "peers",
  "peer-subscribed": "peers",
  "peer-unsubscribed": "peers",
  gossip: "gossip",
  "stream-opened": "sync",
  "stream-frame": "sync",
  "stream-closed": "sync",
  woken: "timers",
  "chunk-stored": "blobs",
  "chunk-read": "blobs",
  "chunks-listed": "blobs",
  request: "calls",
};

export interface LogEntry {
  readonly event: number;
  readonly timeUs: number;
  readonly node: string;
  readonly kind: LogKind;
  readonly text: string;
}

export interface LogFilter {
  /** Null: of all. */
  readonly node: string | null;
  readonly kind: string | null;
  /** In any case of letters; empty for all. */
  readonly text: string;
}

export class EventLog {
  #events: SimulationEvent[] = [];
  readonly #texts = new WeakMap<SimulationEvent, string>();
  readonly #nameOf: NameOf;

  constructor(nameOf: NameOf) {
    this.#nameOf = nameOf;
  }

  readonly record = (event: SimulationEvent): void => {
    this.#events.push(event);
    if (this.#events.length > entriesMax + slack) this.#events = this.#events.slice(-entriesMax);
  };

  /** To choose among. */
  get kinds(): readonly LogKind[] {
    return logKinds;
  }

  /** The first event there is; null without any. */
  get firstEvent(): number | null {
    return this.#events[0]?.event ?? null;
  }

  get count(): number {
    return this.#events.length;
  }

  clear(): void {
    this.#events = [];
  }

  /** Puts what happened right before in front. */
  prepend(earlier: EventLog): void {
    const first = this.firstEvent ?? Number.POSITIVE_INFINITY;
    this.#events = [...earlier.#events.filter(({ event }) => event < first), ...this.#events];
  }

  /** The entries that pass, the latest first, of events up to `until`. O(entries) for a text that is rare. */
  latest(
    filter: LogFilter,
    { until, skip, count }: { readonly until: number | null; readonly skip: number; readonly count: number },
  ): readonly LogEntry[] {
    const found: LogEntry[] = [];
    let skipped = 0;
    for (let index = this.#events.length - 1; index >= 0 && found.length < count; index -= 1) {
      const event = this.#events[index] as SimulationEvent; // below the length
      if ((until !== null && event.event > until) || !this.#passes(event, filter)) continue;
      if (skipped < skip) skipped += 1;
      else found.push(this.#entryOf(event));
    }
    return found;
  }

  /** When a node was last given something by each peer, as far as the log goes back; by peer. O(entries). */
  lastHeardUs(node: string): ReadonlyMap<string, number> {
    const heard = new Map<string, number>();
    for (const { node: at, input, timeUs } of this.#events) {
      if (at !== node) continue;
      if (input.kind === "gossip") heard.set(input.from, timeUs);
      else if (input.kind === "stream-opened") heard.set(input.peer, timeUs);
    }
    return heard;
  }

  #passes(event: SimulationEvent, { node, kind, text }: LogFilter): boolean {
    if (node !== null && event.node !== node) return false;
    if (kind !== null && kindOf[event.input.kind] !== kind) return false;
    return text === "" || `${event.node} ${this.#textOf(event)}`.toLowerCase().includes(text.toLowerCase());
  }

  #entryOf(event: SimulationEvent): LogEntry {
    const { event: number, timeUs, node, input } = event;
    return { event: number, timeUs, node, kind: kindOf[input.kind], text: this.#textOf(event) };
  }

  #textOf(event: SimulationEvent): string {
    const known = this.#texts.get(event);
    if (known !== undefined) return known;
    const text = describeStep(event, keptIn(event), this.#nameOf);
    this.#texts.set(event, text);
    return text;
  }
}

/** Deltas that a turn brought to the disk. */
function keptIn({ effects }: SimulationEvent): number {
  return effects.reduce(
    (sum, effect) =>
      effect.kind === "commit"
        ? sum + effect.writes.filter(([key, value]) => key[0] === "d" && value !== null).length
        : sum,
    0,
  );
}
