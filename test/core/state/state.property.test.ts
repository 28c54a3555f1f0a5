// Whole states under random histories of calls: they are joins, and they read as a naive fold of all calls says.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { holds } from "../../laws.ts";
import { fold } from "./model.ts";
import { emptyState, joinInto, play, readAll, scripts, type World } from "./world.ts";

/** The state of some calls, joined in the order given. */
function stateOf(world: World, names: readonly number[]) {
  const state = emptyState();
  for (const name of names) joinInto(state, world.entities[name] ?? []);
  return state;
}

test("every author's state reads as a fold over the calls it knows says", () => {
  holds(
    fc.property(scripts, (script) => {
      const { calls, states } = play(script);
      for (const { state, known } of states)
        assert.equal(readAll(state), fold(calls.filter(({ name }) => known.has(name))));
    }),
  );
});

test("all of a history, in any order and however often, reads as the fold over it", () => {
  const shuffled = scripts.chain((script) => {
    const names = script.map((_, name) => name);
    const order = fc.shuffledSubarray([...names, ...names], { minLength: 2 * names.length });
    return fc.tuple(fc.constant(script), order);
  });
  holds(
    fc.property(shuffled, ([script, order]) => {
      const world = play(script);
      const state = stateOf(world, order);
      assert.equal(readAll(state), fold(world.calls));
      assert.is(
        state.root(),
        stateOf(
          world,
          script.map((_, name) => name),
        ).root(),
      );
    }),
  );
});

test("the state of two histories together is the join of their states", () => {
  holds(
    fc.property(scripts, (script) => {
      const world = play(script);
      const [a, b] = world.states;
      if (a === undefined || b === undefined) return;
      const together = stateOf(world, Array.from(new Set([...a.known, ...b.known])));
      const joined = stateOf(world, Array.from(a.known));
      for (const collection of ["values", "tags", "total", "note", ...nestedCollections])
        joinInto(joined, Array.from(b.state.entitiesIn(collection)));
      assert.is(joined.root(), together.root());
      assert.equal(readAll(joined), readAll(together));
    }),
  );
});

const nestedCollections = [
  ...["nested", "board", "board/b"],
  ...["x", "y%2F%25"].flatMap((outer) => [`nested/${outer}`, `nested/${outer}/k`, `nested/${outer}/l`]),
];

test.run();
