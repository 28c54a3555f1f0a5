// The elementary functions of our own agree with the engine's, which are good but not the same everywhere.

import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { exponential, naturalLog, normalQuantile, squareRoot } from "../../sim/elementary.ts";

const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true });

function close(found: number, expected: number, relative: number): boolean {
  return Math.abs(found - expected) <= relative * Math.max(1e-300, Math.abs(expected));
}

test("the logarithm is right", () => {
  fc.assert(
    fc.property(positive, (value) => {
      assert.ok(
        Math.abs(naturalLog(value) - Math.log(value)) <= 1e-13 * Math.max(1, Math.abs(Math.log(value))),
      );
    }),
  );
  assert.is(naturalLog(1), 0);
});

test("the exponential is right", () => {
  fc.assert(
    fc.property(fc.double({ min: -600, max: 600, noNaN: true }), (power) => {
      assert.ok(close(exponential(power), Math.exp(power), 1e-12), `${power}`);
    }),
  );
  assert.is(exponential(0), 1);
});

test("the square root is right", () => {
  fc.assert(
    fc.property(positive, (value) => {
      assert.ok(close(squareRoot(value), Math.sqrt(value), 1e-15), `${value}`);
    }),
  );
  assert.is(squareRoot(0), 0);
});

test("the normal quantile agrees with tables, and is symmetric", () => {
  // Five-figure tables of the standard normal distribution, in any textbook.
  for (const [probability, quantile] of [
    [0.5, 0],
    [0.75, 0.67449],
    [0.9, 1.28155],
    [0.975, 1.95996],
    [0.99, 2.32635],
    [0.999, 3.09023],
    [0.9999, 3.71902],
  ] as const) {
    assert.ok(Math.abs(normalQuantile(probability) - quantile) < 1e-5, `${probability}`);
    assert.ok(Math.abs(normalQuantile(1 - probability) + quantile) < 1e-5, `${1 - probability}`);
  }
});

test.run();
