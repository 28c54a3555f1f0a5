/**
 * Everything a node asks its driver to do: the only way out.
 *
 * Order. Effects are performed in order, and what others can see (`publish`, `send`, `close-stream`, `reply`,
 * `emit`, and the dropping and storing of chunks) waits until every commit before it, in this or an earlier list, is durable; see `speech-gate.ts`.
 */

import type { Fault } from "./fault.ts";
import type { ContextId, DeltaId, Hash, PeerId, Topic } from "./ids.ts";
import type { GossipId, RequestId, StreamId, StreamProtocol } from "./input.ts";
import type { Json } from "./json.ts";
import type { ProbeName } from "./probes.ts";

export type Effect =
  | Commit
  | { readonly kind: "publish"; readonly topic: Topic; readonly message: Uint8Array }
  /** Accept forwards the message, ignore drops it, reject drops it and counts against the relayer. */
  | { readonly kind: "verdict"; readonly gossip: GossipId; readonly verdict: "accept" | "ignore" | "reject" }
  | { readonly kind: "subscribe"; readonly topic: Topic }
  | { readonly kind: "unsubscribe"; readonly topic: Topic }
  | { readonly kind: "dial"; readonly peer: PeerId }
  /** Ends the connections to a peer, and takes none from it for so long; should one come about, the core hangs up again. */
  | { readonly kind: "hang-up"; readonly peer: PeerId; readonly refuseForMs: number }
  | {
      readonly kind: "open-stream";
      readonly stream: StreamId;
      readonly peer: PeerId;
      /** Default: sync. */
      readonly protocol?: StreamProtocol;
    }
  | { readonly kind: "send"; readonly stream: StreamId; readonly frame: Uint8Array }
  /** Ends the stream once what was sent has left. No input follows for it. */
  | { readonly kind: "close-stream"; readonly stream: StreamId }
  /** Replaces the wake-up asked for before. */
  | { readonly kind: "wake-at"; readonly monotonicMs: number }
  | ChunkEffect
  | { readonly kind: "reply"; readonly request: RequestId; readonly outcome: Outcome }
  | { readonly kind: "emit"; readonly event: NodeEvent }
  /** A peer's mistake, for scoring, logs and metrics. */
  | { readonly kind: "fault"; readonly peer: PeerId; readonly fault: Fault }
  | { readonly kind: "observe"; readonly observation: Observation };

/** Chunks of blobs lie beside the store, each by its hash. What is done to one chunk is done in the order it is asked for. */
export type ChunkEffect =
  /** Keeps it durably or not at all; answered with `chunk-stored`. */
  | { readonly kind: "store-chunk"; readonly chunk: Hash; readonly bytes: Uint8Array }
  /** Answered with `chunk-read`. */
  | { readonly kind: "read-chunk"; readonly chunk: Hash }
  | { readonly kind: "drop-chunks"; readonly chunks: readonly Hash[] }
  /** Answered with `chunks-listed`. */
  | { readonly kind: "list-chunks" };

/** One atomic write batch: all of it is kept or none of it. */
export interface Commit {
  readonly kind: "commit";
  /** Each key once; null removes it. */
  readonly writes: readonly (readonly [key: string, value: Uint8Array | null])[];
}

export type Outcome =
  /** `written` is the delta the call made, or null when it wrote nothing. */
  | { readonly kind: "executed"; readonly output: Json; readonly written: DeltaId | null }
  | { readonly kind: "context"; readonly contextId: ContextId }
  /** To be handed to whoever is invited, by other ways than the network: who holds a token of it comes in. */
  | { readonly kind: "invitation"; readonly invitation: Uint8Array }
  /** A chunk of a blob, which has so many bytes in all. */
  | { readonly kind: "blob-chunk"; readonly bytes: Uint8Array; readonly size: number }
  /** It is synced with so many peers. */
  | { readonly kind: "syncing"; readonly peers: number }
  /** So many parked entries are tried again. */
  | { readonly kind: "retrying"; readonly count: number }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly message: string };

export type RefusalCode =
  | "context-not-found"
  /** It was deleted, and is not all gone from this node yet. */
  | "being-deleted"
  /** The context is joined, but its genesis has not arrived. */
  | "uninitialized"
  | "application-not-installed"
  /** This node's role in the context does not allow it. */
  | "not-permitted"
  | "unknown-method"
  | "bad-arguments"
  | "too-large"
  /** The context refers to no such blob. */
  | "blob-not-found"
  /** Nobody who has it gave it in time. */
  | "blob-unavailable"
  /** The disk did not take it. */
  | "cannot-store"
  /** The method itself said no. */
  | "call-failed";

export type NodeEvent = {
  readonly kind: "state-changed";
  readonly contextId: ContextId;
  readonly events: readonly ApplicationEvent[];
};

export interface ApplicationEvent {
  readonly kind: string;
  readonly content: Json;
  /** The application's handler that every receiver owes it, or null. */
  readonly handler: string | null;
}

/** Something worth counting or logging. `amount` adds to the counter of that name. */
export interface Observation {
  readonly name: ProbeName;
  readonly amount: number;
  readonly contextId?: ContextId;
  readonly peer?: PeerId;
  /** What happened, for a log line. */
  readonly detail?: string;
  /** Milliseconds that this took, as far as clocks of nodes tell. */
  readonly tookMs?: number;
}
