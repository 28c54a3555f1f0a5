// Two nodes and what one tells the other: for tests of work that receivers owe.

import type { Application } from "../../../core/app/application.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { Effect } from "../../../core/effect.ts";
import type { ContextId, DeltaId } from "../../../core/ids.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import { opened } from "../authors.ts";
import { LoneNode, type LoneNodeOptions, only } from "../lone-node.ts";

export interface Told {
  readonly ann: LoneNode;
  readonly bob: LoneNode;
  readonly contextId: ContextId;
  /** Ann calls a method; gives the delta that came of it, which bob has not heard of. */
  readonly annCalls: (method: string, args?: JsonObject) => CausalDelta;
  /** Ann calls a method, and bob hears of it; all that bob did at once. */
  readonly tell: (method: string, args?: JsonObject) => readonly Effect[];
}

/** Ann made a context of the application and bob keeps it, as he would with these options. */
export function annAndBob(application: Application, options: LoneNodeOptions = {}): Told {
  const applications = [application];
  const ann = new LoneNode("ann", { applications });
  const bob = new LoneNode("bob", { applications, ...options });
  const contextId = ann.create(application.name);
  join(bob, ann, contextId);
  const annCalls = (method: string, args: JsonObject = {}) => {
    const call = { kind: "execute", contextId, method, args } as const;
    const effects = ann.give({ kind: "request", request: 1, call });
    const [published] = only(effects, "publish");
    if (published === undefined) throw new Error(JSON.stringify(only(effects, "reply")[0]?.outcome));
    return opened(published.message);
  };
  const tell = (method: string, args?: JsonObject) =>
    bob.gossip("ann", contextId, annCalls(method, args).sealed);
  return { ann, bob, contextId, annCalls, tell };
}

/** The other keeps a context that one has. */
export function join(other: LoneNode, one: LoneNode, contextId: ContextId): void {
  const genesis = one.disk.get(`d${contextId as string as DeltaId}`);
  if (genesis === undefined) throw new Error("no genesis");
  other.call({ kind: "join-context", contextId, genesis });
}

/** The deltas it published, opened. */
export function published(effects: readonly Effect[]): readonly CausalDelta[] {
  return only(effects, "publish").map(({ message }) => opened(message));
}

/** What a view of it answers; a refusal's message where it does not. */
export function look(node: LoneNode, contextId: ContextId, view: string, args: JsonObject = {}): Json {
  const outcome = node.execute(contextId, view, args);
  if (outcome.kind === "executed") return outcome.output;
  return outcome.kind === "refused" ? outcome.message : outcome.kind;
}
