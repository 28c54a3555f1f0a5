/**
 * What a call says besides what it writes: events for other nodes, and calls into contexts of its own node. Checked
 * as it is said, and gone with the call when that fails. Bounded, so that one call leads to finitely many:
 *
 * 1. A call queues at most `queuedCallsMax` others, and calls queue calls at most `callDepthMax` deep.
 * 2. What a handler began, however many calls later, names no handlers: nothing echoes between nodes.
 */

import type { ApplicationEvent } from "../effect.ts";
import { isFault } from "../fault.ts";
import { type ContextId, fromHex, idBytes } from "../ids.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { deltaBytesMax, nameCharactersMax } from "../limits.ts";
import { decodeValue, decoding, encode } from "../wire/cbor.ts";
import { type Application, CallError } from "./application.ts";
import { storable } from "./fields/field.ts";

/** Calls that one call may queue. */
export const queuedCallsMax = 8;
/** A client's call is at depth 0, what it queues at 1. */
export const callDepthMax = 3;

/** Where a call comes from. */
export interface Cause {
  /** The context whose call queued it; null for a client's call and for a handler. */
  readonly origin: ContextId | null;
  /** How many calls led to it. */
  readonly depth: number;
  /** It, or what led to it, is a handler. */
  readonly isOfHandler: boolean;
}

export const clientCause: Cause = { origin: null, depth: 0, isOfHandler: false };
export const handlerCause: Cause = { origin: null, depth: 0, isOfHandler: true };

/** A call that waits for the one that queued it to succeed. */
export interface QueuedCall {
  readonly contextId: ContextId;
  readonly method: string;
  readonly args: JsonObject;
  readonly cause: Cause;
}

export class Outbox {
  readonly events: ApplicationEvent[] = [];
  readonly calls: QueuedCall[] = [];
  readonly #application: Application;
  readonly #contextId: ContextId;
  readonly #cause: Cause;
  #argumentBytes = 0;

  constructor(application: Application, contextId: ContextId, cause: Cause) {
    this.#application = application;
    this.#contextId = contextId;
    this.#cause = cause;
  }

  get isEmpty(): boolean {
    return this.events.length === 0 && this.calls.length === 0;
  }

  emit(kind: string, content: Json, handler: string | null = null): void {
    if (handler !== null) this.#checkHandler(kind, handler);
    this.events.push({ kind, content: storable(content), handler });
  }

  callContext(contextId: string, method: string, args: JsonObject = {}): void {
    const { depth, isOfHandler } = this.#cause;
    if (depth >= callDepthMax)
      throw new CallError(
        `"${method}" would be a call queued ${depth + 1} deep, at most ${callDepthMax} are`,
      );
    if (this.calls.length >= queuedCallsMax)
      throw new CallError(`"${method}" would be more than ${queuedCallsMax} calls queued by one`);
    const target = typeof contextId === "string" ? fromHex<ContextId>(contextId) : null;
    if (target === null || target.length !== idBytes)
      throw badArguments(`"${contextId}" is no context: expected its id, ${2 * idBytes} hexadecimal digits`);
    if (typeof method !== "string")
      throw badArguments(`a method's name that is a ${typeof method}, not text`);
    if (method.length > nameCharactersMax)
      throw badArguments(`a method's name of ${method.length} characters, at most ${nameCharactersMax}`);
    const cause = { origin: this.#contextId, depth: depth + 1, isOfHandler };
    this.calls.push({ contextId: target, method, args: this.#copied(args), cause });
  }

  #checkHandler(event: string, handler: string): void {
    const { name, handlers } = this.#application;
    if (this.#cause.isOfHandler)
      throw new CallError(
        `the event "${event}" names the handler "${handler}", but what a handler began names none`,
      );
    if (Object.hasOwn(handlers, handler)) return;
    const known = Object.keys(handlers).join(", ") || "none";
    throw new CallError(
      `the event "${event}" names the handler "${handler}", but the handlers of ${name} are: ${known}`,
    );
  }

  /** As they are now, if they can be kept. */
  #copied(args: JsonObject): JsonObject {
    if (!isJsonObject(args)) throw badArguments("arguments of a queued call that are not an object");
    const copy = storable(args);
    const entry = encode([copy]);
    this.#argumentBytes += entry.length;
    if (this.#argumentBytes > deltaBytesMax)
      throw badArguments(`arguments of queued calls of more than ${deltaBytesMax} bytes`);
    const read = decoding("arguments of a queued call", () => {
      decodeValue(entry, deltaBytesMax);
      return { kind: "read" } as const;
    });
    if (isFault(read)) throw badArguments(read.detail);
    return copy;
  }
}

function badArguments(message: string): CallError {
  return new CallError(message, "bad-arguments");
}
