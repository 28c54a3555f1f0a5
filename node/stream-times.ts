/**
 * What sync streams cost, seen from the driver: how long until the other end answered first (the handshake), how
 * long the rest took (finding out what differs, and moving it), how many times one waited for the other, and bytes.
 */

import { countBuckets, type Registry, secondsBuckets } from "../adapters/http/prometheus.ts";
import type { Effect } from "../core/effect.ts";
import type { Input, StreamId } from "../core/input.ts";

interface Times {
  readonly openedMs: number;
  answeredMs: number | null;
  /** Who spoke last. */
  last: "us" | "them" | null;
  turns: number;
}

export class StreamTimes {
  readonly #registry: Registry;
  readonly #open = new Map<StreamId, Times>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  handled(input: Input, effects: readonly Effect[]): void {
    if (input.kind === "stream-opened") this.#opened(input.stream);
    if (input.kind === "stream-frame") this.#spoke(input.stream, "them", input.frame.length);
    for (const effect of effects) {
      if (effect.kind === "open-stream") this.#opened(effect.stream);
      if (effect.kind === "send") this.#spoke(effect.stream, "us", effect.frame.length);
      if (effect.kind === "close-stream") this.#ended(effect.stream);
    }
    if (input.kind === "stream-closed") this.#ended(input.stream);
  }

  #opened(stream: StreamId): void {
    this.#open.set(stream, { openedMs: performance.now(), answeredMs: null, last: null, turns: 0 });
  }

  #spoke(stream: StreamId, who: "us" | "them", bytes: number): void {
    const direction = who === "us" ? "sent" : "received";
    this.#registry.add("reconverge_sync_bytes_total", "bytes of sync frames", {
      ...{ labels: { direction }, amount: bytes },
    });
    const times = this.#open.get(stream);
    if (times === undefined) return;
    if (times.last !== null && times.last !== who) {
      times.turns += 1;
      times.answeredMs ??= performance.now();
    }
    times.last = who;
  }

  #ended(stream: StreamId): void {
    const times = this.#open.get(stream);
    if (times === undefined) return;
    this.#open.delete(stream);
    const { openedMs, answeredMs, turns } = times;
    if (answeredMs !== null) {
      this.#phase("handshake", answeredMs - openedMs);
      this.#phase("exchange", performance.now() - answeredMs);
    }
    this.#registry.observe(
      "reconverge_sync_round_trips",
      "times one end of a sync stream waited for the other",
      {
        ...{ value: Math.ceil(turns / 2), buckets: countBuckets },
      },
    );
  }

  #phase(phase: string, tookMs: number): void {
    this.#registry.observe("reconverge_sync_phase_seconds", "time in each phase of a sync stream", {
      ...{ labels: { phase }, value: tookMs / 1_000, buckets: secondsBuckets },
    });
  }
}
