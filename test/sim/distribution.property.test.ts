import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createLatency } from "../../sim/distribution.ts";
import type { LatencyPlan } from "../../sim/plan/plan.ts";
import { stream } from "../../sim/random.ts";

const ms = fc.double({ min: 0.01, max: 10_000, noNaN: true });
const word = fc.integer({ min: 0, max: 0xffff_ffff });

const plans: fc.Arbitrary<LatencyPlan> = fc.oneof(
  ms.map((value) => ({ kind: "constant", ms: value }) as const),
  fc.tuple(ms, ms).map(([minMs, more]) => ({ kind: "uniform", minMs, maxMs: minMs + more }) as const),
  ms.map((meanMs) => ({ kind: "exponential", meanMs }) as const),
  fc
    .tuple(ms, fc.double({ min: 1, max: 100, noNaN: true }))
    .map(([medianMs, ratio]) => ({ kind: "lognormal", medianMs, p99Ms: medianMs * ratio }) as const),
);

/** The latency in ms below which this part of the draws stays. */
function quantileMs(plan: LatencyPlan, part: number): number {
  return createLatency(plan)(Math.floor(part * 0x1_0000_0000)) / 1_000;
}

function within(found: number, expected: number, relative: number): boolean {
  return Math.abs(found - expected) <= Math.max(0.002, expected * relative);
}

test("a draw is a whole number of microseconds, never below zero, and never falls when the word rises", () => {
  fc.assert(
    fc.property(plans, word, word, (plan, a, b) => {
      const latency = createLatency(plan);
      const low = latency(Math.min(a, b));
      const high = latency(Math.max(a, b));
      assert.ok(Number.isSafeInteger(low) && Number.isSafeInteger(high), `${low} ${high}`);
      assert.ok(low >= 0 && low <= high, `${low} ${high}`);
    }),
  );
});

test("the whole range of a constant and a uniform latency is as asked", () => {
  assert.is(createLatency({ kind: "constant", ms: 20 })(0), 20_000);
  assert.is(createLatency({ kind: "constant", ms: 20 })(0xffff_ffff), 20_000);
  const uniform = createLatency({ kind: "uniform", minMs: 1, maxMs: 3 });
  assert.is(uniform(0), 1_000);
  assert.is(uniform(0xffff_ffff), 3_000);
});

test("half of a lognormal's draws stay below its median and 99 of 100 below its p99", () => {
  fc.assert(
    fc.property(ms, fc.double({ min: 1, max: 100, noNaN: true }), (medianMs, ratio) => {
      const plan = { kind: "lognormal", medianMs, p99Ms: medianMs * ratio } as const;
      assert.ok(within(quantileMs(plan, 0.5), medianMs, 0.001), "median");
      assert.ok(within(quantileMs(plan, 0.99), medianMs * ratio, 0.005), "p99");
    }),
  );
});

test("an exponential has its quantiles where they belong", () => {
  fc.assert(
    fc.property(ms, (meanMs) => {
      const plan = { kind: "exponential", meanMs } as const;
      for (const part of [0.1, 0.5, 0.9, 0.99, 0.999]) {
        assert.ok(within(quantileMs(plan, part), -meanMs * Math.log(1 - part), 0.005), String(part));
      }
    }),
  );
});

test("what has no end is cut off where one draw in thirty thousand would lie beyond", () => {
  const longest = createLatency({ kind: "exponential", meanMs: 1_000 })(0xffff_ffff) / 1_000;
  assert.ok(within(longest, 1_000 * Math.log(4_096 * Math.E * Math.E), 0.001), `${longest}`);
});

test("the mean of many draws is the mean that was asked for", () => {
  const draws = stream(1, "means");
  const meanMs = (plan: LatencyPlan) => {
    const latency = createLatency(plan);
    let sum = 0;
    for (let count = 0; count < 200_000; count += 1) sum += latency(draws.uint32());
    return sum / 200_000 / 1_000;
  };
  assert.ok(within(meanMs({ kind: "exponential", meanMs: 25 }), 25, 0.015));
  assert.ok(within(meanMs({ kind: "uniform", minMs: 10, maxMs: 50 }), 30, 0.01));
  // Of a lognormal it is the median times e to half the square of sigma.
  const sigma = Math.log(150 / 40) / 2.3263478740408408;
  const expectedMs = 40 * Math.exp((sigma * sigma) / 2);
  assert.ok(within(meanMs({ kind: "lognormal", medianMs: 40, p99Ms: 150 }), expectedMs, 0.015));
});

test("nearby words give different draws where the distribution is wide", () => {
  const latency = createLatency({ kind: "exponential", meanMs: 1_000 });
  const inOneCell = Array.from({ length: 16 }, (_, index) => latency(0x8000_0000 + index * 0x1_0000));
  assert.ok(new Set(inOneCell).size > 8, String(inOneCell));
});

test.run();
