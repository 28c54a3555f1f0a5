/** What a world is made with, and who watches it. */

import type { Application } from "../../core/app/application.ts";
import type { Commit, Effect, Outcome } from "../../core/effect.ts";
import type { Input, RequestId } from "../../core/input.ts";
import type { TraceListener } from "../../core/trace.ts";
import type { SimCrypto } from "../crypto.ts";
import type { SimNode } from "./sim-node.ts";
import type { WorldSnapshot } from "./snapshot.ts";

export interface WorldOptions {
  readonly crypto: SimCrypto;
  readonly applications: readonly Application[];
  /** Decode, hash and verify each content once for all nodes. Changes no result, only how long it takes. */
  readonly isSharing: boolean;
  readonly traceListener?: TraceListener | undefined;
  /** Where to go on, instead of beginning. */
  readonly from?: WorldSnapshot | undefined;
}

/** Who watches a run: oracles, counters, views. */
export interface WorldObserver {
  /** A node is about to append a batch. */
  committing(node: SimNode, commit: Commit): void;
  /** A node handled an input. */
  handled(node: SimNode, input: Input, effects: readonly Effect[]): void;
  replied(node: SimNode, request: RequestId, outcome: Outcome): void;
  /** An injected fault is about to destroy what a node's disk holds, all of it or the newer part. */
  destroying(node: SimNode): void;
  /** A node started, crashed, joined or left; the batches its disk lost, or all it had. */
  statusChanged(node: SimNode, lost: readonly Commit[] | "all"): void;
  /** A node's core threw, which it never may: the run ends. */
  failed(node: SimNode, error: Error): void;
}
