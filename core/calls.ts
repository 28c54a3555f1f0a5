/**
 * Calls on one context: methods that clients and queued calls ask for, and handlers that events are owed. What a
 * call wants changed is kept whole, shared, private and owed, in the commit of its turn, or not at all.
 */

import type { Application } from "./app/application.ts";
import {
  type Caller,
  type CallRequest,
  draftsOn,
  type Execution,
  execute,
  executeHandler,
  type HandlerRequest,
  type States,
} from "./app/execution.ts";
import { type Cause, clientCause, handlerCause } from "./app/outbox.ts";
import type { CausalDelta } from "./dag/delta.ts";
import type { ApplicationEvent, Outcome, RefusalCode } from "./effect.ts";
import { type Fault, isFault } from "./fault.ts";
import { type ContextId, type DeltaId, toHex } from "./ids.ts";
import type { Json } from "./json.ts";
import type { Governance } from "./members/governance.ts";
import { mayWrite } from "./members/permission.ts";
import type { Replica } from "./replica.ts";
import type { Services } from "./services.ts";
import type { Action } from "./state/action.ts";
import type { Turn } from "./turn.ts";

/** Makes a delta of this and applies it, or says why it cannot be one. */
export type Write = (
  content: CausalDelta["content"],
  events: readonly ApplicationEvent[],
  turn: Turn,
) => CausalDelta | Fault;

export class Calls {
  readonly #replica: Replica;
  readonly #services: Services;
  readonly #write: Write;

  constructor(replica: Replica, services: Services, write: Write) {
    this.#replica = replica;
    this.#services = services;
    this.#write = write;
  }

  /** Runs a method; a write becomes a delta on the current heads, which is applied and published. */
  execute(call: CallRequest, turn: Turn, cause: Cause = clientCause): Outcome {
    const execution = this.#run(call, this.caller(this.#services.author.timeMs(turn), cause));
    return this.#complete(execution, "operations", turn);
  }

  /** Runs a handler for an event of an applied delta; a write becomes a delta of a kind that runs no handlers. */
  runHandler(request: HandlerRequest, turn: Turn): Outcome {
    const caller = this.caller(this.#services.author.timeMs(turn), handlerCause);
    const execution = this.#withApplication((application) =>
      executeHandler(application, draftsOn(this.states, caller), { request, caller }),
    );
    return this.#complete(execution, "handler", turn);
  }

  /** Writes what is the node's own and no application's, as one delta. */
  record(actions: readonly Action[], output: Json, turn: Turn): Outcome {
    const { isInitialized, contextId } = this.#replica;
    if (!isInitialized) return uninitialized(contextId);
    const ran = { kind: "ran", output, actions, ownActions: [], events: [], calls: [] } as const;
    return this.#complete(ran, "operations", turn);
  }

  /** What a method would answer at this time. Whatever it would write is dropped. */
  query(call: CallRequest, timeMs: number): Execution {
    return this.#run(call, this.caller(timeMs, clientCause));
  }

  /** What calls read and write. */
  get states(): States {
    return { state: this.#replica.state, own: this.#replica.private.store };
  }

  /** This node as a caller, at this time and on the heads there are. */
  caller(timeMs: number, cause: Cause): Caller {
    const { author, identity, codec } = this.#services;
    const replica = this.#replica;
    return {
      author: identity.author,
      incarnation: author.incarnation,
      crypto: codec.crypto,
      writersOf: (held) => replica.writersOf(held),
      timeMs,
      contextId: replica.contextId,
      heads: replica.heads(),
      cause,
    };
  }

  #run(call: CallRequest, caller: Caller): Execution {
    return this.#withApplication((application) => execute(application, this.states, { ...call, caller }));
  }

  #withApplication(run: (application: Application) => Execution): Execution {
    const { isInitialized, contextId, application: name } = this.#replica;
    if (!isInitialized) return uninitialized(contextId);
    const application = this.#services.applications.get(name);
    if (application === undefined)
      return refused("application-not-installed", `no application named "${name}"`);
    const execution = run(application);
    this.#services.store.check();
    return execution;
  }

  #complete(execution: Execution, kind: "operations" | "handler", turn: Turn): Outcome {
    if (execution.kind === "refused") return execution;
    const { output, actions, events, calls } = execution;
    const { contextId, private: own, owed } = this.#replica;
    const kept = own.checked(execution.ownActions);
    if (isFault(kept)) return refusedToKeep(kept);
    let written: DeltaId | null = null;
    // What a handler would write is left to members who may: they received the event, too.
    const isLeft = kind === "handler" && !mayWrite(this.#replica.governance.ownRole);
    if (!isLeft && (actions.length > 0 || events.length > 0)) {
      const delta = this.#write({ kind, actions }, events, turn);
      if (isFault(delta)) return this.#refusedToWrite(delta);
      turn.observe("delta-authored", { contextId });
      written = delta.id;
    }
    own.write(kept.actions, turn);
    for (const call of calls) owed.add({ kind: "call", ...call }, turn);
    return { kind: "executed", output, written };
  }

  #refusedToWrite(mistake: Fault): Outcome {
    if (mistake.code !== "not-permitted") return refusedToKeep(mistake);
    return refused("not-permitted", whyNot(this.#replica.governance));
  }
}

function uninitialized(contextId: ContextId) {
  return refused("uninitialized", `the genesis of context ${toHex(contextId)} has not arrived yet`);
}

/** Why this node's role does not let it write. */
function whyNot({ ownRole, comingIn }: Governance): string {
  if (ownRole !== null) return "this node only reads the context";
  if (comingIn.invitation !== null)
    return "this node has not come into the context yet: it has to meet a member first";
  return "this node is no member of the context";
}

function refusedToKeep({ code, detail }: Fault) {
  return refused(code === "too-large" ? "too-large" : "bad-arguments", `cannot be stored: ${detail}`);
}

function refused(code: RefusalCode, message: string) {
  return { kind: "refused", code, message } as const;
}
