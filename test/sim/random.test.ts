import { test } from "uvu";
import * as assert from "uvu/assert";
import { mix32, seedWord, stream, textWord } from "../../sim/random.ts";

function draws(seed: number, label: string): readonly number[] {
  const drawn = stream(seed, label);
  return Array.from({ length: 4 }, () => drawn.uint32());
}

test("a stream's draws are the same on every machine, for ever", () => {
  assert.equal(draws(42, "topology"), [1638948614, 565504056, 2666971984, 564701774]);
  assert.is(mix32(1, 2, 3, 4), 1145416960);
  assert.is(textWord("n17"), 177689832);
});

test("another seed or another label is another stream", () => {
  const all = [draws(1, "a"), draws(2, "a"), draws(1, "b"), draws(1, "aa"), draws(11, "a"), draws(1, "")];
  assert.is(new Set(all.map(String)).size, all.length);
});

test("seeds that differ only above 32 bits differ", () => {
  assert.is.not(String(draws(5, "a")), String(draws(5 + 2 ** 32, "a")));
  assert.is.not(seedWord(5), seedWord(5 + 2 ** 32));
});

test("every argument of a mix counts, and their order", () => {
  const all = [mix32(1, 0, 0, 0), mix32(0, 1, 0, 0), mix32(0, 0, 1, 0), mix32(0, 0, 0, 1), mix32(0, 0, 0, 0)];
  assert.is(new Set(all).size, all.length);
});

test("a mix of consecutive integers is spread evenly", () => {
  const buckets = new Array<number>(16).fill(0);
  const count = 160_000;
  for (let index = 0; index < count; index += 1) {
    const bucket = mix32(7, 3, index, 0) >>> 28;
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const found of buckets) assert.ok(Math.abs(found - 10_000) < 500, String(buckets));
});

test("a draw between two numbers reaches both and nothing else", () => {
  const drawn = stream(1, "between");
  const found = new Set(Array.from({ length: 500 }, () => drawn.between(-2, 3)));
  assert.equal(
    Array.from(found).sort((a, b) => a - b),
    [-2, -1, 0, 1, 2, 3],
  );
});

test("a draw from a range above 32 bits is a whole number within it, and uses it all", () => {
  const drawn = stream(1, "wide");
  const max = Number.MAX_SAFE_INTEGER - 1;
  const found = Array.from({ length: 1_000 }, () => drawn.between(0, max));
  assert.ok(found.every((value) => Number.isSafeInteger(value) && value >= 0 && value <= max));
  assert.ok(found.some((value) => value > max * 0.99) && found.some((value) => value < max * 0.01));
  assert.ok(found.some((value) => value % 2 === 1) && found.some((value) => value % 2 === 0));
});

test("chance is never at 0, always at 1, and about half at 0.5", () => {
  const drawn = stream(1, "chance");
  const hits = (probability: number) =>
    Array.from({ length: 2_000 }, () => drawn.chance(probability)).filter(Boolean);
  assert.is(hits(0).length, 0);
  assert.is(hits(1).length, 2_000);
  assert.ok(Math.abs(hits(0.5).length - 1_000) < 150);
});

test("a shuffle keeps what it shuffles and can move everything anywhere", () => {
  const drawn = stream(1, "shuffle");
  const list = [0, 1, 2, 3];
  const seen = new Set(Array.from({ length: 2_000 }, () => String(drawn.shuffle(list))));
  assert.is(seen.size, 24);
  assert.equal(list, [0, 1, 2, 3]);
});

test.run();
