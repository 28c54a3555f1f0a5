/** What a node knows of an application: named methods over a state. `defineApp` makes one. */

import type { Json, JsonObject } from "../json.ts";
import type { Draft } from "./draft.ts";

export interface Application {
  readonly name: string;
  readonly methods: Readonly<Record<string, Method>>;
}

export interface Method {
  /** A `read` method that writes is refused. */
  readonly access: "read" | "write";
  /** Deterministic: a function of the call alone. Throws `CallError` to refuse the call; then nothing is written. */
  run(call: Call): Json;
}

/** One call of a method. */
export interface Call {
  readonly args: JsonObject;
  /** The state with the call's own writes. */
  readonly draft: Draft;
  /** The wall time of the delta that the call would become: ms since 1970. */
  readonly timeMs: number;
  /** The caller's public key in hexadecimal. */
  readonly author: string;
  /** A whole number from 0 to 2³² − 1: the next of a stream that the call alone decides. */
  random(): number;
  /** Sends an event to every replica with the delta of this call. */
  emit(event: string, content: Json): void;
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
