import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { firstSlots, Slots } from "../../../adapters/tui/slots.ts";
import type { Hash } from "../../../core/ids.ts";
import { holds } from "../../laws.ts";

/** One letter a node, a space for a node without a root. */
function assign(slots: Slots, letters: string): ReadonlyMap<string, number> {
  return slots.assign(Array.from(letters, (letter) => (letter === " " ? null : (letter as Hash))));
}

test("a root keeps its slot for as long as a node has it", () => {
  const slots = new Slots();
  assert.equal(
    [...assign(slots, "aaab")],
    [
      ["a", 0],
      ["b", 1],
    ],
  );
  assert.is(assign(slots, "abbb").get("a"), 0);
  assert.is(assign(slots, " bba").get("b"), 1);
});

test("a group that goes on to a new root keeps its slot", () => {
  const slots = new Slots();
  assign(slots, "aaabbb");
  assert.equal([...assign(slots, "cccddd")].sort(), [
    ["c", 0],
    ["d", 1],
  ]);
  assert.equal([...assign(slots, "eedfff")].sort(), [
    ["d", 1],
    ["e", 0],
    ["f", 2],
  ]);
});

test("of two groups that meet the larger one's slot remains", () => {
  const slots = new Slots();
  const apart = assign(slots, "aabbb");
  assert.is(assign(slots, "ccccc").get("c"), apart.get("b"));
});

test("a node that comes back still belongs to the slot it had", () => {
  const slots = new Slots();
  assign(slots, "ab");
  assign(slots, "a ");
  assert.is(assign(slots, "ac").get("c"), 1);
});

test("a group that grows large gets one of the first slots", () => {
  const slots = new Slots();
  const early = "abcdefghijkl";
  const before = assign(slots, early);
  const last = [...before].find(([, slot]) => slot >= firstSlots)?.[0] ?? "";
  const grown = assign(slots, early + last.repeat(5));
  assert.ok((grown.get(last) ?? firstSlots) < firstSlots);
});

test("in one frame different roots have different slots, and the largest have the first ones", () => {
  const frames = fc.array(fc.array(fc.constantFrom(..." abcdefghijklmnopqrst"), { maxLength: 40 }), {
    maxLength: 8,
  });
  const isSound = fc.property(frames, (sequence) => {
    const slots = new Slots();
    for (const letters of sequence) {
      const assigned = assign(slots, letters.join(""));
      assert.is(new Set(assigned.values()).size, assigned.size);
      assert.equal(
        [...assigned.keys()].sort(),
        [...new Set(letters)].filter((letter) => letter !== " ").sort(),
      );
      const first = [...assigned.values()].filter((slot) => slot < firstSlots);
      assert.is(first.length, Math.min(firstSlots, assigned.size));
    }
  });
  holds(isSound);
});

test.run();
