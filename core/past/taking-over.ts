/**
 * Whether a state at a peer's cut may be taken over, where one of the two has closed the past further than the other: what
 * the one has collected, the other may still hold. docs/decisions/0031-collecting.md.
 *
 *   1. A history with deltas that come too late here is not taken, nor one with deltas that would be held.
 *   2. Where it has deltas up to a line that may be drawn with it, a deletion may have come and gone between the two: then
 *      nothing of that time here is to be kept, and all of the peer's state is needed (`needsWhole`).
 *   3. Where the peer has not drawn the line that was drawn here, what it says up to that line is known here better
 *      (`isBehind`).
 */

import { present } from "../assert.ts";
import type { CausalDelta } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import { compareHlc, deriveStamp, earliestHlc, type Hlc, laterHlc, precede } from "../hlc.ts";
import type { AuthorId, DeltaId } from "../ids.ts";
import type { Entity } from "../state/entity.ts";
import { kindCodes, type PastDelta } from "../wire/delta-head.ts";
import type { Closed } from "./closed.ts";

/** Of a peer's cut. */
export interface OfferedCut {
  readonly heads: readonly DeltaId[];
  /** What of it is not known here, in causal order. */
  readonly history: readonly PastDelta[];
}

/** What a state at a peer's cut has that a replica lacks. */
export interface VerifiedCut extends OfferedCut {
  readonly entities: readonly Entity[];
  /** Are these all of the state, and not only what differs? */
  readonly isWhole: boolean;
  /** Of the history, the deltas that change who is a member. */
  readonly changes: ReadonlyMap<DeltaId, CausalDelta>;
}

export interface TakingOver {
  /** May it be taken over now? */
  readonly isTimely: boolean;
  readonly needsWhole: boolean;
  readonly isBehind: boolean;
  /** Just below the earliest delta here that is not of the cut; null where there is none. */
  readonly beforeOwn: Hlc | null;
}

/** O(history, and what of the graph is not of the cut). */
export function judgeTakingOver(cut: OfferedCut, graph: Graph, closed: Closed): TakingOver {
  const times = timesOf(cut.history, graph);
  const own = outside(cut, graph);
  const ends = cut.history.flatMap(({ id, head }) =>
    head.kindCode === kindCodes.checkpoint ? [closed.lineFrom(timeIn(times, id))] : [],
  );
  const furthest = [closed.lineToCome, ...ends].reduce(laterHlc, null);
  const isBehind = closed.drawnBy.some((position) => own.has(graph.at(position).id));
  // Where nothing is, nothing can be left over.
  const needsWhole =
    furthest !== null &&
    graph.count > 1 &&
    cut.history.some(({ id }) => compareHlc(timeIn(times, id), furthest) <= 0);
  const earliest = Array.from(own, (id) => timeIn(times, id, graph)).reduce<Hlc | null>(
    (least, time) => earliestHlc(time, least),
    null,
  );
  return {
    isTimely: arriveInTime(cut, times, closed) && !(needsWhole && isBehind),
    needsWhole,
    isBehind,
    beforeOwn: earliest === null ? null : precede(earliest),
  };
}

/** The derived times of what is not known here. */
function timesOf(history: readonly PastDelta[], graph: Graph): ReadonlyMap<DeltaId, Hlc> {
  const times = new Map<DeltaId, Hlc>();
  for (const { id, head } of history) {
    const above = head.parents.map((parent) => timeIn(times, parent, graph));
    times.set(id, deriveStamp(above, head.hlc).at);
  }
  return times;
}

function timeIn(times: ReadonlyMap<DeltaId, Hlc>, id: DeltaId, graph?: Graph): Hlc {
  return present(times.get(id) ?? graph?.get(id)?.at, "the time of a delta");
}

/** Deltas here that are not of the cut. */
function outside({ heads, history }: OfferedCut, graph: Graph): ReadonlySet<DeltaId> {
  const parents = history.flatMap(({ head }) => head.parents);
  return new Set(graph.since([...heads, ...parents]));
}

/** Nothing of it comes too late, and what is held lies below a delta of one whose word it takes. */
function arriveInTime({ history }: OfferedCut, times: ReadonlyMap<DeltaId, Hlc>, closed: Closed): boolean {
  const held = new Map<DeltaId, readonly ReadonlySet<AuthorId>[]>();
  for (const { id, head } of history) {
    const timeliness = closed.timelinessOf(head.author, () => timeIn(times, id));
    if (timeliness.kind === "fault") return false;
    if (timeliness.kind === "held") held.set(id, timeliness.vouchers);
  }
  return held.size === 0 || areVouchedFor(held, history);
}

/** From the newest down: of each the authors of what is above it. */
function areVouchedFor(
  held: ReadonlyMap<DeltaId, readonly ReadonlySet<AuthorId>[]>,
  history: readonly PastDelta[],
): boolean {
  const authorsAbove = new Map<DeltaId, Set<AuthorId>>();
  for (const { id, head } of history.toReversed()) {
    const above = authorsAbove.get(id) ?? new Set();
    const needed = held.get(id) ?? [];
    if (!needed.every((vouchers) => Array.from(above).some((author) => vouchers.has(author)))) return false;
    for (const parent of head.parents) {
      const aboveParent = authorsAbove.get(parent) ?? new Set();
      for (const author of [...above, head.author]) aboveParent.add(author);
      authorsAbove.set(parent, aboveParent);
    }
  }
  return true;
}
