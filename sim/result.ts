/** What a run comes to. Field names are a contract with whoever reads `--json`. */

import type { Violation } from "./oracles/oracles.ts";

export type RunOutcome = "passed" | "safety" | "liveness" | "nondeterminism" | "budget";

export interface ContextResult {
  /** Hexadecimal; null while the live members disagree. */
  readonly root: string | null;
  /** Counts on the live member that has applied most. */
  readonly heads: number;
  readonly entities: number;
  readonly deltas: number;
  /** Handlers and queued calls, over all live members: still to be done, and parked after too many failures. */
  readonly owed: number;
  readonly parked: number;
}

/** What depends on the plan alone. Times are milliseconds of virtual time. */
export interface SimulationResult {
  readonly scenario: string;
  readonly seed: number;
  readonly outcome: RunOutcome;
  readonly violations: readonly Violation[];
  readonly converged: boolean;
  readonly convergedAtMs: number | null;
  /** From the end of the last fault, or the last write if later, to convergence. */
  readonly healMs: number | null;
  readonly virtualMs: number;
  readonly events: number;
  readonly traceHash: string;
  readonly nodes: number;
  /** Writes whose node was not there; that were refused; whose last copy an injected fault destroyed. */
  readonly skipped: number;
  readonly refused: number;
  readonly forgiven: number;
  readonly contexts: Readonly<Record<string, ContextResult>>;
  readonly acknowledged: number;
  /** From a delta's making to its being applied on another node. */
  readonly propagationMs: {
    readonly p50: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
  readonly messages: Readonly<Record<string, number>>;
  /** `payload`: bytes of deltas newly applied on nodes other than their author. */
  readonly bytes: { readonly gossip: number; readonly sync: number; readonly payload: number };
  /** Applications of each kind of fault: messages lost, nodes crashed, links cut. */
  readonly faults: Readonly<Record<string, number>>;
  readonly probes: Readonly<Record<string, number>>;
}

/** With what only the host can measure. */
export interface RunResult extends SimulationResult {
  readonly wallMs: number;
  readonly peakRssBytes: number;
}

/** The exit code of each outcome. */
export const exitCodes: Readonly<Record<RunOutcome, number>> = {
  passed: 0,
  safety: 2,
  liveness: 3,
  nondeterminism: 4,
  budget: 5,
};
