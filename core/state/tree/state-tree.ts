/**
 * The state tree: which entities there are, by id, under one root hash. A 16-way hash trie (see `tree-node.ts`) of
 * which only what is used lies in memory. Equal roots mean equal states, whatever their history. Invariant 12.
 *
 * Changes are made in memory and written by `flush`, each changed node once, under its prefix and a new version.
 * What a version needs is never written over, so a version that is pinned stays readable at no cost but the room
 * of what has been replaced since. (The scheme of the Jellyfish Merkle tree, Gao et al., 2021.)
 */

import { present } from "../../assert.ts";
import type { EntityId, Hash } from "../../ids.ts";
import type { Turn } from "../../turn.ts";
import { expectFields, expectInteger } from "../../wire/expect.ts";
import type { StateRecords } from "../state-records.ts";
import { decodeStored, encodeStored } from "./node-codec.ts";
import { createRetiredMemory, Retired, type RetiredMemory } from "./retired.ts";
import {
  type Branch,
  type Bucket,
  branchOf,
  bucketLeavesMax,
  commonPrefix,
  countOf,
  digitAt,
  digitOf,
  emptyRoot,
  hashOf,
  type Leaf,
  type LoadedNode,
  oldestOf,
  placeIn,
  type StoredNode,
  splitBucket,
  type TreeNode,
} from "./tree-node.ts";
import { type Range, walkLeaves } from "./tree-walk.ts";

export interface TreeMemory {
  root: TreeNode | null;
  /** The root as it was last written. */
  written: StoredNode | null;
  /** How often it was written. */
  version: number;
  readonly retired: RetiredMemory;
}

export function createTreeMemory(): TreeMemory {
  return { root: null, written: null, version: 0, retired: createRetiredMemory() };
}

/** A root that stays readable until it is given back. */
export interface PinnedVersion {
  readonly version: number;
  readonly root: TreeNode | null;
}

export class StateTree {
  readonly #memory: TreeMemory;
  readonly #records: StateRecords;
  readonly #retired: Retired;

  constructor(memory: TreeMemory, records: StateRecords) {
    this.#memory = memory;
    this.#records = records;
    this.#retired = new Retired(memory.retired, records);
  }

  get count(): number {
    return this.#memory.root === null ? 0 : countOf(this.#memory.root);
  }

  /** O(nodes changed since it was last asked for). */
  root(at: TreeNode | null = this.#memory.root): Hash {
    const { crypto } = this.#records;
    return at === null ? emptyRoot(crypto) : hashOf(at, crypto);
  }

  /** The hash of an entity. O(depth). */
  get(id: EntityId, at: TreeNode | null = this.#memory.root): Hash | undefined {
    let node = at;
    while (node !== null) {
      const loaded = this.#load(node);
      if (loaded.kind === "bucket") {
        const leaf = loaded.leaves[placeIn(loaded.leaves, id)];
        return leaf?.id === id ? leaf.hash : undefined;
      }
      if (!id.startsWith(loaded.prefix)) return undefined;
      node = loaded.children[digitAt(id, loaded.prefix.length)] ?? null;
    }
    return undefined;
  }

  /** What is beneath a prefix, as the tree of these leaves alone would be. Not to be changed. O(depth). */
  beneath(prefix: string, at: TreeNode | null = this.#memory.root): LoadedNode | null {
    for (let node = at; node !== null; ) {
      const loaded = this.#load(node);
      if (loaded.kind === "bucket") return bucketBeneath(loaded, prefix);
      if (loaded.prefix.startsWith(prefix)) return loaded;
      if (!prefix.startsWith(loaded.prefix)) return null;
      node = loaded.children[digitAt(prefix, loaded.prefix.length)] ?? null;
    }
    return null;
  }

  /** The hash of all that is beneath a prefix; null where nothing is. Equal hashes mean equal leaves. O(depth). */
  hashBeneath(prefix: string, at: TreeNode | null = this.#memory.root): Hash | null {
    const node = this.beneath(prefix, at);
    return node === null ? null : hashOf(node, this.#records.crypto);
  }

  /** Adds a leaf, or replaces the one of its id. O(depth). */
  set(leaf: Leaf): void {
    this.#memory.root = this.#insert(this.#memory.root, leaf);
  }

  /** Takes away the leaf of an id, if there is one. O(depth). */
  remove(id: EntityId): void {
    if (this.get(id) !== undefined)
      this.#memory.root = this.#without(present(this.#memory.root, "a root"), id);
  }

  /** Leaves of which something that may be collected was deleted at that time or before. O(them, depth each). */
  deletedUntil(ms: number): readonly Leaf[] {
    const found: Leaf[] = [];
    const waiting: (TreeNode | null)[] = [this.#memory.root];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next === null || oldestOf(next) > ms) continue;
      const loaded = this.#load(next);
      if (loaded.kind === "branch") waiting.push(...loaded.children);
      else found.push(...loaded.leaves.filter(({ deletedMs }) => deletedMs !== undefined && deletedMs <= ms));
    }
    return found;
  }

  /** Leaves in the order of their ids. Not to be gone on with after a change. */
  leaves(range: Range, at: TreeNode | null = this.#memory.root): Generator<Leaf> {
    return walkLeaves(at, range, { load: (stored) => this.#load(stored) });
  }

  /** Leaves that an earlier root did not have so, in the order of their ids. O(these, depth each). */
  *changes(since: TreeNode | null, range: Range, at: TreeNode | null = this.#memory.root): Generator<Leaf> {
    const isAsBefore = (node: TreeNode) => {
      const { prefix } = node.kind === "bucket" ? { prefix: commonIn(node) } : node;
      return this.hashBeneath(prefix, since) === hashOf(node, this.#records.crypto);
    };
    const walk = { load: (stored: StoredNode) => this.#load(stored), skips: isAsBefore };
    for (const leaf of walkLeaves(at, range, walk)) if (this.get(leaf.id, since) !== leaf.hash) yield leaf;
  }

  /** Has a record removed once no version needs it: at the next flush, or when the last pin on it is given back. */
  retire(key: string): void {
    this.#retired.add(key);
  }

  /** A record that was to go is needed again: what was taken away from an entity left one that had been there. */
  keep(key: string): void {
    this.#retired.keep(key);
  }

  /** Writes what has changed as a new version. O(changed nodes). */
  flush(turn: Turn): void {
    const { root, version, written } = this.#memory;
    if (root === written) return;
    this.#memory.version = version + 1;
    this.#memory.written = root === null ? null : this.#store(root, "", turn);
    this.#memory.root = this.#memory.written;
    this.#retired.flush(this.#memory.version, turn);
  }

  get isWritten(): boolean {
    return this.#memory.root === this.#memory.written;
  }

  /** Keeps the present version, which must have been flushed, until `unpin`. */
  pin(): PinnedVersion {
    const { root, version } = this.#memory;
    this.#retired.pin(version);
    return { version, root };
  }

  unpin({ version }: PinnedVersion, turn: Turn): void {
    this.#retired.unpin(version, turn);
  }

  /** What finds the tree again as it was last written: for the record of what holds it. */
  save(): readonly unknown[] {
    const { written, version } = this.#memory;
    return [version, written === null ? [] : encodeStored(written)];
  }

  /** Finds a saved tree again, and removes what was kept for pins, which end with the process. For use inside `decoding`. */
  load(saved: unknown, turn: Turn): void {
    const { version, root } = decodeTree(saved);
    this.#memory.version = version;
    this.#memory.written = root;
    this.#memory.root = root;
    this.#retired.load(turn);
  }

  #load(node: TreeNode): LoadedNode {
    return node.kind === "stored" ? this.#records.node(node) : node;
  }

  /** The node as one that may be changed. */
  #loosened(node: TreeNode): LoadedNode {
    if (node.kind !== "stored") return node;
    this.#retired.add(this.#records.nodeKey(node));
    const loaded = this.#records.node(node);
    return loaded.kind === "bucket"
      ? { ...loaded, leaves: [...loaded.leaves] }
      : { ...loaded, children: [...loaded.children] };
  }

  #insert(node: TreeNode | null, leaf: Leaf): TreeNode {
    if (node === null) return { kind: "bucket", leaves: [leaf], hash: null };
    const prefix = branchPrefix(node);
    if (prefix !== null && !leaf.id.startsWith(prefix)) {
      const beside: Bucket = { kind: "bucket", leaves: [leaf], hash: null };
      return branchOf(commonPrefix(prefix, leaf.id), [node, beside], [prefix, leaf.id]);
    }
    const loose = this.#loosened(node);
    loose.hash = null;
    return loose.kind === "bucket" ? insertIntoBucket(loose, leaf) : this.#insertIntoBranch(loose, leaf);
  }

  /** The node without a leaf that is beneath it; null where nothing else is. */
  #without(node: TreeNode, id: EntityId): TreeNode | null {
    const loose = this.#loosened(node);
    loose.hash = null;
    if (loose.kind === "bucket") {
      loose.leaves.splice(placeIn(loose.leaves, id), 1);
      return loose.leaves.length === 0 ? null : loose;
    }
    const digit = digitAt(id, loose.prefix.length);
    loose.children[digit] = this.#without(present(loose.children[digit], "the child a leaf is beneath"), id);
    loose.count -= 1;
    loose.oldestMs = null;
    return this.#condensed(loose);
  }

  /** A branch that lost a leaf, as the tree of the others has it: a bucket where they fit, no branch of one child. */
  #condensed(branch: Branch): TreeNode {
    const children = branch.children.filter((child) => child !== null);
    if (branch.count <= bucketLeavesMax) {
      // Whatever is beneath so few leaves are buckets.
      const leaves = children.flatMap((child) => (this.#loosened(child) as Bucket).leaves);
      return { kind: "bucket", leaves, hash: null };
    }
    const [only] = children;
    return only !== undefined && children.length === 1 ? only : branch;
  }

  #insertIntoBranch(branch: Branch, leaf: Leaf): Branch {
    const digit = digitAt(leaf.id, branch.prefix.length);
    const before = branch.children[digit] ?? null;
    branch.count -= before === null ? 0 : countOf(before);
    const after = this.#insert(before, leaf);
    branch.count += countOf(after);
    branch.children[digit] = after;
    branch.oldestMs = null;
    return branch;
  }

  /** Writes a node and all beneath it that is not stored. */
  #store(node: TreeNode, position: string, turn: Turn): StoredNode {
    if (node.kind === "stored") return node;
    const content = this.#frozen(node, turn);
    const stored: StoredNode = Object.freeze({
      kind: "stored",
      prefix: node.kind === "bucket" ? position : node.prefix,
      version: this.#memory.version,
      hash: hashOf(node, this.#records.crypto),
      count: countOf(node),
      oldestMs: oldestOf(node),
    });
    this.#records.putNode(stored, content, turn);
    return stored;
  }

  #frozen(node: LoadedNode, turn: Turn): LoadedNode {
    const hash = hashOf(node, this.#records.crypto);
    if (node.kind === "bucket")
      return Object.freeze({ ...node, hash, leaves: Object.freeze(node.leaves) as Leaf[] });
    const children = node.children.map((child, digit) =>
      child === null ? null : this.#store(child, node.prefix + digitOf(digit), turn),
    );
    Object.freeze(children);
    return Object.freeze({ ...node, hash, children, oldestMs: oldestOf(node) });
  }
}

function bucketBeneath(bucket: Bucket, prefix: string): Bucket | null {
  const leaves = bucket.leaves.filter(({ id }) => id.startsWith(prefix));
  if (leaves.length === bucket.leaves.length) return bucket;
  return leaves.length === 0 ? null : { kind: "bucket", leaves, hash: null };
}

/** What the ids of a bucket begin with. */
function commonIn({ leaves }: Bucket): string {
  return commonPrefix(leaves[0]?.id ?? "", leaves.at(-1)?.id ?? "");
}

/** The prefix of a branch, known without reading it; null for a bucket. */
function branchPrefix(node: TreeNode): string | null {
  if (node.kind === "stored") return node.count > bucketLeavesMax ? node.prefix : null;
  return node.kind === "branch" ? node.prefix : null;
}

function insertIntoBucket(bucket: Bucket, leaf: Leaf): LoadedNode {
  const place = placeIn(bucket.leaves, leaf.id);
  const isKnown = bucket.leaves[place]?.id === leaf.id;
  bucket.leaves.splice(place, Number(isKnown), leaf);
  return bucket.leaves.length > bucketLeavesMax ? splitBucket(bucket) : bucket;
}

/** What was saved of a tree: null for the root of one without leaves. For use inside `decoding`. */
export function decodeTree(saved: unknown): { readonly version: number; readonly root: StoredNode | null } {
  const [version, root] = expectFields(saved, 2, "a state tree");
  return {
    version: expectInteger(version, Number.MAX_SAFE_INTEGER),
    root: Array.isArray(root) && root.length === 0 ? null : decodeStored(root),
  };
}
