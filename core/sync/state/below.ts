/** Deltas that a peer lacks and of which this node has no bodies: they lie below its horizon. */

import type { DeltaId } from "../../ids.ts";
import { headsMax } from "../../limits.ts";
import type { Replica } from "../../replica.ts";

export interface Parted {
  /** With bodies, in causal order. */
  readonly sendable: readonly DeltaId[];
  /** Without: of those the newest, such that whoever has them has the others; not more than a message names. */
  readonly below: readonly DeltaId[];
}

/** Parts deltas in causal order. O(them and their parents). */
export function partByHorizon(outgoing: readonly DeltaId[], { deltas }: Replica): Parted {
  const sendable: DeltaId[] = [];
  const below = new Set<DeltaId>();
  for (const id of outgoing) {
    if (deltas.hasBody(id)) {
      sendable.push(id);
      continue;
    }
    for (const parent of deltas.graph.get(id)?.parents ?? []) below.delete(deltas.graph.at(parent).id);
    below.add(id);
  }
  return { sendable, below: Array.from(below).slice(-headsMax) };
}
