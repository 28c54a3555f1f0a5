/**
 * How many contexts a node takes. Each is a gossip topic, and a node with more of them than its peers' limits
 * allow would say so many at once that they end its gossip stream, and it would hear nothing any more.
 */

import { topicsMax } from "../adapters/libp2p/gossip-options.ts";
import type { Outcome } from "../core/effect.ts";
import type { ContextId } from "../core/ids.ts";
import type { ClientCall } from "../core/input.ts";

/** Contexts of one node. */
export const contextsMax = topicsMax;

/** The same calls, but none that would bring another context when there are `contextsMax`, those under way included. */
export function limitContexts(
  perform: (call: ClientCall) => Promise<Outcome>,
  contexts: { readonly size: number; has(contextId: ContextId): boolean },
): (call: ClientCall) => Promise<Outcome> {
  let underWay = 0;
  return async (call) => {
    const isMore =
      call.kind === "create-context" || (call.kind === "join-context" && !contexts.has(call.contextId));
    if (!isMore) return await perform(call);
    if (contexts.size + underWay >= contextsMax) return refusal;
    underWay += 1;
    try {
      return await perform(call);
    } finally {
      underWay -= 1;
    }
  };
}

const refusal: Outcome = {
  kind: "refused",
  code: "too-large",
  message: `this node has ${contextsMax} contexts, and no node takes more, as its peers' gossip would not: put the context on another node`,
};
