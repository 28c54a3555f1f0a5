/**
 * A part of a delta graph as lines, the latest delta first, in the manner of `git log --graph`: a column for each
 * branch, `╮` where a merge's other parents set out, `╯` where branches come back to the delta they began with.
 *
 * Source: the lanes of Git's graph.c, here with one line a delta.
 */

import type { GraphDelta } from "../pane-views.ts";
import { cutLine, type Line, printable, type Span, span } from "../text.ts";

const lanesMax = 12;

/** Children before parents in `deltas`, each a line. O(deltas × lanes). */
export function drawGraph(deltas: readonly GraphDelta[], columns: number): readonly Line[] {
  const known = new Set(deltas.map(({ id }) => id));
  /** By lane: the delta it leads down to. */
  let lanes: (string | null)[] = [];
  return deltas.map((delta) => {
    const waiting = lanes.flatMap((id, lane) => (id === delta.id ? [lane] : []));
    const own = waiting[0] ?? firstFree(lanes);
    const [first, ...others] = delta.parents.filter((parent) => known.has(parent));
    const next = lanes.map((id) => (id === delta.id ? null : id));
    next[own] = first ?? null;
    const opened = others.flatMap((parent) => {
      if (next.includes(parent)) return [next.indexOf(parent)];
      const lane = firstFree(next);
      next[lane] = parent;
      return [lane];
    });
    const closed = waiting.slice(1);
    const line = drawLanes({ lanes, own, opened, closed, isHead: delta.isHead });
    lanes = trimmed(next);
    const text = [span(` ${delta.id}`, delta.isHead ? "bold" : "warning"), span(` ${printable(delta.text)}`)];
    return cutLine([...line, ...text], columns);
  });
}

interface Lanes {
  readonly lanes: readonly (string | null)[];
  readonly own: number;
  readonly opened: readonly number[];
  readonly closed: readonly number[];
  readonly isHead: boolean;
}

function drawLanes({ lanes, own, opened, closed, isHead }: Lanes): readonly Span[] {
  const turning = [...opened, ...closed];
  const [from, until] = [Math.min(own, ...turning), Math.max(own, ...turning)];
  const width = Math.min(lanesMax, Math.max(lanes.length, until + 1));
  let text = "";
  for (let lane = 0; lane < width; lane += 1) {
    const isBetween = lane >= from && lane < until;
    const was = lanes[lane] != null;
    text += laneGlyph({
      isOwn: lane === own,
      isHead,
      isOpened: opened.includes(lane),
      isClosed: closed.includes(lane),
      isCrossed: lane > from && lane < until,
      isLeft: lane < own,
      was,
    });
    text += isBetween ? "─" : " ";
  }
  return [span(text, "wall")];
}

function laneGlyph(about: {
  readonly isOwn: boolean;
  readonly isHead: boolean;
  readonly isOpened: boolean;
  readonly isClosed: boolean;
  readonly isCrossed: boolean;
  readonly isLeft: boolean;
  readonly was: boolean;
}): string {
  const { isOwn, isHead, isOpened, isClosed, isCrossed, isLeft, was } = about;
  if (isOwn) return isHead ? "◉" : "●";
  if (isClosed) return isOpened ? (isLeft ? "├" : "┤") : isLeft ? "╰" : isCrossed ? "┴" : "╯";
  if (isOpened) return was ? (isLeft ? "├" : "┤") : isLeft ? "╭" : isCrossed ? "┬" : "╮";
  if (isCrossed) return was ? "┼" : "─";
  return was ? "│" : " ";
}

function firstFree(lanes: readonly (string | null)[]): number {
  const free = lanes.indexOf(null);
  return free === -1 ? lanes.length : free;
}

function trimmed(lanes: readonly (string | null)[]): (string | null)[] {
  const last = lanes.findLastIndex((id) => id !== null);
  return Array.from({ length: last + 1 }, (_, lane) => lanes[lane] ?? null);
}
