/**
 * Nodes of the state tree: a 16-way trie over entity ids, in which a run of digits without a branching is one step
 * and up to `bucketLeavesMax` leaves lie in one bucket. Its shape, and so its root, depends on the set of leaves alone.
 *
 *   hash of a bucket: SHA-256 of 00 and the leaves' hashes, in order
 *   hash of a branch: SHA-256 of 01 and of each child its digit (1 byte) and its hash, in order
 *
 * A leaf's hash covers all of an entity, its name included, and so its id.
 */

import { byteString, bytesOf, type EntityId, type Hash } from "../../ids.ts";
import type { Crypto } from "../../ports.ts";

export const bucketLeavesMax = 16;

/** An entity, as the tree knows it. Frozen. */
export interface Leaf {
  readonly id: EntityId;
  readonly hash: Hash;
  /** When what may be collected of it was deleted: ms of stamp time. Absent: there is nothing. Not hashed. */
  readonly deletedMs?: number;
}

/** What is not deleted: later than anything that is. */
export const neverMs = 0xffff_ffff_ffff;

/** A node as its parent names it: stored under its prefix and version. Frozen. */
export interface StoredNode {
  readonly kind: "stored";
  /** A branch's own prefix; of a bucket its parent's and one digit. */
  readonly prefix: string;
  readonly version: number;
  readonly hash: Hash;
  /** Leaves beneath. */
  readonly count: number;
  /** The oldest `deletedMs` beneath, or `neverMs`. */
  readonly oldestMs: number;
}

/** At most `bucketLeavesMax` leaves. Frozen where it is a stored node's content. */
export interface Bucket {
  readonly kind: "bucket";
  /** Sorted by id. */
  readonly leaves: Leaf[];
  /** Null until it is asked for. */
  hash: Hash | null;
}

/** More than `bucketLeavesMax` leaves. Frozen where it is a stored node's content; then all its children are stored. */
export interface Branch {
  readonly kind: "branch";
  /** The longest that the ids of all leaves beneath begin with. */
  readonly prefix: string;
  /** By the digit that follows the prefix. */
  readonly children: (TreeNode | null)[];
  count: number;
  hash: Hash | null;
  /** As that of a stored node; null until it is asked for. */
  oldestMs: number | null;
}

export type LoadedNode = Bucket | Branch;
export type TreeNode = StoredNode | LoadedNode;

export function countOf(node: TreeNode): number {
  return node.kind === "bucket" ? node.leaves.length : node.count;
}

/** When the oldest that may be collected beneath was deleted. O(what has changed beneath). */
export function oldestOf(node: TreeNode): number {
  switch (node.kind) {
    case "stored":
      return node.oldestMs;
    case "bucket":
      return node.leaves.reduce((oldest, { deletedMs = neverMs }) => Math.min(oldest, deletedMs), neverMs);
    case "branch":
      node.oldestMs ??= node.children.reduce(
        (oldest, child) => (child === null ? oldest : Math.min(oldest, oldestOf(child))),
        neverMs,
      );
      return node.oldestMs;
  }
}

/** The value of a digit of an id. */
export function digitAt(id: string, index: number): number {
  const code = id.charCodeAt(index);
  return code < 58 ? code - 48 : code - 87;
}

export function digitOf(value: number): string {
  return value.toString(16);
}

/** Where the first leaf not below the id is. O(log leaves). */
export function placeIn(leaves: readonly Leaf[], id: string): number {
  let [low, high] = [0, leaves.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((leaves[middle] as Leaf).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return a.slice(0, length);
}

/** Puts together what branches off after the prefix. */
export function branchOf(prefix: string, children: readonly TreeNode[], prefixes: readonly string[]): Branch {
  const slots: (TreeNode | null)[] = Array.from({ length: 16 }, () => null);
  children.forEach((child, index) => {
    slots[digitAt(prefixes[index] as string, prefix.length)] = child;
  });
  const count = children.reduce((sum, child) => sum + countOf(child), 0);
  return { kind: "branch", prefix, children: slots, count, hash: null, oldestMs: null };
}

/** The branch that holds what has become too much for a bucket. */
export function splitBucket({ leaves }: Bucket): Branch {
  const prefix = commonPrefix((leaves[0] as Leaf).id, (leaves.at(-1) as Leaf).id);
  const groups = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const start = leaf.id.slice(0, prefix.length + 1);
    const group = groups.get(start);
    if (group === undefined) groups.set(start, [leaf]);
    else group.push(leaf);
  }
  const buckets = Array.from(
    groups.values(),
    (group): Bucket => ({ kind: "bucket", leaves: group, hash: null }),
  );
  return branchOf(prefix, buckets, Array.from(groups.keys()));
}

/** The tree of some leaves, sorted by id, one at least. O(leaves log leaves). */
export function treeOf(leaves: readonly Leaf[]): LoadedNode {
  const bucket: Bucket = { kind: "bucket", leaves: [...leaves], hash: null };
  if (leaves.length <= bucketLeavesMax) return bucket;
  const branch = splitBucket(bucket);
  branch.children.forEach((child, digit) => {
    if (child?.kind === "bucket") branch.children[digit] = treeOf(child.leaves);
  });
  return branch;
}

/** The hash of a branch, by its children's digits and hashes, in order of the digits. */
export function branchHash(
  children: readonly (readonly [digit: number, hash: Hash])[],
  crypto: Crypto,
): Hash {
  const parts = children.map(([digit, hash]) => String.fromCharCode(digit) + hash);
  return byteString<Hash>(crypto.sha256(bytesOf(`\u0001${parts.join("")}`)));
}

/** The hash of a tree without leaves. */
export function emptyRoot(crypto: Crypto): Hash {
  return byteString(crypto.sha256(Uint8Array.of(0)));
}

/** Computed where something beneath has changed, and kept. O(what has changed beneath). */
export function hashOf(node: TreeNode, crypto: Crypto): Hash {
  if (node.kind === "stored" || node.hash !== null) return node.hash as Hash;
  node.hash = byteString<Hash>(crypto.sha256(preimageOf(node, crypto)));
  return node.hash;
}

function preimageOf(node: LoadedNode, crypto: Crypto): Uint8Array {
  if (node.kind === "bucket") return bytesOf(`\u0000${node.leaves.map(({ hash }) => hash).join("")}`);
  const parts = node.children.map((child, digit) =>
    child === null ? "" : String.fromCharCode(digit) + hashOf(child, crypto),
  );
  return bytesOf(`\u0001${parts.join("")}`);
}
