// What is read without LevelDB of a LevelDB that is whole is what LevelDB reads.

import { readFileSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findFileDamage } from "../../../../adapters/level/raw/level-files.ts";
import { holdsAsync } from "../../../laws.ts";
import {
  filesOf,
  noise,
  readByLevelDb,
  readRaw,
  type Step,
  spoil,
  type Write,
  writeLevel,
} from "./written-level.ts";

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

const damage = fc.record({
  file: fc.nat(),
  place: fc.nat(),
  bytes: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(4_096)),
  how: fc.constantFrom("turned" as const, "zeroed" as const, "cut" as const),
});

test("whatever is damaged afterwards, what is read was written under that key, and it is told where it is not all", async () => {
  await holdsAsync(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 25 }),
      fc.array(damage, { minLength: 1, maxLength: 6 }),
      async (steps, damages) => {
        const path = await writeLevel(steps);
        const whole = await readRaw(path);
        for (const { file, place, bytes, how } of damages) {
          const files = filesOf(path, /\.(ldb|log)$|^MANIFEST/);
          const name = files[file % files.length] ?? "";
          const content = readFileSync(name);
          const at = place % Math.max(1, content.length);
          const spoilt =
            how === "cut" ? content.subarray(0, at) : spoil(content, { at, end: at + bytes }, how);
          writeFileSync(name, spoilt);
        }
        const written = new Set(steps.flatMap((each) => (typeof each === "string" ? [] : each)).map(String));
        const read = await readRaw(path);
        for (const each of read) assert.ok(written.has(String(each)), `${each} was never written`);
        const torn = filesOf(path, /\.log$/).length > 0 && damages.some(({ how }) => how !== "turned");
        if ((await findFileDamage(path)) === null && !torn) assert.equal(read, whole);
      },
    ),
    { share: 0.3 },
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
