/** Runs one method or handler of an application over a state, and collects what it wants changed. */

import { InvariantError } from "../assert.ts";
import type { ApplicationEvent, RefusalCode } from "../effect.ts";
import { type AuthorId, type ContextId, type DeltaId, toHex } from "../ids.ts";
import type { Json, JsonObject } from "../json.ts";
import { Random, type RandomWords } from "../random.ts";
import type { Action } from "../state/action.ts";
import { nameText } from "../state/action-name.ts";
import type { StateStore } from "../state/state-store.ts";
import { encode } from "../wire/cbor.ts";
import { type AnyCall, type Application, CallError } from "./application.ts";
import { Draft, type Writer } from "./draft.ts";
import { storable } from "./fields/field.ts";
import { type Cause, Outbox, type QueuedCall } from "./outbox.ts";

export type Execution =
  | {
      readonly kind: "ran";
      readonly output: Json;
      readonly actions: readonly Action[];
      /** What the node is to keep for itself. */
      readonly ownActions: readonly Action[];
      readonly events: readonly ApplicationEvent[];
      /** To be made by this node once the call has succeeded. */
      readonly calls: readonly QueuedCall[];
    }
  | Refused;

export interface Refused {
  readonly kind: "refused";
  readonly code: RefusalCode;
  readonly message: string;
}

/** Who calls, when, and on what: all that a result may depend on besides the state and the arguments. */
export interface Caller extends Writer {
  readonly timeMs: number;
  readonly contextId: ContextId;
  readonly heads: readonly DeltaId[];
  readonly cause: Cause;
}

export interface CallRequest {
  readonly method: string;
  readonly args: JsonObject;
}

/** An event that a handler is owed for. */
export interface HandlerRequest {
  readonly handler: string;
  /** The delta the event came with, and its index there. */
  readonly delta: DeltaId;
  readonly index: number;
  readonly author: AuthorId;
  readonly name: string;
  readonly content: Json;
}

/** What a call reads and writes: the state of its context, and what this node keeps beside it for itself. */
export interface States<Kind = StateStore> {
  readonly state: Kind;
  readonly own: Kind;
}

/** Drafts on both, for one call or several in turn. */
export function draftsOn({ state, own }: States, caller: Caller): States<Draft> {
  // What is shared with nobody is written by its only reader.
  return {
    state: new Draft(state, caller),
    own: new Draft(own, { ...caller, writersOf: () => [caller.author] }),
  };
}

/** Executes a method. What it throws is a refusal; only a bug of ours passes through. */
export function execute(
  application: Application,
  states: States,
  { method: name, args, caller }: CallRequest & { readonly caller: Caller },
): Execution {
  const method = Object.hasOwn(application.methods, name) ? application.methods[name] : undefined;
  if (method === undefined) {
    const known = Object.keys(application.methods).join(", ");
    return refused("unknown-method", `${application.name} has no method "${name}"; it has ${known}`);
  }
  return attempt(application, name, () => {
    const drafts = draftsOn(states, caller);
    const outbox = new Outbox(application, caller.contextId, caller.cause);
    const origin = caller.cause.origin === null ? null : toHex(caller.cause.origin);
    const output = method.run({ ...callOn(drafts, outbox, { caller }), args, origin });
    if (isThenable(output)) return mustNotWait(name, output);
    const isSilent = drafts.state.isEmpty && drafts.own.isEmpty && outbox.isEmpty;
    if (method.access === "read" && !isSilent)
      return refused("call-failed", `"${name}" only reads, but wrote`);
    const execution = ran(output, drafts, outbox);
    drafts.state.close();
    drafts.own.close();
    return execution;
  });
}

/** Runs the handler an event is owed, on drafts that may hold writes already. A refusal may leave half of its own there. */
export function executeHandler(
  application: Application,
  drafts: States<Draft>,
  { request, caller }: { readonly request: HandlerRequest; readonly caller: Caller },
): Execution {
  const { handler: name, content } = request;
  const handler = Object.hasOwn(application.handlers, name) ? application.handlers[name] : undefined;
  if (handler === undefined) {
    const known = Object.keys(application.handlers).join(", ") || "none";
    return refused("unknown-method", `${application.name} has no handler "${name}"; it has ${known}`);
  }
  return attempt(application, name, () => {
    const outbox = new Outbox(application, caller.contextId, caller.cause);
    const event = { id: nameText(request), name: request.name, author: toHex(request.author) };
    const waits: unknown = handler.run({
      ...callOn(drafts, outbox, { caller, salt: event.id }),
      content: storable(content),
      event,
    });
    return isThenable(waits) ? mustNotWait(name, waits) : ran(null, drafts, outbox);
  });
}

function ran(answer: Json, { state, own }: States<Draft>, { events, calls }: Outbox): Execution {
  const output = answerOf(answer);
  return { kind: "ran", output, actions: state.finish(), ownActions: own.finish(), events, calls };
}

function attempt(application: Application, name: string, run: () => Execution): Execution {
  try {
    return run();
  } catch (error) {
    const thrown = readThrown(error);
    if (thrown === "bug") throw error;
    if (thrown.code !== null) return refused(thrown.code, thrown.message);
    // An application reads what peers wrote. What it trips over must not stop the node.
    return refused("call-failed", `${application.name} failed in "${name}": ${thrown.message}`);
  }
}

/** What was thrown: a bug of ours, a refusal with its code, or a failure. Even asking it may throw. */
function readThrown(
  thrown: unknown,
): "bug" | { readonly code: RefusalCode | null; readonly message: string } {
  try {
    if (thrown instanceof InvariantError) return "bug";
    const message = thrown instanceof Error ? String(thrown.message) : "it threw what is no error";
    if (!(thrown instanceof CallError)) return { code: null, message };
    return { code: thrown.code === "bad-arguments" ? "bad-arguments" : "call-failed", message };
  } catch {
    return { code: null, message: "it threw what cannot be read" };
  }
}

/** The answer as clients can be given it: JSON. */
function answerOf(output: Json): Json {
  try {
    return storable(output ?? null);
  } catch (error) {
    throw error instanceof CallError ? new CallError(`it answers what is no JSON: ${error.message}`) : error;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** A call is over when it returns: what would come later comes never, its failure included. */
function mustNotWait(name: string, waits: PromiseLike<unknown>): Execution {
  waits.then(nothing, nothing);
  return refused("call-failed", `"${name}" must not be async: a call is over when it returns`);
}

function nothing(): void {}

/** `salt` tells apart what runs at one time on one state. */
function callOn(
  { state: draft, own: ownDraft }: States<Draft>,
  outbox: Outbox,
  { caller, salt }: { readonly caller: Caller; readonly salt?: string },
): AnyCall {
  let stream: Random | null = null;
  return {
    draft,
    ownDraft,
    contextId: toHex(caller.contextId),
    timeMs: caller.timeMs,
    author: toHex(caller.author),
    random: () => {
      stream ??= new Random(wordsOf(caller, salt));
      return stream.uint32();
    },
    emit: (event, content, handler) => outbox.emit(event, content, handler),
    callContext: (contextId, method, args) => outbox.callContext(contextId, method, args),
  };
}

/** The chance of a call: no two calls that write begin with the same. */
function wordsOf(caller: Caller, salt: string | undefined): RandomWords {
  const { author, incarnation, timeMs, contextId, heads, crypto } = caller;
  const about = [author, incarnation, timeMs, [contextId, ...heads]];
  const digest = crypto.sha256(encode(salt === undefined ? about : [...about, salt]));
  const view = new DataView(digest.buffer, digest.byteOffset);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}

function refused(code: RefusalCode, message: string): Refused {
  return { kind: "refused", code, message };
}
