/**
 * Whether a state at a peer's cut may be taken over, where one of the two has closed the past further than the other: what
 * the one has collected, the other may still hold. docs/decisions/0034-collecting.md.
 *
 *   1. A history with deltas that come too late here is not taken, nor one with deltas that would be held.
 *   2. Where it has deltas up to a line that may be drawn with it, a deletion may have come and gone between the two: then
 *      all of the peer's state is needed, and of what is here only what came after all that the peer knows of it.
 *   3. Where the peer has not drawn the line that was drawn here, what it says up to that line is known here better, and
 *      left out.
 */

import { present } from "../assert.ts";
import type { CausalDelta } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import type { Timeliness } from "../delta-store/delta-store.ts";
import { compareHlc, deriveStamp, earliestHlc, type Hlc, laterHlc, latestHlc, precede } from "../hlc.ts";
import type { AuthorId, DeltaId } from "../ids.ts";
import type { Entity } from "../state/entity.ts";
import { kindCodes, type PastDelta } from "../wire/delta-head.ts";
import type { Closed } from "./closed.ts";

/** Of a peer's cut. */
export interface OfferedCut {
  readonly heads: readonly DeltaId[];
  /** What of it was not known here, in causal order. */
  readonly history: readonly PastDelta[];
  /** Is all of its state there, and not only what differs? */
  readonly isWhole: boolean;
}

/** What a state at a peer's cut has that a replica lacks. */
export interface VerifiedCut extends OfferedCut {
  readonly entities: readonly Entity[];
  /** Of the history, what is there whole: at least the deltas that change who is a member. */
  readonly bodies: ReadonlyMap<DeltaId, CausalDelta>;
  /** Entities that were joined into what takes the place of the state. */
  readonly madeOf?: number;
}

/** Of two states that become one, what of each is joined: what came after a time, as far as it is collected; null: all. */
export interface Sieve {
  readonly received: Hlc | null;
  readonly kept: Hlc | null;
}

export type Judgement =
  /** Not to be taken over as the past stands here. */
  | { readonly kind: "untimely" }
  /** Only with all of the peer's state. */
  | { readonly kind: "needs-whole" }
  | { readonly kind: "timely"; readonly sieve: Sieve };

/** O(history, and what of the graph is not of the cut). */
export function judgeTakingOver(cut: OfferedCut, graph: Graph, closed: Closed): Judgement {
  const history = cut.history.filter(({ id }) => !graph.has(id));
  const times = timesOf(history, graph);
  if (!arriveInTime(history, times, closed)) return untimely;
  const own = outside(cut, graph);
  const isBehind = !closed.isDrawnFor((position) => !own.has(graph.at(position).id));
  const furthest = history
    .flatMap(({ id, head }) =>
      head.kindCode === kindCodes.checkpoint ? [closed.lineFrom(timeIn(times, id))] : [],
    )
    .reduce(laterHlc, closed.lineToCome);
  // Where nothing is, nothing can be left over.
  const mayHaveMissed =
    furthest !== null &&
    graph.count > 1 &&
    history.some(({ id }) => compareHlc(timeIn(times, id), furthest) <= 0);
  if (!mayHaveMissed) return timely({ received: isBehind ? closed.line : null, kept: null });
  if (isBehind) return untimely;
  return cut.isWhole ? timely({ received: null, kept: beforeAll(own, graph) }) : needsWhole;
}

const untimely: Judgement = Object.freeze({ kind: "untimely" });
const needsWhole: Judgement = Object.freeze({ kind: "needs-whole" });

function timely(sieve: Sieve): Judgement {
  return { kind: "timely", sieve: Object.freeze(sieve) };
}

/** Just below the earliest of some applied deltas. */
function beforeAll(ids: ReadonlySet<DeltaId>, graph: Graph): Hlc {
  const times = Array.from(ids, (id) => timeIn(noTimes, id, graph));
  return times.length === 0 ? latestHlc : precede(times.reduce((least, time) => earliestHlc(least, time)));
}

const noTimes: ReadonlyMap<DeltaId, Hlc> = new Map();

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

type Held = Extract<Timeliness, { readonly kind: "held" }>;

/** Nothing of it comes too late, and what is held lies below a delta of one whose word it takes. */
function arriveInTime(
  history: readonly PastDelta[],
  times: ReadonlyMap<DeltaId, Hlc>,
  closed: Closed,
): boolean {
  const held = new Map<DeltaId, Held>();
  for (const { id, head } of history) {
    const timeliness = closed.timelinessOf(head.author, () => timeIn(times, id));
    if (timeliness.kind === "fault") return false;
    if (timeliness.kind === "held") held.set(id, timeliness);
  }
  return held.size === 0 || areVouchedFor(held, history);
}

/** From the newest down: of each the authors of what is above it. */
function areVouchedFor(held: ReadonlyMap<DeltaId, Held>, history: readonly PastDelta[]): boolean {
  const authorsAbove = new Map<DeltaId, Set<AuthorId>>();
  for (const { id, head } of history.toReversed()) {
    const above = authorsAbove.get(id) ?? new Set();
    if (held.get(id)?.isVouchedFor(above) === false) return false;
    for (const parent of head.parents) {
      const aboveParent = authorsAbove.get(parent) ?? new Set();
      for (const author of [...above, head.author]) aboveParent.add(author);
      authorsAbove.set(parent, aboveParent);
    }
  }
  return true;
}
