/** What the API needs of a node. */

import type { Outcome } from "../../core/effect.ts";
import type { AuthorId, ContextId, DeltaId, Hash } from "../../core/ids.ts";
import type { ClientCall } from "../../core/input.ts";
import type { JsonObject } from "../../core/json.ts";

/** The header of every answer that says which node it is of. */
export const peerHeader = "reconverge-peer";

/** Parked entries shown at once. */
export const parkedShownMax = 100;

/** A running node, as far as clients may reach it. */
export interface NodeApi {
  /** The key this node signs with. */
  readonly author: AuthorId;
  /** The node's peer id, in every answer. */
  readonly peer: string;
  /** Answers once everything the answer rests on is durable. */
  call(call: ClientCall): Promise<Outcome>;
  contexts(): Promise<readonly ContextView[]>;
  /** Null for a context that is not on this node. */
  context(contextId: ContextId): Promise<ContextView | null>;
  /** The oldest parked work of a context, at most `parkedShownMax`; none where there is no such context. */
  parked(contextId: ContextId): Promise<readonly ParkedView[]>;
  peers(): readonly PeerView[];
  /** Everything an operator wants to see at a glance. */
  status(): JsonObject;
  /** Where the node is in its life: `running` when all is well. */
  state(): string;
  /** In Prometheus's text format. */
  metrics(): string;
}

/** One context on this node. */
export interface ContextView {
  readonly id: ContextId;
  /** Empty until the genesis has arrived. */
  readonly application: string;
  readonly stateRoot: Hash;
  readonly heads: readonly DeltaId[];
  readonly applied: number;
  readonly pending: number;
  readonly entities: number;
  /** Work this node owes because of it: handlers of events, and queued calls. */
  readonly owed: number;
  /** Work that failed too often, and waits for an operator. */
  readonly parked: number;
  /** How far it is, and why no further. */
  readonly readiness: { readonly state: string; readonly why: string };
}

/** Parked work, as an operator sees it. */
export interface ParkedView {
  /** A handler of the context's application, or a method of another context's. */
  readonly kind: "handler" | "call";
  readonly name: string;
  /** The event's name, or the context called. */
  readonly about: string;
  readonly attempts: number;
  readonly lastError: string;
}

/** A connected peer. */
export interface PeerView {
  readonly peer: string;
  /** Contexts of this node that the peer subscribes to. */
  readonly contexts: readonly ContextId[];
}

/** An answer of the admin API that is not 200. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
