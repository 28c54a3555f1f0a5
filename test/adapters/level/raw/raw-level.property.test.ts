// What is read without LevelDB of a LevelDB that is whole is what LevelDB reads.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findFileDamage } from "../../../../adapters/level/raw/level-files.ts";
import { holdsAsync } from "../../../laws.ts";
import { noise, readByLevelDb, readRaw, type Step, type Write, writeLevel } from "./written-level.ts";

const key = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((index) => `key ${index}`),
  fc.string({ unit: "binary-ascii", maxLength: 12 }),
);
const value = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary-ascii", maxLength: 30 }) },
  fc.integer({ min: 0, max: 3_000 }).map((length) => "much the same ".repeat(length / 14)),
  fc.tuple(fc.nat(), fc.integer({ min: 0, max: 9_000 })).map(([seed, length]) => noise(seed, length)),
);
const write: fc.Arbitrary<Write> = fc.tuple(
  key,
  fc.oneof({ weight: 3, arbitrary: value }, fc.constant(null)),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.array(write, { minLength: 1, maxLength: 60 }) },
  fc.constant("reopen" as const),
  fc.constant("merge" as const),
);

test("whatever was written, removed, written again and merged, what is read is what LevelDB reads", async () => {
  await holdsAsync(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const path = await writeLevel(steps);
      assert.is(await findFileDamage(path), null);
      assert.equal(await readRaw(path), await readByLevelDb(path));
    }),
    { share: 0.2 },
  );
});

test("many keys, values larger than a block, batches larger than a block of the log: all are read", async () => {
  const index = Array.from({ length: 4_000 }, (_, each) => each);
  const path = await writeLevel([
    index.map((each): Write => [`key ${each}`, noise(each, 600)]),
    index.map((each): Write => [`key ${each}`, each % 3 === 0 ? null : `compressible ${each} `.repeat(60)]),
    "reopen",
    [
      ["large", noise(1, 300_000)],
      ["large, too", "z".repeat(3_000_000)],
    ],
    "reopen",
    index.filter((each) => each % 5 === 0).map((each): Write => [`key ${each}`, noise(each, 100)]),
    [["large", null]],
  ]);
  const read = await readRaw(path);
  assert.ok(read.length > 2_000);
  assert.equal(read, await readByLevelDb(path));
  assert.is(await findFileDamage(path), null);
});

test.run();
