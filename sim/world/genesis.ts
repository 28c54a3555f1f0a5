/** Before time 0: every initial member durably holds the genesis of its contexts. Made by production nodes, offline. */

import { present } from "../../core/assert.ts";
import type { Outcome } from "../../core/effect.ts";
import type { ContextId, DeltaId } from "../../core/ids.ts";
import type { ClientCall, Input } from "../../core/input.ts";
import { storeKeys } from "../../core/store-keys.ts";
import type { Plan } from "../plan/plan.ts";
import type { SimNode } from "./sim-node.ts";

/** Has the first member of each context create it and the others join it; gives the contexts' ids by their names. */
export function createContexts(plan: Plan, nodes: readonly SimNode[]): ReadonlyMap<string, ContextId> {
  const ids = new Map<string, ContextId>();
  const offline = new Offline(nodes);
  for (const context of plan.contexts) {
    const [creator, ...others] = context.members;
    if (creator === undefined) continue;
    const members = [...others, ...joiningLater(plan, context.id)].map((member) => ({
      author: offline.node(member).author,
      role: "member" as const,
    }));
    const { application } = context;
    const contextId = offline.call(creator, { kind: "create-context", application, members });
    const stored = offline.node(creator).disk.get(storeKeys.delta(contextId as string as DeltaId));
    const genesis = present(stored, "a genesis");
    for (const other of others) offline.call(other, { kind: "join-context", contextId, genesis });
    ids.set(context.id, contextId);
  }
  offline.end();
  return ids;
}

/** Nodes that run for some calls, each from its first one on; all they commit is durable. */
class Offline {
  readonly #nodes: readonly SimNode[];
  readonly #running = new Set<SimNode>();

  constructor(nodes: readonly SimNode[]) {
    this.#nodes = nodes;
  }

  node(number: number): SimNode {
    return present(this.#nodes[number], "a member of a context");
  }

  call(number: number, call: ClientCall): ContextId {
    const node = this.node(number);
    if (!this.#running.has(node)) {
      this.#running.add(node);
      node.boot();
      this.#give(node, { kind: "start" });
    }
    const [outcome] = this.#give(node, { kind: "request", request: 0, call });
    if (outcome?.kind === "context") return outcome.contextId;
    throw new Error(
      outcome?.kind === "refused" ? outcome.message : "a context's creation was answered with something else",
    );
  }

  end(): void {
    for (const node of this.#running) node.crash("keep", 0);
  }

  #give(node: SimNode, input: Input): readonly Outcome[] {
    const effects = node.handle(input, 0);
    for (const effect of effects) if (effect.kind === "commit") node.disk.append(effect);
    return effects.flatMap((effect) => (effect.kind === "reply" ? [effect.outcome] : []));
  }
}

/** Those who come later are members from the start, too: what they wait for is only to be there. */
function joiningLater({ faults }: Plan, id: string): readonly number[] {
  return faults.flatMap((fault) => (fault.kind === "join" && fault.contexts.includes(id) ? fault.nodes : []));
}
