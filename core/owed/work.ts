/** What a node owes: a handler for an event it received, or a call that a call queued. With its bytes in the store. */

import type { HandlerRequest } from "../app/execution.ts";
import type { QueuedCall } from "../app/outbox.ts";
import { bytesOf, type ContextId } from "../ids.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { deltaBytesMax, eventsMax, nameCharactersMax } from "../limits.ts";
import { decodeValue, encode, refuse } from "../wire/cbor.ts";
import { expectByteString, expectFields, expectInteger, expectJson, expectText } from "../wire/expect.ts";

/** Holds all it takes to do it, so that it rests on no delta's body. */
export type Work = ({ readonly kind: "handler" } & HandlerRequest) | ({ readonly kind: "call" } & QueuedCall);

export interface Entry {
  readonly work: Work;
  /** How often it was tried in vain. */
  readonly attempts: number;
  /** Why the last one failed; null before the first. */
  readonly lastError: string | null;
}

/** Of an error as it is kept. */
const errorCharactersMax = 1_000;
/** The content of an event, or arguments, with what is around them. */
const entryBytesMax = deltaBytesMax + 16_384;

const codes = { handler: 0, call: 1 } as const;

/** The entry after one more attempt in vain. */
export function failedEntry({ work, attempts }: Entry, error: string): Entry {
  return { work, attempts: attempts + 1, lastError: error.slice(0, errorCharactersMax) };
}

export function encodeEntry({ work, attempts, lastError }: Entry): Uint8Array {
  return encode([attempts, lastError, codes[work.kind], ...fieldsOf(work)]);
}

function fieldsOf(work: Work): readonly unknown[] {
  if (work.kind === "handler") {
    const { handler, delta, index, author, name, content } = work;
    return [handler, bytesOf(delta), index, bytesOf(author), name, content];
  }
  const { contextId, method, args, cause } = work;
  return [bytesOf(contextId), method, args, bytesOf(cause.origin ?? ""), cause.depth, cause.isOfHandler];
}

/** For use inside `decoding`. */
export function decodeEntry(bytes: Uint8Array): Entry {
  const fields = expectFields(decodeValue(bytes, entryBytesMax), 9, "owed work");
  const [attempts, lastError, code, ...rest] = fields;
  return {
    attempts: expectInteger(attempts, Number.MAX_SAFE_INTEGER),
    lastError: lastError === null ? null : expectText(lastError, errorCharactersMax),
    work: expectInteger(code, codes.call) === codes.handler ? decodeHandler(rest) : decodeCall(rest),
  };
}

function decodeHandler([handler, delta, index, author, name, content]: readonly unknown[]): Work {
  return {
    kind: "handler",
    handler: expectText(handler, nameCharactersMax),
    delta: expectByteString(delta),
    index: expectInteger(index, eventsMax),
    author: expectByteString(author),
    name: expectText(name, nameCharactersMax),
    content: expectJson(content),
  };
}

function decodeCall([contextId, method, args, origin, depth, isOfHandler]: readonly unknown[]): Work {
  return {
    kind: "call",
    contextId: expectByteString<ContextId>(contextId),
    method: expectText(method, nameCharactersMax),
    args: expectArguments(args),
    cause: {
      origin: expectByteString<ContextId>(origin),
      depth: expectInteger(depth, Number.MAX_SAFE_INTEGER),
      isOfHandler: isOfHandler === true,
    },
  };
}

function expectArguments(value: unknown): JsonObject {
  const args = expectJson(value);
  return isJsonObject(args) ? args : refuse("malformed", "arguments that are not an object");
}
