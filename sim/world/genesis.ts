/** Before time 0: every initial member durably holds the genesis of its contexts. Made by production nodes, offline. */

import { present } from "../../core/assert.ts";
import type { ContextId, DeltaId } from "../../core/ids.ts";
import type { ClientCall } from "../../core/input.ts";
import { storeKeys } from "../../core/store-keys.ts";
import type { Plan } from "../plan/plan.ts";
import type { SimNode } from "./sim-node.ts";

/** Has the first member of each context create it and the others join it; gives the contexts' ids by their names. */
export function createContexts(plan: Plan, nodes: readonly SimNode[]): ReadonlyMap<string, ContextId> {
  const ids = new Map<string, ContextId>();
  for (const context of plan.contexts) {
    const [creator, ...others] = context.members.map((member) =>
      present(nodes[member], "a member of a context"),
    );
    if (creator === undefined) continue;
    const named = [...context.members.slice(1), ...joiningLater(plan, context.id)];
    const members = named.map((node) => ({
      author: present(nodes[node], "a member of a context").author,
      role: "member" as const,
    }));
    const { application } = context;
    const contextId = offline(creator, { kind: "create-context", application, members });
    const genesis = present(creator.disk.get(storeKeys.delta(contextId as string as DeltaId)), "a genesis");
    for (const other of others) offline(other, { kind: "join-context", contextId, genesis });
    ids.set(context.id, contextId);
  }
  return ids;
}

/** Runs one call on a node that starts and stops for it; all it commits is durable. */
function offline(node: SimNode, call: ClientCall): ContextId {
  node.boot();
  const outcomes = [{ kind: "start" } as const, { kind: "request", request: 0, call } as const].flatMap(
    (input) => {
      const effects = node.handle(input, 0);
      for (const effect of effects) if (effect.kind === "commit") node.disk.append(effect);
      return effects.flatMap((effect) => (effect.kind === "reply" ? [effect.outcome] : []));
    },
  );
  node.crash("keep", 0);
  const outcome = present(outcomes[0], "an answer");
  if (outcome.kind === "context") return outcome.contextId;
  throw new Error(
    outcome.kind === "refused" ? outcome.message : "a context's creation was answered with something else",
  );
}

/** Those who come later are members from the start, too: what they wait for is only to be there. */
function joiningLater({ faults }: Plan, id: string): readonly number[] {
  return faults.flatMap((fault) => (fault.kind === "join" && fault.contexts.includes(id) ? fault.nodes : []));
}
