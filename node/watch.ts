/** What a driver reports: counted, and written to the log under the component it is about. */

import type { Logger } from "pino";
import { toBase58 } from "../adapters/http/base58.ts";
import type { Effect, NodeEvent, Observation } from "../core/effect.ts";
import type { Fault, FaultCode } from "../core/fault.ts";
import type { PeerId } from "../core/ids.ts";
import type { Input } from "../core/input.ts";
import type { ProbeName } from "../core/probes.ts";
import type { DriverWatcher } from "./driver.ts";
import type { SyncChange } from "./events.ts";
import type { Metrics } from "./metrics.ts";

/** Observations that an operator should see when they happen. */
const levels: Readonly<Partial<Record<ProbeName, "error" | "warn">>> = {
  "divergence-alarm": "error",
  "divergence-repair": "warn",
  "clock-skewed": "warn",
  "delta-needs-upgrade": "warn",
  "checkpoint-false": "warn",
  "past-closed-without": "error",
  "handler-parked": "warn",
  "call-parked": "warn",
  "stranded-refused": "warn",
  "peer-banned": "warn",
};

export interface WatchLogs {
  /** What the core tells. */
  readonly core: Logger;
  readonly store: Logger;
}

/** Observations after which a context may be synced otherwise than before. */
const syncProbes: ReadonlySet<ProbeName> = new Set([
  "sync-started",
  "sync-ended",
  "sync-state-started",
  "state-adopted",
]);

export interface WatchListener {
  readonly happened: (happening: NodeEvent | SyncChange) => void;
  /** The disk has said which chunks of blobs it has. */
  readonly chunksListed: () => void;
  /** The driver has stopped for good. */
  readonly failed: (error: unknown) => void;
}

export class Watch implements DriverWatcher {
  readonly counts = new Map<ProbeName, number>();
  readonly faults = new Map<FaultCode, number>();
  readonly #logs: WatchLogs;
  readonly #metrics: Metrics;
  readonly #about: WatchListener;

  constructor(logs: WatchLogs, metrics: Metrics, about: WatchListener) {
    this.#logs = logs;
    this.#metrics = metrics;
    this.#about = about;
  }

  event(event: NodeEvent): void {
    this.#about.happened(event);
    this.#logs.core.trace({ context: toBase58(event.contextId), events: event.events.length }, event.kind);
  }

  fault(peer: PeerId, fault: Fault): void {
    this.faults.set(fault.code, (this.faults.get(fault.code) ?? 0) + 1);
    this.#metrics.fault(peer, fault);
    this.#logs.core.warn({ peer, code: fault.code, detail: fault.detail }, "a peer made a mistake");
  }

  observed(observation: Observation): void {
    const { name, amount, contextId, peer, detail } = observation;
    this.counts.set(name, (this.counts.get(name) ?? 0) + amount);
    this.#metrics.observed(observation);
    if (contextId !== undefined && syncProbes.has(name))
      this.#about.happened({ kind: "sync-changed", contextId });
    const log = this.#logs.core;
    const level = levels[name] ?? "trace";
    if (!log.isLevelEnabled(level)) return;
    const context = contextId === undefined ? undefined : toBase58(contextId);
    log[level]({ context, peer, amount, detail }, name);
  }

  flushed(commits: number, tookMs: number): void {
    this.#metrics.flushed(commits, tookMs);
  }

  handled(input: Input, effects: readonly Effect[], tookMs: number): void {
    this.#metrics.handled(input, effects, tookMs);
    if (input.kind === "chunks-listed") this.#about.chunksListed();
  }

  filling(length: number): void {
    this.#logs.core.warn({ length }, "inputs arrive faster than they are handled");
  }

  retryingCommit(error: unknown): void {
    this.#logs.store.error({ err: error }, "a commit failed and is tried again");
  }

  failed(error: unknown): void {
    this.#about.failed(error);
  }
}
