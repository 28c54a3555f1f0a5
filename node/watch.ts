/** What a driver reports, counted for the status and written to the log. */

import type { Logger } from "pino";
import { toBase58 } from "../adapters/http/base58.ts";
import type { NodeEvent, Observation } from "../core/effect.ts";
import type { Fault, FaultCode } from "../core/fault.ts";
import type { PeerId } from "../core/ids.ts";
import type { ProbeName } from "../core/probes.ts";
import type { DriverWatcher } from "./driver.ts";

/** Observations that an operator should see when they happen. */
const levels: Readonly<Partial<Record<ProbeName, "error" | "warn">>> = {
  "divergence-alarm": "error",
  "divergence-repair": "warn",
  "clock-skewed": "warn",
  "delta-needs-upgrade": "warn",
  "handler-parked": "warn",
  "call-parked": "warn",
};

export class Watch implements DriverWatcher {
  readonly counts = new Map<ProbeName, number>();
  readonly faults = new Map<FaultCode, number>();
  readonly #log: Logger;
  readonly #failed: (error: unknown) => void;

  constructor(log: Logger, failed: (error: unknown) => void) {
    this.#log = log;
    this.#failed = failed;
  }

  event(event: NodeEvent): void {
    this.#log.trace({ context: toBase58(event.contextId), events: event.events.length }, event.kind);
  }

  fault(peer: PeerId, fault: Fault): void {
    this.faults.set(fault.code, (this.faults.get(fault.code) ?? 0) + 1);
    this.#log.warn({ peer, code: fault.code, detail: fault.detail }, "a peer made a mistake");
  }

  observed({ name, amount, contextId, peer, detail }: Observation): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + amount);
    const context = contextId === undefined ? undefined : toBase58(contextId);
    this.#log[levels[name] ?? "trace"]({ context, peer, amount, detail }, name);
  }

  filling(length: number): void {
    this.#log.warn({ length }, "inputs arrive faster than they are handled");
  }

  retryingCommit(error: unknown): void {
    this.#log.error({ err: error }, "a commit failed and is tried again");
  }

  failed(error: unknown): void {
    this.#failed(error);
  }
}
