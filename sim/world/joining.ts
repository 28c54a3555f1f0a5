/** Who is to be in which context, and how nodes join: as whoever runs them would ask for it. */

import { present } from "../../core/assert.ts";
import type { ContextId } from "../../core/ids.ts";
import type { Plan } from "../plan/plan.ts";
import type { SimNode } from "./sim-node.ts";
import type { World } from "./world.ts";

/** Joining is asked for like by any client, under request ids of its own. */
export const joinRequest = "join";

/** Of each context, the nodes that are in it from the beginning or join it as a fault of the plan has it. */
export function joinersOf(
  { contexts, faults }: Plan,
  contextIds: ReadonlyMap<string, ContextId>,
): ReadonlyMap<ContextId, ReadonlySet<number>> {
  return new Map(
    contexts.map(({ id, members }) => {
      const later = faults.flatMap((fault) =>
        fault.kind === "join" && fault.contexts.includes(id) ? fault.nodes : [],
      );
      return [present(contextIds.get(id), "a context"), new Set([...members, ...later])];
    }),
  );
}

/**
 * Starts a node again. Whoever runs it asks again for what it is to join: where the disk is another than its last, all;
 * else what was lost as it went down, for it was never durable.
 */
export function restart(world: World, node: SimNode, asking: "all" | "lost"): void {
  world.boot(node);
  const contexts = contextsOf(world, node);
  const lost = contexts.filter((contextId) => isLacking(world, node, contextId));
  joinContexts(world, node, asking === "all" ? contexts : lost);
}

/** The contexts that a node is in by the plan. */
function contextsOf({ joiners }: World, { index }: SimNode): readonly ContextId[] {
  return Array.from(joiners).flatMap(([contextId, nodes]) => (nodes.has(index) ? [contextId] : []));
}

/** Has it nothing of a context now, though it runs, or soon will again, and is to agree with the others in the end? */
export function isLacking(world: World, node: SimNode, contextId: ContextId): boolean {
  const isMember = world.joiners.get(contextId)?.has(node.index) === true;
  const hasNothing = node.isReviving || node.core?.replicas().has(contextId) === false;
  return isMember && hasNothing && world.isJudgedIn(node, contextId);
}

export function joinContexts(world: World, node: SimNode, contexts: readonly ContextId[]): void {
  for (const contextId of contexts) {
    const call = { kind: "join-context", contextId } as const;
    world.deliver(node.index, { kind: "request", request: joinRequest, call });
  }
}
