// Logs that are damaged: of what was written nothing is lost but the batches that are, and nothing else is given.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { findGap, findHole } from "../../../../adapters/level/raw/log-file.ts";
import { batchesOf, type LogBatch } from "../../../../adapters/level/raw/write-batch.ts";
import { firstFile, noise, overlaps, type Range, spoil, type Write, writeLevel } from "./written-level.ts";

/** Small batches, and some that go over several blocks of the log. */
const batches = Array.from({ length: 500 }, (_, each): readonly Write[] => [
  [`key ${each}`, noise(each, each % 50 === 0 ? 80_000 : each)],
  [`gone ${each}`, null],
]);
const log = firstFile(await writeLevel(batches), /\.log$/);
const whole = batchesOf(log);

function rangesOf({ pieces }: LogBatch): readonly Range[] {
  return pieces.map(({ at, end }) => ({ at, end }));
}
const places = [
  ...Array.from({ length: 120 }, (_, each) => Math.floor((each * log.length) / 120)),
  ...Array.from({ length: 10 }, (_, each) => 32_768 * (each + 1) + (each % 3) - 1),
  // The header of one, and the end of that before it.
  ...whole
    .filter((_, each) => each % 25 === 3)
    .flatMap(({ pieces: [piece] }) => [(piece?.at ?? 0) - 5, piece?.at ?? 0]),
];

test("a log that is whole has all batches, also those of several blocks", () => {
  assert.is(whole.length, batches.length);
  assert.ok(whole.some(({ pieces }) => pieces.length > 2));
  const written = whole.flatMap(({ entries }) => entries.map(({ key }) => key.toString("latin1")));
  assert.equal(
    written,
    batches.flat().map(([key]) => key),
  );
  assert.is(findHole(log, "next-readable"), null);
  assert.is(findGap(log), null);
});

const keysIn = (found: readonly LogBatch[]) =>
  found.map(({ entries: [first] }) => first?.key.toString("latin1"));

test("wherever a byte or some are others, or a sector is zeros, at most the batches are lost in which they are", () => {
  for (const at of places)
    for (const [bytes, how] of [
      [1, "turned"],
      [100, "turned"],
      [4_096, "zeroed"],
    ] as const) {
      const range = { at, end: Math.min(at + bytes, log.length) };
      const left = whole.filter((batch) => !rangesOf(batch).some((each) => overlaps(each, range)));
      const found = batchesOf(spoil(log, range, how));
      assert.equal(keysIn(found), keysIn(left), `${bytes} bytes ${how} at ${at} of ${log.length}`);
    }
});

test("a log that is cut off has no hole, and all batches that end before; one with a damage has a gap", () => {
  for (const end of places) {
    const cut = log.subarray(0, end);
    const left = whole.filter((batch) => rangesOf(batch).every((each) => each.end <= end));
    assert.equal(keysIn(batchesOf(cut)), keysIn(left), `cut at ${end}`);
    assert.is(findHole(cut, "next-readable"), null);
    assert.is(findGap(cut), null, `cut at ${end}`);
  }
  assert.is(findGap(Buffer.concat([log, Buffer.alloc(50_000)])), null, "zeros were never written");
  const end = log.length - 20;
  assert.is(findHole(spoil(log, { at: end, end: end + 1 }), "next-readable"), null);
  assert.is.not(findGap(spoil(log, { at: end, end: end + 1 })), null);
});

test("what lies within a value and looks like a record counts for nothing where that value is damaged", async () => {
  const planted = firstFile(await writeLevel([[["planted", "by somebody"]], [["and", "another"]]]), /\.log$/);
  const carrier: Write = ["carrier", `before ${planted.toString("latin1")} after ${noise(7, 2_000)}`];
  for (const before of [0, 100]) {
    const small = (each: number): readonly Write[] => [[`key ${each}`, "value"]];
    const steps = [...Array.from({ length: before }, (_, each) => small(each)), [carrier]];
    const behind = Array.from({ length: 200 }, (_, each) => small(1_000 + each));
    const carrying = firstFile(await writeLevel([...steps, ...behind]), /\.log$/);
    const { pieces } = batchesOf(carrying)[before] ?? { pieces: [] };
    const at = pieces[0]?.at ?? -1;
    const found = keysIn(batchesOf(spoil(carrying, { at, end: at + 7 })));
    assert.is(found.length, before + behind.length);
    assert.not(found.includes("planted") || found.includes("and"));
  }
});

test.run();
