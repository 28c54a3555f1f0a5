/** What a node knows of an application: named methods over a state, and handlers of events. `defineApp` makes one. */

import type { Json, JsonObject } from "../json.ts";
import type { Draft } from "./draft.ts";

export interface Application {
  readonly name: string;
  readonly methods: Readonly<Record<string, Method>>;
  /** What receivers of an event do, by the name the event gives. */
  readonly handlers: Readonly<Record<string, Handler>>;
}

export interface Method {
  /** A `read` method that writes is refused. */
  readonly access: "read" | "write";
  /** Deterministic: a function of the call alone. Throws `CallError` to refuse the call; then nothing is written. */
  run(call: Call): Json;
}

export interface Handler {
  /** As a method's `run`. What it throws leaves nothing written, and the event owed. */
  run(call: HandlerCall): void;
}

/** What methods and handlers alike are told, and may do. */
export interface AnyCall {
  /** The state with the call's own writes. */
  readonly draft: Draft;
  /** What this node keeps for itself, likewise. */
  readonly ownDraft: Draft;
  /** The context it is called in, in hexadecimal. */
  readonly contextId: string;
  /** The wall time of the delta that the call would become: ms since 1970. */
  readonly timeMs: number;
  /** The public key, in hexadecimal, of the node that runs this and signs what it writes. */
  readonly author: string;
  /** A whole number from 0 to 2³² − 1: the next of a stream that the call alone decides. */
  random(): number;
  /** Sends an event to every replica with the delta of this call. Nodes that receive it owe it the handler named. */
  emit(event: string, content: Json, handler?: string): void;
  /** Queues a call in a context of this node, by its id in hexadecimal: made once this call succeeded, or never. */
  callContext(contextId: string, method: string, args?: JsonObject): void;
}

/** One call of a method. */
export interface Call extends AnyCall {
  readonly args: JsonObject;
  /** The context whose call queued this one, in hexadecimal; null where nobody did. */
  readonly origin: string | null;
}

/** One run of a handler. */
export interface HandlerCall extends AnyCall {
  readonly content: Json;
  readonly event: EventSource;
}

/** Where an event comes from. */
export interface EventSource {
  /** The same on every node, and of this event alone. */
  readonly id: string;
  readonly name: string;
  /** The public key, in hexadecimal, of the node that sent it. */
  readonly author: string;
}

/** A method's refusal, told to its caller. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: "bad-arguments" | "call-failed";

  constructor(message: string, code: "bad-arguments" | "call-failed" = "call-failed") {
    super(message);
    this.code = code;
  }
}
