// Trees over simulated disks, leaves drawn so close together that every shape comes up, and what a tree should be.

import * as fc from "fast-check";
import { nodeCrypto } from "../../../../adapters/crypto/node-crypto.ts";
import { isFault } from "../../../../core/fault.ts";
import { byteString, bytesOf, type EntityId, type Hash } from "../../../../core/ids.ts";
import type { Crypto } from "../../../../core/ports.ts";
import type { StateRecords } from "../../../../core/state/state-records.ts";
import {
  createTreeMemory,
  type PinnedVersion,
  StateTree,
  type TreeMemory,
} from "../../../../core/state/tree/state-tree.ts";
import { bucketLeavesMax, type Leaf, type TreeNode } from "../../../../core/state/tree/tree-node.ts";
import { decoding } from "../../../../core/wire/cbor.ts";
import { inTurn, KeyedDisk, recordsOn } from "../states.ts";

/** Ids of few digits and few values, so that they share beginnings of every length. */
export const ids = fc
  .array(fc.constantFrom("0", "1", "9", "a", "f"), { minLength: 5, maxLength: 5 })
  .map((digits) => digits.join("") as EntityId);
export const leaves: fc.Arbitrary<Leaf> = fc
  .record({ id: ids, content: fc.nat(2), deletedMs: fc.option(fc.nat(6), { nil: undefined }) })
  .map(({ id, content, deletedMs }) => {
    const leaf = leafOf(id, content);
    return deletedMs === undefined ? leaf : Object.freeze({ ...leaf, deletedMs });
  });
export const manyLeaves = fc.array(leaves, { maxLength: 120, size: "max" });

export function leafOf(id: string, content: number): Leaf {
  return Object.freeze({ id: id as EntityId, hash: hashOf(`${id} ${content}`) });
}

/** A tree with all that is around it. */
export class Trial {
  readonly disk: KeyedDisk;
  readonly tree: StateTree;
  readonly #memory: TreeMemory;
  readonly #records: StateRecords;

  constructor(disk = new KeyedDisk(), crypto: Crypto = nodeCrypto) {
    this.disk = disk;
    this.#memory = createTreeMemory();
    this.#records = recordsOn(disk, { crypto });
    this.tree = new StateTree(this.#memory, this.#records);
  }

  /** Sets leaf after leaf, and now and then writes what has changed. */
  setAll(list: readonly Leaf[], flushEvery: number): void {
    for (const [index, leaf] of list.entries()) {
      this.tree.set(leaf);
      if (index % flushEvery === flushEvery - 1) this.flush();
    }
  }

  flush(): void {
    inTurn(this.disk, (turn) => this.tree.flush(turn));
  }

  unpin(pinned: PinnedVersion): void {
    inTurn(this.disk, (turn) => this.tree.unpin(pinned, turn));
  }

  /** The tree as the next process finds it. */
  restarted(): Trial {
    const next = new Trial(this.disk.copy());
    const found = inTurn(next.disk, (turn) =>
      decoding("a test", () => {
        next.tree.load(this.tree.save(), turn);
        return { kind: "loaded" } as const;
      }),
    );
    if (isFault(found)) throw new Error(found.detail);
    return next;
  }

  /** The keys of the records the tree is made of. Once flushed. */
  neededKeys(): readonly string[] {
    const keys: string[] = [];
    const visit = (node: TreeNode | null): void => {
      if (node === null) return;
      if (node.kind !== "stored") throw new Error("a node is not stored");
      keys.push(this.#records.nodeKey(node));
      const content = this.#records.node(node);
      if (content.kind === "branch") content.children.forEach(visit);
    };
    visit(this.#memory.root);
    return keys.sort();
  }
}

/** The last of the leaves of each id, sorted by id. */
export function settled(list: readonly Leaf[]): readonly Leaf[] {
  const byId = new Map(list.map((leaf) => [leaf.id, leaf]));
  return Array.from(byId.values()).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The root of these settled leaves, by the definition of the tree, all at once. */
export function naiveRoot(list: readonly Leaf[]): Hash {
  if (list.length <= bucketLeavesMax) return hashOf(`\u0000${list.map(({ hash }) => hash).join("")}`);
  const [first = "", last = ""] = [list[0]?.id, list.at(-1)?.id];
  const shared = Array.from(first).findIndex((digit, index) => digit !== last[index]);
  const children = Array.from("0123456789abcdef").flatMap((digit, value) => {
    const beneath = list.filter(({ id }) => id[shared] === digit);
    return beneath.length === 0 ? [] : [String.fromCharCode(value) + naiveRoot(beneath)];
  });
  return hashOf(`\u0001${children.join("")}`);
}

function hashOf(text: string): Hash {
  return byteString(nodeCrypto.sha256(bytesOf(text)));
}
