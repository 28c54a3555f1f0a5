/** Leaves in the order of their ids, or backwards, between two ids: only what holds some of them is read. */

import { type Leaf, type LoadedNode, placeIn, type StoredNode, type TreeNode } from "./tree-node.ts";

export interface Range {
  /** The first id, included: by default the least. */
  readonly from?: string | undefined;
  /** The end, not included: by default none. */
  readonly until?: string | undefined;
  readonly isReversed?: boolean | undefined;
}

/** The ids that begin with these digits. */
export function rangeOfPrefix(prefix: string): Range {
  // No digit comes after "f".
  return { from: prefix, until: `${prefix}g` };
}

export interface TreeWalk {
  readonly load: (stored: StoredNode) => LoadedNode;
  /** Nodes that are passed over, with all beneath them. */
  readonly skips?: (node: TreeNode) => boolean;
}

/** O(depth) to the first leaf, O(1) from each to the next. */
export function* walkLeaves(
  node: TreeNode | null,
  { from = "", until = "g", isReversed = false }: Range,
  { load, skips }: TreeWalk,
): Generator<Leaf> {
  if (node === null) return;
  // A stack of its own: generators within generators would cost each leaf as many steps as it lies deep.
  const waiting: TreeNode[] = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (skips?.(next) === true) continue;
    const loaded = next.kind === "stored" ? load(next) : next;
    if (loaded.kind === "bucket") {
      const leaves = loaded.leaves.slice(placeIn(loaded.leaves, from), placeIn(loaded.leaves, until));
      yield* isReversed ? leaves.reverse() : leaves;
      continue;
    }
    const { prefix } = loaded;
    const inside = loaded.children.filter((child, digit): child is TreeNode => {
      const start = prefix + digit.toString(16);
      return child !== null && start < until && (start >= from || from.startsWith(start));
    });
    waiting.push(...(isReversed ? inside : inside.reverse()));
  }
}
