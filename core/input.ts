/** Everything that can happen to a node: the only way in. The driver makes inputs, the core handles them. */

import type { ContextId, PeerId, Topic } from "./ids.ts";
import type { JsonObject } from "./json.ts";

/** Positive when this node opened the stream (the core numbers it), negative when the peer did (the driver does). */
export type StreamId = number;
/** The driver's name for a gossip message that awaits a verdict. */
export type GossipId = number | string;
/** The driver's name for a client's request that awaits a reply. */
export type RequestId = number | string;

export type Input =
  /** The first input of a node: loads what is stored, subscribes, starts timers. */
  | { readonly kind: "start" }
  /** The last: ends sessions and unsubscribes. Nothing is handled after it. */
  | { readonly kind: "stop" }
  /** Discovery, configuration or a scenario names a peer that can be dialled. */
  | { readonly kind: "peer-found"; readonly peer: PeerId }
  | { readonly kind: "peer-connected"; readonly peer: PeerId }
  | { readonly kind: "peer-disconnected"; readonly peer: PeerId }
  | { readonly kind: "dial-failed"; readonly peer: PeerId }
  | { readonly kind: "peer-subscribed"; readonly peer: PeerId; readonly topic: Topic }
  | { readonly kind: "peer-unsubscribed"; readonly peer: PeerId; readonly topic: Topic }
  /** A message on a topic, relayed by `from`, seen for the first time. Answered with one verdict. */
  | {
      readonly kind: "gossip";
      readonly gossip: GossipId;
      readonly from: PeerId;
      readonly topic: Topic;
      readonly message: Uint8Array;
    }
  /** A peer opened a stream to this node. */
  | { readonly kind: "stream-opened"; readonly stream: StreamId; readonly peer: PeerId }
  /** One whole frame, in order. */
  | { readonly kind: "stream-frame"; readonly stream: StreamId; readonly frame: Uint8Array }
  /** The stream has ended, by the peer, by a cut, or because it could not be opened. Said once for each stream. */
  | { readonly kind: "stream-closed"; readonly stream: StreamId }
  /** The time asked for with `wake-at` has come. */
  | { readonly kind: "woken" }
  | { readonly kind: "request"; readonly request: RequestId; readonly call: ClientCall };

export type ClientCall =
  | { readonly kind: "create-context"; readonly application: string }
  /** With the context's sealed genesis delta where the caller has it; otherwise peers bring it. */
  | { readonly kind: "join-context"; readonly contextId: ContextId; readonly genesis?: Uint8Array }
  | {
      readonly kind: "execute";
      readonly contextId: ContextId;
      readonly method: string;
      readonly args: JsonObject;
    }
  /** A sealed delta out of what is left of this node's own damaged store, and the context it belongs to. */
  | { readonly kind: "restore"; readonly contextId: ContextId; readonly delta: Uint8Array }
  /** Has a context synced at once: with this peer, or with each that has it. */
  | { readonly kind: "sync-now"; readonly contextId: ContextId; readonly peer: string | null }
  /** Has the parked work of a context tried again. */
  | { readonly kind: "retry-owed"; readonly contextId: ContextId };
