import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { partsOf } from "../../../sim/plan/node-reference.ts";
import { planOf } from "./examples.ts";

const nodeCount = 30;

/** The indexes that a pause of these nodes names. */
function named(reference: string | readonly string[]): readonly number[] {
  const [fault] = planOf({
    nodes: nodeCount,
    faults: [{ at: "1s", kind: "pause", nodes: reference }],
  }).faults;
  return fault?.kind === "pause" ? fault.nodes : [];
}

test("a range holds both ends and everything between", () => {
  fc.assert(
    fc.property(fc.nat(nodeCount - 1), fc.nat(nodeCount - 1), (a, b) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      const expected = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      assert.equal(named(`n${first}..n${last}`), expected);
    }),
  );
});

test("a list is the union of what it holds, in rising order, whatever its own order", () => {
  const part = fc.oneof(
    fc.nat(nodeCount - 1).map((node) => `n${node}`),
    fc.tuple(fc.nat(14), fc.nat(14)).map(([first, more]) => `n${first}..n${first + more}`),
    fc.constant("all"),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const union = new Set(parts.flatMap((one) => named(one)));
      assert.equal(
        named(parts),
        Array.from(union).sort((a, b) => a - b),
      );
      assert.equal(named(parts.toReversed()), named(parts));
    }),
  );
});

test("ranges work for any name before the number, dots, digits and leading zeros included", () => {
  const idsOf = (text: string) =>
    partsOf(text, []).flatMap((part) => (part.kind === "range" ? part.ids : [part.kind]));
  assert.equal(idsOf("edge-2.9..edge-2.11"), ["edge-2.9", "edge-2.10", "edge-2.11"]);
  assert.equal(idsOf("a1b8..a1b10"), ["a1b8", "a1b9", "a1b10"]);
  assert.equal(idsOf("n008..n011"), ["n008", "n009", "n010", "n011"]);
  assert.equal(idsOf("7..9"), ["7", "8", "9"]);
  assert.equal(idsOf("n1..m1"), ["malformed"]);
  assert.equal(idsOf("n1..n"), ["malformed"]);
  assert.equal(idsOf("n1..n2..n3"), ["malformed"]);
});

test.run();
