/** What sessions recall of the past that both sides have in common, and what they leave of it for the next. */

import type { Replica } from "../replica.ts";
import type { Turn } from "../turn.ts";
import { type Frontiers, frontierBetween } from "./frontiers.ts";
import type { SessionMemory } from "./session.ts";

interface PastParts {
  readonly frontiers: Frontiers;
  readonly replica: Replica;
  readonly turn: Turn;
}

/** Recalls the frontiers of which all is applied here. */
export function recallPast(session: SessionMemory, { frontiers, replica, turn }: PastParts): void {
  const { contextId, deltas } = replica;
  const remembered = frontiers.of({ contextId, peer: session.peer }, turn);
  session.frontiers = remembered.frontiers.filter(({ ids }) => ids.every((id) => deltas.graph.has(id)));
  session.givenBefore = remembered.given;
}

/** What a session shows both to have in common is remembered; what it shows not to be so is forgotten. */
export function concludePast(
  session: SessionMemory,
  isCompleted: boolean,
  { frontiers, replica, turn }: PastParts,
): void {
  const { ours, theirs, peer } = session;
  if (ours === null || theirs === null) return;
  const { graph } = replica.deltas;
  const pair = { contextId: replica.contextId, peer };
  const isWhole = isCompleted && session.stateNeeded === "nowhere";
  const ids = isWhole ? frontierBetween(ours, theirs) : null;
  if (session.lacksParents || ids?.some((id) => !replica.deltas.holds(id))) {
    frontiers.forget(pair, turn);
  } else if (ids?.every((id) => graph.has(id))) {
    frontiers.remember(pair, { ids, count: graph.count }, turn);
  } else if (session.given.size > 0) {
    frontiers.rememberGiven(pair, Array.from(session.given), turn);
  }
}
