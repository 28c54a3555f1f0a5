import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  durationMsMax,
  durationPattern,
  formatUs,
  parseDurationUs,
  parseRate,
  ratePattern,
} from "../../../sim/scenario/duration.ts";

test("durations in every unit are whole microseconds", () => {
  const expected: readonly (readonly [string | number, number])[] = [
    ["250ms", 250_000],
    ["10s", 10_000_000],
    ["2m", 120_000_000],
    ["1h", 3_600_000_000],
    ["1.5s", 1_500_000],
    ["0.25ms", 250],
    ["0s", 0],
    [0, 0],
    [20, 20_000],
    [0.5, 500],
  ];
  for (const [duration, us] of expected) assert.is(parseDurationUs(duration), us, String(duration));
});

test("what is no duration, below zero or above a year is none", () => {
  for (const wrong of [
    "",
    "10",
    "s",
    "-1s",
    "10 s",
    "10S",
    "1e3s",
    ".5s",
    "5.s",
    "10s ",
    "ten",
    "8761h",
    -1,
    4e10,
  ]) {
    assert.is(parseDurationUs(wrong), null, String(wrong));
  }
  assert.is(parseDurationUs(Number.NaN), null);
});

test("what the schema's pattern takes, the parser takes too up to a year, and the other way round", () => {
  const characters = fc.constantFrom(..."0123456789.msh -e".split(""));
  const texts = fc.oneof(
    fc.string({ unit: characters, maxLength: 6 }),
    fc.tuple(fc.nat(1_000), fc.constantFrom("ms", "s", "m", "h", "us", "")).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const isTaken = new RegExp(durationPattern).test(text);
      // 999999h is a duration as text, and longer than a year.
      const isLong = text.endsWith("h") && Number(text.slice(0, -1)) > durationMsMax / 3_600_000;
      assert.is(parseDurationUs(text) !== null, isTaken && !isLong, text);
    }),
  );
});

test("a duration that is written comes back when it is read", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000_000), (us) => {
      const text = formatUs(us);
      assert.is(us === 0 ? 0 : parseDurationUs(text), us, text);
    }),
  );
});

test("rates are so many in so much time", () => {
  assert.equal(parseRate("12/s"), { count: 12, perUs: 1_000_000 });
  assert.equal(parseRate("30/m"), { count: 30, perUs: 60_000_000 });
  assert.equal(parseRate("0.5/h"), { count: 0.5, perUs: 3_600_000_000 });
  assert.equal(parseRate(7), { count: 7, perUs: 1_000_000 });
  for (const wrong of ["12", "12/x", "12/ms", "/s", "0/s", "-1/s", "1 /s", 0, -1]) {
    assert.is(parseRate(wrong), null, String(wrong));
  }
  assert.ok(new RegExp(ratePattern).test("12/s") && !new RegExp(ratePattern).test("12/x"));
});

test.run();
