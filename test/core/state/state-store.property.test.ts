// The state is a join: the same writes in any order, however often, give the same root and read the same.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Json } from "../../../core/json.ts";
import { liveEntities, liveEntity } from "../../../core/state/reader.ts";
import type { StateStore } from "../../../core/state/state-store.ts";
import { decoding } from "../../../core/wire/cbor.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { holds } from "../../laws.ts";
import { turnOn } from "../delta-store/waiting.ts";
import { collection, entityOf, naiveRead, type Write, writes } from "./entities.ts";
import { inTurn, stateOn } from "./states.ts";

const someWrites = fc.array(writes, { maxLength: 25 });
const orders = fc.infiniteStream(fc.nat());

function stateOf(list: readonly Write[], disk = new SimDisk()): StateStore {
  const state = stateOn(disk);
  for (const [index, write] of list.entries()) {
    state.join(entityOf(write));
    state.root(); // So that a root kept too long shows.
    if (index % 3 === 0) inTurn(disk, (turn) => state.flush(turn));
  }
  return state;
}

function shuffled<T>(list: readonly T[], draws: Iterator<number>): readonly T[] {
  const left = [...list];
  return list.flatMap(() => left.splice((draws.next().value as number) % left.length, 1));
}

function read(state: StateStore, key: string): Json | undefined {
  return liveEntity(state, "register", { collection, key })?.content.value;
}

test("neither order nor repetition changes the root", () => {
  holds(
    fc.property(someWrites, orders, fc.nat(), (list, draws, cut) => {
      const root = stateOf(list).root();
      const iterator = draws[Symbol.iterator]();
      assert.is(stateOf(shuffled(list, iterator)).root(), root);
      const again = list.slice(0, list.length === 0 ? 0 : cut % list.length);
      assert.is(stateOf(shuffled([...list, ...again], iterator)).root(), root);
    }),
  );
});

test("every key reads as a naive fold over all writes says", () => {
  holds(
    fc.property(someWrites, (list) => {
      const state = stateOf(list);
      const keys = ["k", "l", "m"];
      for (const key of keys) assert.equal(read(state, key), naiveRead(list, key));
      const living = keys.filter((key) => naiveRead(list, key) !== undefined);
      assert.is(state.liveCount, living.length);
      assert.equal(
        liveEntities(state, "register", collection)
          .map(({ key }) => key)
          .sort(),
        living,
      );
      assert.equal([...state.entitiesIn("another")], []);
      assert.is(state.storedCount, new Set(list.map(({ key }) => key)).size);
    }),
  );
});

test("different states have different roots, tombstones included", () => {
  holds(
    fc.property(someWrites, someWrites, (one, other) => {
      const [a, b] = [stateOf(one), stateOf(other)];
      const entities = (state: StateStore) =>
        ["k", "l", "m"].map((key) => state.get("register", collection, key)?.hash ?? "").join();
      assert.is(a.root() === b.root(), entities(a) === entities(b));
    }),
  );
});

test("a join of states is the state of all their writes", () => {
  holds(
    fc.property(someWrites, someWrites, (one, other) => {
      assert.is(stateOf([...one, ...other]).root(), stateOf([...other, ...one]).root());
    }),
    { share: 0.3 },
  );
});

test("the state read back is the state that was written", () => {
  holds(
    fc.property(someWrites, (list) => {
      const disk = new SimDisk();
      const state = stateOf(list, disk);
      inTurn(disk, (turn) => state.flush(turn));
      const loaded = stateOn(disk);
      decoding("test", () => loaded.load(state.save(), turnOn(disk)));
      assert.is(loaded.root(), state.root());
      assert.is(loaded.liveCount, state.liveCount);
      for (const key of ["k", "l", "m"])
        assert.equal(loaded.get("register", collection, key), state.get("register", collection, key));
    }),
  );
});

test("what collecting brings back to what it was stays in the store, whatever was written or pinned between", () => {
  const at = (ms: number) => ({ at: { ms, counter: 0 }, hlc: { ms, counter: 0 }, step: 0 });
  for (const [isWritten, isPinned] of [
    [false, false],
    [true, false],
    [true, true],
    [false, true],
  ]) {
    const disk = new SimDisk();
    const state = stateOn(disk);
    const flush = () => inTurn(disk, (turn) => state.flush(turn));
    state.join(entityOf({ key: "k", stamp: at(5), value: 1 }));
    state.join(entityOf({ key: "l", stamp: at(5), value: undefined }));
    flush();
    const pinned = isPinned ? inTurn(disk, (turn) => state.pin(turn)) : null;
    state.join(entityOf({ key: "k", stamp: at(3), value: undefined }));
    if (isWritten) flush();
    assert.is(state.collect(at(4).at), 1);
    assert.not(state.isWritten);
    flush();
    if (pinned !== null) inTurn(disk, (turn) => state.unpin(pinned, turn));
    const loaded = stateOn(disk);
    decoding("test", () => loaded.load(state.save(), turnOn(disk)));
    assert.is(read(loaded, "k"), 1);
    assert.is(loaded.storedCount, 2);
    assert.is(loaded.collect(at(5).at), 1);
    assert.is(loaded.storedCount, 1);
  }
});

test("a write that changes nothing is not written", () => {
  const at = { ms: 1, counter: 0 };
  const write = { key: "k", stamp: { at, hlc: at, step: 0 }, value: 1 };
  const disk = new SimDisk();
  const state = stateOf([write], disk);
  const turn = turnOn(disk);
  state.join(entityOf(write));
  assert.ok(state.isWritten);
  state.flush(turn);
  assert.equal(turn.finish(), []);
});

test.run();
