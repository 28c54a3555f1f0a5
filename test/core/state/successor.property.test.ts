// A state that is made beside the one that shows, while that is written on and read.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { Removal } from "../../../core/deletion/removal.ts";
import type { Hlc } from "../../../core/hlc.ts";
import { createEntity, type Entity } from "../../../core/state/entity.ts";
import { removeState } from "../../../core/state/remove-state.ts";
import { createStateMemory, StateStore } from "../../../core/state/state-store.ts";
import { createSuccessor, type Shown, Successor } from "../../../core/state/successor.ts";
import type { Turn } from "../../../core/turn.ts";
import { holds } from "../../laws.ts";
import { contextId } from "../delta-store/waiting.ts";
import { inTurn, KeyedDisk, recordsOn, stateOn } from "./states.ts";

/** What a page is unless it is configured. */
const pageBytes = 65_536;

function entity(key: number, ms: number): Entity {
  const at = { ms, counter: 0 };
  const content = { type: "register", value: ms, updated: { at, hlc: at, step: 0 } } as const;
  return createEntity({ collection: "entries", key: `${key}`, content, deleted: null }, nodeCrypto);
}

function entitiesOf(from: number, count: number, ms: number): readonly Entity[] {
  return Array.from({ length: count }, (_, index) => entity(from + index, ms));
}

function shownOn(disk: KeyedDisk): Shown & { pins: number } {
  const state = stateOn(disk);
  return {
    state,
    pins: 0,
    pinState(turn: Turn) {
      this.pins += 1;
      return state.pin(turn);
    },
    unpinState(pinned, turn) {
      this.pins -= 1;
      state.unpin(pinned, turn);
    },
  };
}

/** What is written of the state that shows before a turn, so that some of it has been copied already. */
const writings = fc.record({ from: fc.nat(4_000), count: fc.nat(1_500), isFlushed: fc.boolean() });
const received = fc.record({ from: fc.nat(4_000), count: fc.nat(600) });
/** Of what came, or of what shows, up to this time nothing is to be kept. */
const afters = fc.option(
  fc.nat(22).map((ms) => ({ ms, counter: 0 })),
  { nil: null },
);

test("it ends as the join of what came and of all that shows, or of what of either came after a time, and nothing else is left", () => {
  let rounds = 0;
  const plans = fc.record({
    start: fc.nat(2_500),
    writing: fc.array(writings, { maxLength: 6 }),
    receiving: fc.array(received, { maxLength: 4 }),
    ...{ came: afters, kept: afters },
    pageBytes: fc.constantFrom(1_000, pageBytes),
  });
  holds(
    fc.property(plans, ({ start, writing, receiving, came, kept, pageBytes }) => {
      const disk = new KeyedDisk();
      const expected = new StateStore(createStateMemory(), recordsOn(new KeyedDisk()));
      const shown = shownOn(disk);
      const join = (entities: readonly Entity[], after: Hlc | null) => {
        for (const each of entities) expected.join(each, after);
      };
      const write = (entities: readonly Entity[]) => {
        for (const each of entities) shown.state.join(each);
        join(entities, kept);
      };
      write(entitiesOf(0, start, 10));
      inTurn(disk, (turn) => shown.state.flush(turn));
      const memory = inTurn(disk, (turn) => createSuccessor(shown, turn));
      const successor = new Successor(memory, recordsOn(disk, { space: `u${contextId}` }), pageBytes);
      for (const [index, { from, count }] of receiving.entries()) {
        const entities = entitiesOf(from, count, 7 + index);
        join(entities, came);
        inTurn(disk, (turn) => successor.take(entities, came, turn));
      }
      const left = [...writing];
      for (let isReady = false; !isReady || left.length > 0; ) {
        const next = left.pop();
        if (next !== undefined) {
          write(entitiesOf(next.from, next.count, 20 + left.length));
          if (next.isFlushed) inTurn(disk, (turn) => shown.state.flush(turn));
        }
        isReady = inTurn(disk, (turn) => successor.copy({ shown, after: kept }, turn));
        rounds += Number(memory.copied !== null);
      }
      write(entitiesOf(100, 20, 90));
      inTurn(disk, (turn) => successor.finish({ shown, after: kept }, turn));
      assert.is(shown.pins, 0);
      const replaced = shown.state.save();
      while (!inTurn(disk, (turn) => removeState(`s${contextId}`, replaced, new Removal(turn))));
      const found = new StateStore(createStateMemory(), recordsOn(disk, { space: `u${contextId}` }));
      inTurn(disk, (turn) => found.load(successor.state.save(), turn));
      assert.is(found.root(), expected.root());
      for (const leaf of found.leaves({})) assert.is(found.entityOf(leaf).hash, leaf.hash);
      while (!inTurn(disk, (turn) => removeState(`u${contextId}`, found.save(), new Removal(turn))));
      assert.equal(disk.keys(), []);
    }),
    { share: 0.08 },
  );
  assert.ok(rounds > 0, "nothing was written while it was made");
});

test("a turn copies a bounded part", () => {
  const disk = new KeyedDisk();
  const shown = shownOn(disk);
  for (const each of entitiesOf(0, 5_000, 1)) shown.state.join(each);
  const memory = inTurn(disk, (turn) => createSuccessor(shown, turn));
  const successor = new Successor(memory, recordsOn(disk, { space: `u${contextId}` }), pageBytes);
  const before = disk.keys().length;
  inTurn(disk, (turn) => successor.copy({ shown, after: null }, turn));
  assert.ok(disk.keys().length - before < 2_048, `${disk.keys().length - before} records`);
});

test("what is left for the last turn is bounded in bytes too", () => {
  const disk = new KeyedDisk();
  const shown = shownOn(disk);
  for (const each of entitiesOf(0, 10, 1)) shown.state.join(each);
  const memory = inTurn(disk, (turn) => createSuccessor(shown, turn));
  const successor = new Successor(memory, recordsOn(disk, { space: `u${contextId}` }), pageBytes);
  const write = (ms: number, count: number) => {
    for (let key = 0; key < count; key += 1) shown.state.join(longEntity(key, ms));
  };
  write(2, 3);
  assert.not(
    inTurn(disk, (turn) => successor.copy({ shown, after: null }, turn)),
    "some 1.5 MB were left",
  );
  write(3, 2);
  while (!inTurn(disk, (turn) => successor.copy({ shown, after: null }, turn)));
  assert.is(memory.rounds, 1, "one MB is a turn's work");
  inTurn(disk, (turn) => successor.finish({ shown, after: null }, turn));
  assert.is(successor.state.root(), shown.state.root());
});

/** Half a million bytes. */
function longEntity(key: number, ms: number): Entity {
  const at = { ms, counter: 0 };
  const content = {
    type: "register",
    value: `${ms}`.padEnd(500_000, "-"),
    updated: { at, hlc: at, step: 0 },
  } as const;
  return createEntity({ collection: "entries", key: `${key}`, content, deleted: null }, nodeCrypto);
}

test("a copy ends though more is written in every turn than one copies", () => {
  const disk = new KeyedDisk();
  const shown = shownOn(disk);
  for (const each of entitiesOf(0, 1_500, 1)) shown.state.join(each);
  const memory = inTurn(disk, (turn) => createSuccessor(shown, turn));
  const successor = new Successor(memory, recordsOn(disk, { space: `u${contextId}` }), pageBytes);
  let turns = 0;
  for (let isReady = false; !isReady; turns += 1) {
    assert.ok(turns < 100, "it seems not to end");
    for (const each of entitiesOf(0, 1_500, 2 + turns)) shown.state.join(each);
    isReady = inTurn(disk, (turn) => successor.copy({ shown, after: null }, turn));
  }
  inTurn(disk, (turn) => successor.finish({ shown, after: null }, turn));
  assert.is(successor.state.root(), shown.state.root());
  assert.is(shown.pins, 0);
});

test.run();
