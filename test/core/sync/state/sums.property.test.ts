// Sums of two sets of entities tell where these differ, or that they differ in too much.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { modulus } from "../../../../core/sync/state/short-hash.ts";
import { isLocated, locate, type Summand, sumsOf } from "../../../../core/sync/state/sums.ts";
import { holds } from "../../../laws.ts";

const residues = fc.integer({ min: 1, max: modulus - 1 });
const places = (maxLength: number) => fc.uniqueArray(residues, { maxLength });

/** Entities both have alike, those with two values, and those one side has alone. */
const pairs = fc.record({
  common: fc.array(residues, { minLength: 90, maxLength: 90 }),
  all: fc.uniqueArray(residues, { minLength: 90, maxLength: 90 }),
  differing: fc.array(fc.constantFrom("changed", "ours", "theirs"), { maxLength: 24 }),
});

function sidesOf({ common, all, differing }: typeof pairs extends fc.Arbitrary<infer Pair> ? Pair : never) {
  const [ours, theirs]: [Summand[], Summand[]] = [[], []];
  for (const [index, place] of all.entries()) {
    const value = common[index] ?? 1;
    const how = differing[index];
    if (how !== "theirs") ours.push({ place, value });
    if (how !== "ours")
      theirs.push({ place, value: how === "changed" ? (value % (modulus - 1)) + 1 : value });
  }
  return { ours, theirs, expected: all.slice(0, differing.length), all };
}

test("as many differences as the sums are for are found, and nothing else", () => {
  holds(
    fc.property(pairs, fc.nat(3), (pair, spare) => {
      const { ours, theirs, expected, all } = sidesOf(pair);
      const count = 2 * (expected.length + spare) + 1;
      const locator = locate(sumsOf(ours, count), sumsOf(theirs, count));
      assert.ok(locator !== null);
      assert.is(locator.length, expected.length);
      assert.equal(
        all.filter((place) => isLocated(locator, place)),
        expected,
      );
    }),
  );
});

test("more differences than that are told apart from few", () => {
  holds(
    fc.property(pairs, (pair) => {
      const { ours, theirs, expected } = sidesOf(pair);
      fc.pre(expected.length > 1);
      const count = 2 * (expected.length - 1) + 1;
      assert.is(locate(sumsOf(ours, count), sumsOf(theirs, count)), null);
    }),
  );
});

test("whatever is said to be the sums of the other side, an answer comes", () => {
  holds(
    fc.property(fc.array(fc.nat(0xff_ffff), { minLength: 1, maxLength: 64 }), places(30), (said, own) => {
      const ours = sumsOf(
        own.map((place) => ({ place, value: 1 })),
        said.length,
      );
      const locator = locate(ours, said);
      if (locator !== null) for (const place of own) assert.type(isLocated(locator, place), "boolean");
    }),
  );
});

test.run();
