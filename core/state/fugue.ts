/**
 * The order of a sequence: Fugue (Weidner & Kleppmann, "The Art of the Fugue: Minimizing Interleaving in
 * Collaborative Text Editing", 2023). Items are nodes of a tree; the document is its in-order traversal: left
 * children, the item, right children, siblings by name. Within a run each item is the first right child of the one
 * before it. A run whose parent is unknown is left out until that arrives, so the order depends on the runs alone.
 */

import type { Json } from "../json.ts";
import type { EntityOf } from "./entity.ts";
import { compareMoments, type Moment } from "./moment.ts";
import type { Insertion, Range, Side } from "./types/run.ts";

/** One item in document order, deleted ones included. */
export interface Placed {
  readonly run: string;
  readonly offset: number;
  readonly item: Json;
  readonly isVisible: boolean;
  /** Does anything hang under its right side? */
  readonly hasRight: boolean;
}

/** Where an insertion hangs. */
export interface Place {
  readonly parent: { readonly run: string; readonly offset: number } | null;
  readonly side: Side;
}

interface Node {
  readonly key: string;
  readonly insertion: Insertion;
  readonly marks: readonly Range[];
  readonly isAbove: boolean;
}

/** All items in document order. Iterative, since a text typed at its end is as deep as it is long. O(n log n). */
export function layOut(runs: readonly EntityOf<"run">[], floor: Moment | null): readonly Placed[] {
  const children = childrenOf(runs, floor);
  const at = (run: string, offset: number, side: Side) => children.get(place(run, offset, side)) ?? [];
  const placed: Placed[] = [];
  const visits = (nodes: readonly Node[]) => nodes.map((node) => ({ node, offset: 0, isEntered: false }));
  const stack = visits(children.get(rootPlace) ?? []).reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, offset, isEntered } = next;
    const { items } = node.insertion;
    if (!isEntered) {
      stack.push({ ...next, isEntered: true });
      for (const visit of visits(at(node.key, offset, "left")).reverse()) stack.push(visit);
      continue;
    }
    const right = at(node.key, offset, "right");
    const hasNext = offset + 1 < items.length;
    placed.push({
      run: node.key,
      offset,
      item: items[offset] as Json,
      isVisible: node.isAbove && !isMarked(node.marks, offset),
      hasRight: hasNext || right.length > 0,
    });
    for (const visit of visits(right).reverse()) stack.push(visit);
    if (hasNext) stack.push({ node, offset: offset + 1, isEntered: false });
  }
  return placed;
}

/** Where what is inserted behind the `index`-th visible item hangs (0: at the beginning). O(n). */
export function placeAt(placed: readonly Placed[], index: number): Place {
  const left = indexOfVisible(placed, index - 1);
  const before = placed[left];
  const after = placed[left + 1];
  if (before !== undefined && !before.hasRight)
    return { parent: { run: before.run, offset: before.offset }, side: "right" };
  if (after === undefined) return { parent: null, side: "right" };
  return { parent: { run: after.run, offset: after.offset }, side: "left" };
}

/** The place of the `index`-th visible item, or -1. */
function indexOfVisible(placed: readonly Placed[], index: number): number {
  if (index < 0) return -1;
  let left = index;
  return placed.findIndex(({ isVisible }) => {
    if (!isVisible) return false;
    left -= 1;
    return left < 0;
  });
}

const rootPlace = "";

function place(run: string, offset: number, side: Side): string {
  return `${run} ${offset} ${side}`;
}

/** Runs by what they hang under, siblings sorted by name. */
function childrenOf(
  runs: readonly EntityOf<"run">[],
  floor: Moment | null,
): ReadonlyMap<string, readonly Node[]> {
  const children = new Map<string, Node[]>();
  const sorted = [...runs].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, content, deleted } of sorted) {
    const { insertion, marks } = content;
    if (insertion === null) continue;
    const isAbove = compareMoments(insertion.at, floor) > 0 && compareMoments(insertion.at, deleted) > 0;
    const { parent, side } = insertion;
    const under = parent === null ? rootPlace : place(parent.run, parent.offset, side);
    const siblings = children.get(under);
    const node = { key, insertion, marks, isAbove };
    if (siblings === undefined) children.set(under, [node]);
    else siblings.push(node);
  }
  return children;
}

/** O(log marks). */
function isMarked(marks: readonly Range[], offset: number): boolean {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle] as Range).end <= offset) low = middle + 1;
    else high = middle;
  }
  const mark = marks[low];
  return mark !== undefined && mark.start <= offset;
}
