// Inflating what a peer sent: it agrees with zlib, and costs no more than what was told allows.

import { constants, deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../../core/fault.ts";
import { decoding } from "../../../core/wire/cbor.ts";
import { blockBytesMin, inflate } from "../../../core/wire/inflate.ts";
import { holds } from "../../laws.ts";

function fate(stream: Uint8Array, length: number): string {
  const done = decoding("stream", () => ({ kind: "done", bytes: inflate(stream, length) }) as const);
  return isFault(done) ? `${done.code}: ${done.detail}` : "done";
}

/** Some of it at random, some repeated, near and far. */
const texts = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 3_000 }),
      fc
        .record({ some: fc.uint8Array({ minLength: 1, maxLength: 40 }), times: fc.nat(2_000) })
        .map(({ some, times }) =>
          new Uint8Array(some.length * times).map((_, at) => some[at % some.length] ?? 0),
        ),
      // Some bytes far more often than others: codes of very different lengths.
      fc
        .array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3_000 })
        .map((chances) => Uint8Array.from(chances, (chance) => 255 * chance ** 12)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Uint8Array.from(Buffer.concat(parts)));

const ways = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
});

test("what zlib deflates in any way comes back, and is neither longer nor shorter than told", () => {
  holds(
    fc.property(texts, ways, fc.uint8Array({ minLength: 1, maxLength: 9 }), (text, way, after) => {
      const stream = Uint8Array.from(deflateRawSync(text, way));
      assert.is(Buffer.compare(inflate(stream, text.length), text), 0);
      if (text.length > 0) assert.match(fate(stream, text.length - 1), /^too-large/);
      assert.match(fate(stream, text.length + 1), /^malformed: stream: \d+ bytes of the/);
      assert.match(fate(stream.subarray(0, -1), text.length), /cut off/);
      assert.match(fate(Uint8Array.from([...stream, ...after]), text.length), /bytes after the last/);
    }),
  );
});

test("codes longer than are looked up at once are read", () => {
  // Each byte twice as often as the one after it.
  const text = Uint8Array.from({ length: 60_000 }, (_, at) => Math.clz32((at * 2_654_435_761) >>> 0));
  const stream = Uint8Array.from(deflateRawSync(text, { strategy: constants.Z_HUFFMAN_ONLY }));
  assert.is(Buffer.compare(inflate(stream, text.length), text), 0);
});

test("any bytes end with as many as told or with a fault", () => {
  holds(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5_000), (stream, length) => {
      const done = decoding("stream", () => ({ kind: "done", bytes: inflate(stream, length) }) as const);
      if (!isFault(done)) assert.is(done.bytes.length, length);
    }),
  );
});

/** Streams of so many blocks of which nothing comes, and then one of no kind, at which any reader stops. */
const empties: Readonly<Record<string, (blocks: number) => Uint8Array>> = {
  stored: (blocks) => Uint8Array.from([...Array(blocks).fill([0, 0, 0, 0xff, 0xff]).flat(), 7]),
  fixed: (blocks) => bytesOfBits(`${"0100000000".repeat(blocks)}111`),
  told: (blocks) => bytesOfBits(`${toldEmpty.repeat(blocks)}111`),
};
/** A block of codes of its own: one bit for its end, fifteen for the first byte and the first distance. */
const toldEmpty = [
  "0" + "01" + "00000" + "00000" + "1111",
  // Codes of two bits for the lengths 0, 1, 15 and for many zeros.
  ["18", "0", "1", "15"]
    .reduce((told, place) => told.with(tellingPlace(place), "010"), Array(19).fill("000"))
    .join(""),
  "10" + "11" + "1111111" + "11" + "0101011" + "01" + "10",
  "0",
].join("");

function tellingPlace(length: string): number {
  return [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].indexOf(Number(length));
}

/** From the lowest of each byte on. */
function bytesOfBits(bits: string): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let at = 0; at < bits.length; at += 1)
    bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (Number(bits[at]) << (at & 7));
  return bytes;
}

test("no more blocks are read than what was told may take, however little they give", () => {
  for (const [kind, stream] of Object.entries(empties)) {
    holds(
      fc.property(fc.nat(40 * blockBytesMin), fc.integer({ min: -20, max: 20 }), (length, more) => {
        const blocksMax = 1 + Math.floor(length / blockBytesMin);
        const blocks = Math.max(0, blocksMax + more);
        // The block of no kind comes after these, and is met only where one more is read.
        const expected =
          blocks < blocksMax ? /^malformed: stream: a deflated block of no kind/ : /^too-large/;
        assert.match(fate(stream(blocks), length), expected, kind);
      }),
      { share: 0.3 },
    );
  }
});

test.run();
