// Frames that travel deflated: they come back as they were, and no frame grows beyond its bounds.

import * as fc from "fast-check";
import { deflateSync } from "fflate";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../../core/fault.ts";
import { frameBytesMax } from "../../../core/limits.ts";
import { decoding, encode } from "../../../core/wire/cbor.ts";
import { deflated, growthMax, inflated } from "../../../core/wire/deflated.ts";
import { holds } from "../../laws.ts";

/** A frame, as messages are: an array that begins with a code. */
const frames = fc
  .record({ some: fc.uint8Array({ minLength: 1, maxLength: 300 }), times: fc.integer({ min: 1, max: 400 }) })
  .map(({ some, times }) => encode([25, Array.from({ length: times }, (_, index) => [index % 7, some])]));

function fate(frame: Uint8Array): string {
  const opened = decoding("frame", () => ({ kind: "opened", bytes: inflated(frame) }) as const);
  return isFault(opened) ? `${opened.code}: ${opened.detail}` : "opened";
}

test("a frame comes back as it was, and is never longer on its way", () => {
  let [shorter, same] = [0, 0];
  holds(
    fc.property(frames, (frame) => {
      const way = deflated(frame);
      assert.ok(way.length <= frame.length);
      assert.equal(inflated(way), frame);
      assert.equal(deflated(frame), way);
      shorter += Number(way.length < frame.length);
      same += Number(way === frame);
    }),
  );
  assert.ok(shorter > 0 && same > 0, "all were deflated, or none");
});

test("any change to a deflated frame ends soon, with a frame or a fault", () => {
  holds(
    fc.property(frames, fc.nat(), fc.nat(255), fc.nat(), (frame, at, byte, cut) => {
      const way = Uint8Array.from(deflated(frame));
      way[at % way.length] = byte;
      for (const changed of [way, way.subarray(0, cut % way.length)]) {
        const opened = decoding("frame", () => ({ kind: "opened", bytes: inflated(changed) }) as const);
        if (!isFault(opened))
          assert.ok(opened.bytes.length <= Math.max(frame.length, growthMax * changed.length));
      }
    }),
  );
});

test("what grows to more than was told, or than its length allows, is refused", () => {
  const zeros = deflateSync(new Uint8Array(64 * 1_048_576), { level: 9 });
  const varied = Uint8Array.from({ length: 2_000 }, (_, index) => (index * index) % 251);
  const short = deflateSync(varied, { level: 9 });
  const cases: readonly (readonly [readonly unknown[], RegExp])[] = [
    [[28, frameBytesMax, zeros], /malformed: frame: expected a whole number from 0 to \d+, found/],
    [[28, 32 * zeros.length, zeros], /too-large: frame: more than the \d+ bytes/],
    [[28, varied.length - 1, short], /too-large: frame: more than the 1999 bytes/],
    [[28, short.length, short], /malformed: frame: \d+ deflated bytes for/],
    [[28, 0, short], /malformed: frame: \d+ deflated bytes for/],
    [[28, 32 * short.length, short], /malformed: frame: \d+ bytes of the/],
    [[28, varied.length, short], /opened/],
    [[28, varied.length, Uint8Array.from([...short, 0])], /malformed: frame: bytes after the last/],
    [[28, varied.length, Uint8Array.from([...short, ...short])], /malformed: frame: bytes after the last/],
    [[28, varied.length, short.subarray(0, -1)], /malformed: frame: a deflated frame that is cut off/],
    [[28, 5, new Uint8Array([7, 7, 7])], /malformed: frame: a deflated block of no kind/],
    [[28, 0, new Uint8Array()], /malformed/],
    [[28, "5", short], /malformed/],
    [[28, 5], /opened/],
  ];
  for (const [fields, expected] of cases) assert.match(fate(encode(fields)), expected);
});

test.run();
