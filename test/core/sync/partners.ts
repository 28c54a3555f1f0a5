// Two nodes that each know some of a history with all that lies below.

import * as fc from "fast-check";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { DeltaId } from "../../../core/ids.ts";
import { trustingCodec } from "../authors.ts";
import { LoneNode, type LoneNodeOptions } from "../lone-node.ts";
import { type Written, writtenHistories } from "../node/written-history.ts";

export const sides = [0, 1] as const;

export function nodeWith(
  name: string,
  { genesis }: Pick<Written, "genesis">,
  deltas: readonly CausalDelta[],
  options: LoneNodeOptions = {},
): LoneNode {
  const node = new LoneNode(name, { codec: trustingCodec, ...options });
  node.call({ kind: "join-context", contextId: genesis.contextId, genesis: genesis.sealed });
  learn(node, deltas);
  return node;
}

/** Has it hear of deltas from someone else. */
export function learn(node: LoneNode, deltas: readonly CausalDelta[]): void {
  for (const { contextId, sealed } of deltas) node.gossip("someone", contextId, sealed);
}

/** Two nodes that each know some of a history with all that lies below. */
export const partners = fc
  .tuple(writtenHistories(40), fc.array(fc.tuple(fc.nat(), fc.nat(2)), { maxLength: 12 }))
  .map(([written, draws]) => {
    const known = [new Set<DeltaId>(), new Set<DeltaId>()] as const;
    const byId = new Map(written.deltas.map((delta) => [delta.id, delta]));
    const reach = (set: Set<DeltaId>, id: DeltaId): void => {
      if (set.has(id)) return;
      set.add(id);
      for (const parent of byId.get(id)?.parents ?? []) reach(set, parent);
    };
    for (const [draw, who] of draws) {
      const { id } = written.deltas[draw % written.deltas.length] as CausalDelta;
      for (const side of sides) if (who === side || who === 2) reach(known[side], id);
    }
    return { written, known };
  });
