// Tables that are damaged: of what was written nothing is lost but the blocks that are, and nothing else is given.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { trailerBytes } from "../../../../adapters/level/raw/block.ts";
import { readTable, type Table } from "../../../../adapters/level/raw/table-file.ts";
import { firstFile, noise, overlaps, type Range, spoil, type Write, writeLevel } from "./written-level.ts";

const footerBytes = 48;
/** Blocks that LevelDB compresses, and blocks that it does not, small and large ones. */
const writes = Array.from({ length: 700 }, (_, each): Write => {
  const value =
    each % 3 === 0 ? noise(each, each % 60 === 0 ? 20_000 : 400) : `much the same ${each} `.repeat(40);
  return [`key ${String(each).padStart(4, "0")}`, value];
});
const file = firstFile(await writeLevel([writes, "reopen"]), /\.ldb$/);
const whole = readTable(file);

function rangeOf({ offset, bytes }: Table["blocks"][number]): Range {
  return { at: offset, end: offset + bytes + trailerBytes };
}
const dataEnd = Math.max(...whole.blocks.map((block) => rangeOf(block).end));
/** Many places in it: somewhere, at the borders of some blocks, and in each part behind the blocks. */
const places = [
  ...Array.from({ length: 40 }, (_, each) => Math.floor((each * file.length) / 40)),
  ...whole.blocks
    .filter((_, each) => each % 20 === 0)
    .flatMap(({ offset }) => [offset - 1, offset, offset + 1]),
  ...[dataEnd, dataEnd + 10, file.length - 400, file.length - footerBytes - 10],
  ...Array.from({ length: footerBytes / 4 }, (_, each) => file.length - footerBytes + 4 * each + 1),
].filter((at) => at >= 0);

test("a table that is whole has all blocks, compressed and not, and no damage", () => {
  assert.is(whole.damage, null);
  assert.ok(whole.blocks.length > 60, `${whole.blocks.length} blocks`);
  assert.is(whole.blocks.flatMap(({ entries }) => entries).length, writes.length);
  const types = new Set(whole.blocks.map((block) => file[rangeOf(block).end - trailerBytes]));
  assert.equal([...types].sort(), [0, 1]);
});

function assertLost(spoilt: Buffer, range: Range, about: string): void {
  const { blocks, damage } = readTable(spoilt);
  const left = whole.blocks.filter((block) => !overlaps(rangeOf(block), range));
  assert.is(blocks.length, left.length, about);
  assert.equal(blocks, left, about);
  assert.is.not(damage, null, about);
}

test("wherever a byte or some are others, or a sector is zeros, at most the blocks are lost in which they are", () => {
  for (const at of places)
    for (const [bytes, how] of [
      [1, "turned"],
      [100, "turned"],
      [4_096, "zeroed"],
    ] as const) {
      const range = { at, end: Math.min(at + bytes, file.length) };
      if (how === "zeroed" && file.subarray(range.at, range.end).every((byte) => byte === 0)) continue;
      assertLost(spoil(file, range, how), range, `${bytes} bytes ${how} at ${at} of ${file.length}`);
    }
});

test("where the footer or the index is gone as well no more is lost than that", () => {
  const footer = { at: file.length - footerBytes, end: file.length };
  const withoutFooter = spoil(file, footer);
  assertLost(withoutFooter, footer, "no footer");
  for (const at of places.filter((_, each) => each % 8 === 0)) {
    const range = { at, end: at + 100 };
    if (range.end < dataEnd)
      assertLost(spoil(withoutFooter, range), range, `no footer, and 100 bytes at ${at}`);
  }
});

test("of a table that is cut off all blocks are there that end before", () => {
  for (const end of places.filter((_, each) => each % 5 === 0))
    assertLost(file.subarray(0, end), { at: end, end: file.length }, `cut at ${end}`);
});

test("an index that reads as a data block is not taken for one", async () => {
  const letters = Array.from("abcdefgh", (letter, each): Write => [letter, noise(each, 5_000)]);
  const table = firstFile(await writeLevel([letters, "reopen"]), /\.ldb$/);
  const { blocks } = readTable(spoil(table, { at: table.length - footerBytes, end: table.length }));
  assert.equal(blocks, readTable(table).blocks);
  assert.is(blocks.length, letters.length);
});

test("several damages at once lose the blocks that they meet", () => {
  const first = whole.blocks.slice(5, 40).filter((_, each) => each % 7 === 0);
  const spoilt = first.reduce(
    (bytes, block) => spoil(bytes, rangeOf(block)),
    spoil(file, { at: file.length - 8, end: file.length }),
  );
  const left = whole.blocks.filter((block) => !first.includes(block));
  assert.equal(readTable(spoilt).blocks, left);
});

test("what is no table gives nothing", () => {
  for (const bytes of [0, 1, 47, 48, 200_000]) {
    assert.equal(readTable(Buffer.from(noise(bytes, bytes), "latin1")).blocks, []);
    assert.equal(readTable(Buffer.alloc(bytes)).blocks, []);
  }
});

test.run();
