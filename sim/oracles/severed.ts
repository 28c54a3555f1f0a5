/**
 * Replicas that need not come to what others stand on, because the past closes: docs/decisions/0034-collecting.md. All
 * others must.
 *
 *   1. One that is astray: it has what the past closed without, so nobody takes what is above that.
 *   2. One that holds a delta for the word of members of whom none is here to give it.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import { deriveStamp } from "../../core/hlc.ts";
import type { AuthorId } from "../../core/ids.ts";
import { mayWrite } from "../../core/members/permission.ts";
import type { Replica } from "../../core/replica.ts";

/** Of the replicas of a context in one part of a network, by their authors, those that are neither. */
export function unsevered(replicas: ReadonlyMap<AuthorId, Replica>): readonly Replica[] {
  const sound = Array.from(replicas).filter(([, replica]) => !isAstray(replica));
  const writing = sound.filter(([, { governance }]) => mayWrite(governance.ownRole));
  const writers = new Set(writing.map(([author]) => author));
  const isSevered = (replica: Replica) =>
    replica.deltas.pending.held().some((delta) => waitsForNobodyHere(delta, replica, writers));
  return sound.flatMap(([, replica]) => (isSevered(replica) ? [] : [replica]));
}

export function isAstray({ closing }: Replica): boolean {
  return closing.checkpoints.closed.isAstray;
}

function waitsForNobodyHere(
  delta: CausalDelta,
  { closing, deltas: { graph, pending } }: Replica,
  writers: ReadonlySet<AuthorId>,
): boolean {
  const times = graph.positionsOf(delta.parents).map((position) => graph.at(position).at);
  const { at } = deriveStamp(times, delta.hlc);
  const timeliness = closing.checkpoints.closed.timelinessOf(delta.author, () => at);
  if (timeliness.kind !== "held") return false;
  const heard = new Set([...writers, ...pending.authorsAbove(delta.id)]);
  return !timeliness.isVouchedFor(heard);
}
