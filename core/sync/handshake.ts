/** "This is where I stand": what opens a session on both sides, and what follows from the other's. */

import { areSameHeads } from "../dag/heads.ts";
import type { DeltaId } from "../ids.ts";
import { hlcMsMax } from "../limits.ts";
import type { Replica } from "../replica.ts";
import type { Turn } from "../turn.ts";
import type { Handshake } from "../wire/sync-message.ts";

/** Enough to bound what is common to within a quarter in a history of any length. */
const sampleMax = 96;

export function createHandshake(replica: Replica, turn: Turn): Handshake {
  return {
    kind: "handshake",
    contextId: replica.contextId,
    ...replica.standing(),
    sample: replica.deltas.graph.sample(sampleMax),
    stateRoot: replica.stateRoot(),
    appliedCount: replica.deltas.graph.count,
    entityCount: replica.state.storedCount,
    wallMs: Math.min(hlcMsMax, Math.max(0, Math.floor(turn.now.wallMs))),
  };
}

/** Do both stand on the same heads? */
export function agrees(replica: Replica, theirs: Handshake): boolean {
  return areSameHeads(replica.standing(), theirs);
}

/** Does the other have heads this node has never been given? */
export function isAhead(replica: Replica, theirs: Handshake): boolean {
  return theirs.headCount > theirs.heads.length || theirs.heads.some((head) => !replica.deltas.holds(head));
}

/** What the other lacks, in causal order: all that is not below its heads and sample, as far as known here. */
export function whatTheyLack(replica: Replica, theirs: Handshake): readonly DeltaId[] {
  return replica.deltas.graph.since([...theirs.heads, ...theirs.sample]);
}
