/**
 * `POST /jsonrpc`, in Calimero's shapes: always HTTP 200, `result` or `error` with `type` and `data`. Method
 * `execute`, which reads use too. Keys that are not known are ignored.
 */

import type { RefusalCode } from "../../core/effect.ts";
import type { ContextId } from "../../core/ids.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { HttpError, type NodeApi } from "./api.ts";
import { fromBase58, noContextId, toBase58 } from "./base58.ts";

export interface RpcError {
  readonly type: string;
  readonly data?: Json;
}

export type RpcId = string | number | null;
type Answer = { readonly result: Json } | { readonly error: RpcError };
export type RpcResponse = { readonly jsonrpc: "2.0"; readonly id: RpcId } & Answer;

interface Execution {
  readonly id: RpcId;
  readonly contextId: ContextId;
  readonly method: string;
  readonly args: JsonObject;
}

/** A request that cannot be read. */
export class Unreadable extends Error {
  readonly id: RpcId;

  constructor(id: RpcId, message: string) {
    super(message);
    this.id = id;
  }
}

/** Answers one request; `body` is the parsed JSON. */
export async function answerRpc(body: unknown, api: NodeApi): Promise<RpcResponse> {
  let asked: RpcId = null;
  try {
    const { id, contextId, method, args } = readExecution(body as Json);
    asked = id;
    return { jsonrpc: "2.0", id, ...(await execute({ contextId, method, args }, api)) };
  } catch (error) {
    if (error instanceof Unreadable) return parseError(error.message, error.id);
    if (error instanceof HttpError) return internalError(asked, error.message);
    throw error;
  }
}

/** For a request that cannot be read at all. */
export function parseError(message: string, id: RpcId = null): RpcResponse {
  return { jsonrpc: "2.0", id, error: { type: "ParseError", data: message } };
}

/** For a node that cannot answer any more: why, where that is known. */
export function internalError(id: RpcId = null, why: Json = {}): RpcResponse {
  return { jsonrpc: "2.0", id, error: { type: "InternalError", data: why } };
}

async function execute(call: Omit<Execution, "id">, api: NodeApi): Promise<Answer> {
  const outcome = await api.call({ kind: "execute", ...call });
  switch (outcome.kind) {
    case "executed":
      return { result: { output: outcome.output } };
    case "context":
    case "invitation":
    case "retrying":
    case "blob-chunk":
    case "syncing":
      return { result: { output: null } };
    case "refused": {
      const application = (await api.context(call.contextId))?.application ?? "";
      return { error: errorOf(outcome.code, outcome.message, { ...call, application }) };
    }
  }
}

function errorOf(
  code: RefusalCode,
  message: string,
  about: { readonly contextId: ContextId; readonly application: string },
): RpcError {
  switch (code) {
    case "context-not-found":
      return { type: "ContextNotFound", data: { context_id: toBase58(about.contextId) } };
    case "uninitialized":
      return { type: "Uninitialized" };
    case "application-not-installed":
      return { type: "ApplicationNotInstalled", data: { application_id: about.application } };
    case "being-deleted":
    case "not-permitted":
    case "unknown-method":
    case "bad-arguments":
    case "too-large":
    case "blob-not-found":
    case "blob-unavailable":
    case "cannot-store":
    case "call-failed":
      return { type: "FunctionCallError", data: message };
  }
}

function readExecution(body: Json): Execution {
  if (!isJsonObject(body)) throw new Unreadable(null, "expected a JSON object");
  const id = readId(body.id);
  const expect = (condition: boolean, message: string) => {
    if (!condition) throw new Unreadable(id, message);
  };
  expect(body.jsonrpc === "2.0", 'expected "jsonrpc": "2.0"');
  expect(body.method === "execute", `unknown method ${nameOf(body.method)}, expected "execute"`);
  const params: Json = body.params ?? null;
  if (!isJsonObject(params)) throw new Unreadable(id, "expected an object in params");
  const { contextId: text, method } = params;
  if (typeof text !== "string") throw new Unreadable(id, "expected a text in params.contextId");
  const contextId = fromBase58<ContextId>(text);
  if (contextId === null) throw new Unreadable(id, noContextId(text));
  if (typeof method !== "string") throw new Unreadable(id, "expected a text in params.method");
  const args: Json = params.argsJson ?? {};
  if (!isJsonObject(args)) throw new Unreadable(id, "expected an object in params.argsJson");
  return { id, contextId, method, args };
}

/** Throws an `Unreadable`. */
export function readId(id: Json | undefined): RpcId {
  if (id === undefined || id === null || typeof id === "string") return id ?? null;
  if (typeof id === "number" && Number.isSafeInteger(id) && id >= 0) return id;
  throw new Unreadable(null, "expected a text, a whole number or null in id");
}

/** What was given for a name, in a sentence: whatever it is, the sentence stays small and can be made. */
export function nameOf(given: Json | undefined): string {
  return typeof given === "string" ? JSON.stringify(given) : "that is no text";
}
