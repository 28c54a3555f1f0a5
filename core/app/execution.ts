/** Runs one method of an application over a state, and collects what it wants changed. */

import { InvariantError } from "../assert.ts";
import type { ApplicationEvent, RefusalCode } from "../effect.ts";
import { toHex } from "../ids.ts";
import type { Json, JsonObject } from "../json.ts";
import { Random, type RandomWords } from "../random.ts";
import type { Action } from "../state/action.ts";
import type { StateStore } from "../state/state-store.ts";
import { encode } from "../wire/cbor.ts";
import { type Application, type Call, CallError, type Method } from "./application.ts";
import { Draft, type Writer } from "./draft.ts";
import { storable } from "./fields/field.ts";

export type Execution =
  | {
      readonly kind: "ran";
      readonly output: Json;
      readonly actions: readonly Action[];
      readonly events: readonly ApplicationEvent[];
    }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly message: string };

/** Who calls, when, and on what: all that a method's result may depend on besides the state and its arguments. */
export interface Caller extends Writer {
  readonly timeMs: number;
  /** The context and its heads. */
  readonly standing: readonly string[];
}

export interface CallRequest {
  readonly method: string;
  readonly args: JsonObject;
}

/** Executes a method. What it throws is a refusal; only a bug of ours passes through. */
export function execute(
  application: Application,
  state: StateStore,
  { method: name, args, caller }: CallRequest & { readonly caller: Caller },
): Execution {
  const method = Object.hasOwn(application.methods, name) ? application.methods[name] : undefined;
  if (method === undefined) {
    const known = Object.keys(application.methods).join(", ");
    return refused("unknown-method", `${application.name} has no method "${name}"; it has ${known}`);
  }
  try {
    return run(method, state, { method: name, args, caller });
  } catch (error) {
    if (error instanceof CallError) return refused(error.code, error.message);
    if (error instanceof InvariantError || !(error instanceof Error)) throw error;
    // An application reads what peers wrote. What it trips over must not stop the node.
    return refused("call-failed", `${application.name} failed in "${name}": ${error.message}`);
  }
}

function run(
  method: Method,
  state: StateStore,
  { method: name, args, caller }: CallRequest & { readonly caller: Caller },
): Execution {
  const draft = new Draft(state, caller);
  const events: ApplicationEvent[] = [];
  let stream: Random | null = null;
  const call: Call = {
    args,
    draft,
    timeMs: caller.timeMs,
    author: toHex(caller.author),
    random: () => {
      stream ??= new Random(wordsOf(caller));
      return stream.uint32();
    },
    emit: (event, content) => {
      events.push({ kind: event, content: storable(content), handler: null });
    },
  };
  const output = method.run(call);
  if (method.access === "read" && (!draft.isEmpty || events.length > 0))
    return refused("call-failed", `"${name}" only reads, but wrote`);
  return { kind: "ran", output, actions: draft.finish(), events };
}

/** The chance of a call: no two calls that write begin with the same. */
function wordsOf({ author, incarnation, timeMs, standing, crypto }: Caller): RandomWords {
  const digest = crypto.sha256(encode([author, incarnation, timeMs, standing]));
  const view = new DataView(digest.buffer, digest.byteOffset);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}

function refused(code: RefusalCode, message: string): Execution {
  return { kind: "refused", code, message };
}
