import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { editDistance, nearestName, suggestion } from "../../core/nearest-name.ts";

test("distances count insertions, deletions, replacements and swaps of neighbours", () => {
  const expected: readonly (readonly [string, string, number])[] = [
    ["", "", 0],
    ["", "abc", 3],
    ["nodes", "nodes", 0],
    ["nods", "nodes", 1],
    ["noodes", "nodes", 1],
    ["nudes", "nodes", 1],
    ["ndoes", "nodes", 1],
    ["kitten", "sitting", 3],
  ];
  for (const [a, b, distance] of expected) {
    assert.is(editDistance(a, b), distance, `${a} ${b}`);
    assert.is(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test("no distance is above the longer name's length, and only equal names have none", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
  fc.assert(
    fc.property(name, name, (a, b) => {
      const distance = editDistance(a, b);
      assert.ok(distance <= Math.max(a.length, b.length));
      assert.is(distance === 0, a === b);
    }),
  );
});

test("a misspelt name finds the one that was meant", () => {
  const names = ["partition", "pause", "oneway", "clock-jump", "clock-drift"];
  assert.is(nearestName("partion", names), "partition");
  assert.is(nearestName("clock-jmup", names), "clock-jump");
  assert.is(nearestName("PAUSE", names), "pause");
  assert.is(nearestName("elephant", names), null);
  assert.is(suggestion("oneay", names), '; did you mean "oneway"?');
  assert.is(suggestion("elephant", names), "");
});

test("of two names that are as near, the first one is meant", () => {
  assert.is(nearestName("n500", ["n49", "n50", "n51", "n5000"]), "n50");
});

test.run();
