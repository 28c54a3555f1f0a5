/** How an application is defined: named methods over collections whose entities are replicated. */

import type { Json, JsonObject } from "../json.ts";

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

export interface Call {
  readonly args: JsonObject;
  /** A last-writer-wins map of this context. Reads see the call's own writes. */
  map(collection: string): MapAccess;
  /** Sends an event to every replica with the delta of this call. */
  emit(kind: string, content: Json): void;
}

export interface MapAccess {
  get(key: string): Json | undefined;
  set(key: string, value: Json): void;
  /** Leaves a tombstone, whether the key is present or not. */
  remove(key: string): void;
  /** Sorted by key. O(entities of the context). */
  entries(): readonly (readonly [key: string, value: Json])[];
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
