// The state tree: its root says which leaves there are and nothing else, it is found again, and a pin keeps a version.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../../adapters/crypto/node-crypto.ts";
import { byteString, toHex } from "../../../../core/ids.ts";
import { sortedKeyCharactersMax } from "../../../../core/limits.ts";
import type { PinnedVersion } from "../../../../core/state/tree/state-tree.ts";
import type { Leaf } from "../../../../core/state/tree/tree-node.ts";
import { holds } from "../../../laws.ts";
import { KeyedDisk } from "../states.ts";
import { ids, leafOf, leaves, manyLeaves, naiveRoot, settled, Trial } from "./trees.ts";

const flushEvery = fc.integer({ min: 1, max: 50 });

test("the root is that of the set of leaves, whatever the order, the writes between and the reads", () => {
  holds(
    fc.property(manyLeaves, flushEvery, fc.nat(), (list, every, rotation) => {
      const one = new Trial();
      one.setAll(list, every);
      const expected = settled(list);
      assert.is(one.tree.root(), naiveRoot(expected));
      assert.is(one.tree.count, expected.length);
      const cut = expected.length === 0 ? 0 : rotation % expected.length;
      const other = new Trial().tree;
      for (const leaf of [...expected.slice(cut), ...expected.slice(0, cut)]) {
        other.set(leaf);
        other.root(); // So that a hash kept too long shows.
      }
      assert.is(other.root(), one.tree.root());
    }),
  );
});

test("every leaf is found, and nothing else", () => {
  holds(
    fc.property(manyLeaves, ids, flushEvery, (list, any, every) => {
      const trial = new Trial();
      trial.setAll(list, every);
      for (const { id, hash } of settled(list)) assert.is(trial.tree.get(id), hash);
      assert.is(trial.tree.get(any), list.findLast(({ id }) => id === any)?.hash);
    }),
  );
});

test("a range gives the leaves between its ends, in order or backwards", () => {
  const someIds = fc.oneof(
    ids,
    ids.map((id) => id.slice(0, 2)),
  );
  const ends = fc.option(someIds, { nil: undefined });
  holds(
    fc.property(manyLeaves, ends, ends, fc.boolean(), (list, from, until, isReversed) => {
      const trial = new Trial();
      trial.setAll(list, 30);
      const inside = settled(list).filter(
        ({ id }) => (from === undefined || id >= from) && (until === undefined || id < until),
      );
      const found = [...trial.tree.leaves({ from, until, isReversed })];
      assert.equal(found, isReversed ? [...inside].reverse() : inside);
    }),
  );
});

test("a tree that was written is found again, and what it replaced is gone from the store", () => {
  holds(
    fc.property(manyLeaves, flushEvery, (list, every) => {
      const trial = new Trial();
      trial.setAll(list, every);
      trial.flush();
      const { tree, disk } = trial.restarted();
      assert.is(tree.root(), trial.tree.root());
      assert.equal([...tree.leaves({})], settled(list));
      assert.equal(disk.keys(), trial.neededKeys());
    }),
  );
});

test("a pinned version stays as it was until it is given back, and then leaves nothing", () => {
  const round = fc.record({ list: manyLeaves, unpins: fc.option(fc.nat()) });
  holds(
    fc.property(manyLeaves, fc.array(round, { maxLength: 6 }), (first, rounds) => {
      const trial = new Trial();
      const { tree, disk } = trial;
      const pins: { readonly pinned: PinnedVersion; readonly leaves: readonly Leaf[] }[] = [];
      const all = [...first];
      trial.setAll(first, 40);
      for (const { list, unpins } of rounds) {
        trial.flush();
        pins.push({ pinned: tree.pin(), leaves: settled(all) });
        all.push(...list);
        trial.setAll(list, 20);
        const [given] = unpins === null ? [] : pins.splice(unpins % pins.length, 1);
        if (given !== undefined) trial.unpin(given.pinned);
        for (const { pinned, leaves } of pins) {
          assert.equal([...tree.leaves({}, pinned.root)], leaves);
          assert.is(tree.root(pinned.root), naiveRoot(leaves));
        }
      }
      trial.flush();
      assert.is(tree.root(), naiveRoot(settled(all)));
      assert.equal(trial.restarted().disk.keys(), trial.neededKeys());
      for (const { pinned } of pins) trial.unpin(pinned);
      assert.equal(disk.keys(), trial.neededKeys());
    }),
    { share: 0.5 },
  );
});

test("a tree that leaves were taken from is the tree of the others, in memory and in the store", () => {
  const changes = fc.array(
    fc.oneof(
      { weight: 2, arbitrary: leaves.map((leaf) => ({ leaf, isTaken: false })) },
      { weight: 3, arbitrary: leaves.map((leaf) => ({ leaf, isTaken: true })) },
    ),
    { maxLength: 80, size: "max" },
  );
  holds(
    fc.property(manyLeaves, changes, flushEvery, fc.boolean(), (list, then, every, isPinned) => {
      const trial = new Trial();
      trial.setAll(list, every);
      trial.flush();
      const pinned = isPinned ? trial.tree.pin() : null;
      const left = new Map(settled(list).map((leaf) => [leaf.id, leaf]));
      for (const [index, { leaf, isTaken }] of then.entries()) {
        if (isTaken) trial.tree.remove(leaf.id);
        else trial.tree.set(leaf);
        if (isTaken) left.delete(leaf.id);
        else left.set(leaf.id, leaf);
        if (index % every === 0) trial.flush();
        const expected = settled(Array.from(left.values()));
        assert.is(trial.tree.root(), naiveRoot(expected));
        assert.is(trial.tree.count, expected.length);
      }
      trial.flush();
      const expected = settled(Array.from(left.values()));
      if (pinned !== null) {
        assert.equal([...trial.tree.leaves({}, pinned.root)], settled(list));
        trial.unpin(pinned);
      }
      assert.equal([...trial.restarted().tree.leaves({})], expected);
      assert.equal(trial.disk.keys(), trial.neededKeys());
    }),
    { share: 0.5 },
  );
});

test("what was deleted up to a time is found, and nothing else", () => {
  holds(
    fc.property(manyLeaves, manyLeaves, flushEvery, fc.nat(6), (list, taken, every, ms) => {
      const trial = new Trial();
      trial.setAll(list, every);
      for (const { id } of taken) trial.tree.remove(id);
      const gone = new Set(taken.map(({ id }) => id));
      const expected = settled(list).filter(
        ({ id, deletedMs }) => !gone.has(id) && deletedMs !== undefined && deletedMs <= ms,
      );
      assert.equal(settled(trial.tree.deletedUntil(ms)), expected);
      trial.flush();
      assert.equal(settled(trial.restarted().tree.deletedUntil(ms)), expected);
    }),
  );
});

test("a write in a wide tree hashes one path, which grows with the logarithm of its width", () => {
  let hashes = 0;
  const counting = {
    ...nodeCrypto,
    sha256: (bytes: Uint8Array) => {
      hashes += 1;
      return nodeCrypto.sha256(bytes);
    },
  };
  const idOf = (index: number) =>
    toHex(byteString(nodeCrypto.sha256(Uint8Array.of(index, index >> 8, index >> 16))));
  const hashesAt = (count: number) => {
    const { tree } = new Trial(new KeyedDisk(), counting);
    for (let index = 0; index < count; index += 1) tree.set(leafOf(idOf(index), 0));
    tree.root();
    const before = hashes;
    for (let index = 0; index < 100; index += 1) {
      tree.set(leafOf(idOf(index), 1));
      tree.root();
    }
    return (hashes - before) / 100;
  };
  const [narrow, wide] = [hashesAt(1_000), hashesAt(100_000)];
  assert.ok(narrow >= 2 && narrow <= 4, `${narrow} hashes a write among 1,000`);
  assert.ok(wide - narrow <= 2, `${wide} hashes a write among 100,000`);
});

test("the deepest tree that keys can make is hashed, written and found again", () => {
  // As if an adversary had chosen keys that branch off at every digit there is.
  const digits = 4 * sortedKeyCharactersMax + 16;
  const chain = Array.from({ length: digits }, (_, depth) =>
    leafOf(`${"0".repeat(depth)}1${"0".repeat(digits - depth)}`, 0),
  );
  const trial = new Trial();
  trial.setAll(chain, 100);
  trial.flush();
  assert.is(trial.tree.root(), naiveRoot(settled(chain)));
  assert.equal([...trial.restarted().tree.leaves({})], settled(chain));
});

test.run();
