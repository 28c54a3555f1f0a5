// A simulated clock: offsets and jumps move the wall alone, drift moves both, and the monotonic one never goes back.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, NodeClock } from "../../../sim/world/clock.ts";
import { holds } from "../../laws.ts";

const hourUs = 3_600_000_000;
const ppms = fc.oneof(fc.integer({ min: -500_000, max: 500_000 }), fc.constantFrom(0, -100, 100));
const changes = fc.array(
  fc.record({
    afterUs: fc.nat(hourUs),
    ppm: fc.option(ppms),
    jumpMs: fc.integer({ min: -100_000_000, max: 100_000_000 }),
  }),
  { maxLength: 6 },
);

test("whatever drift and jumps do, the monotonic clock never goes back and runs as fast as the drift says", () => {
  holds(
    fc.property(ppms, changes, (ppm, list) => {
      const clock = new NodeClock(0, ppm);
      let [timeUs, currentPpm] = [0, ppm];
      for (const { afterUs, ppm: next, jumpMs } of list) {
        const before = clock.now(timeUs);
        timeUs += afterUs;
        const now = clock.now(timeUs);
        const expectedMs = (afterUs * (1_000_000 + currentPpm)) / 1_000_000 / 1_000;
        assert.ok(Math.abs(now.monotonicMs - before.monotonicMs - expectedMs) <= 1.01);
        assert.ok(now.monotonicMs >= before.monotonicMs);
        assert.ok(Number.isInteger(now.monotonicMs) && Number.isInteger(now.wallMs));
        clock.jump(jumpMs);
        assert.is(clock.now(timeUs).monotonicMs, now.monotonicMs, "a jump moves the wall clock alone");
        if (next === null) continue;
        clock.drift(next, timeUs);
        assert.is(clock.driftPpm, next);
        assert.is(clock.now(timeUs).monotonicMs, now.monotonicMs, "a change of drift moves nothing at once");
        currentPpm = next;
      }
    }),
  );
});

test("the wall clock is the monotonic one, its offset, and all jumps so far", () => {
  holds(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), ppms, changes, (offsetMs, ppm, list) => {
      const clock = new NodeClock(offsetMs, ppm);
      let [timeUs, shiftMs] = [0, offsetMs];
      for (const { afterUs, jumpMs } of list) {
        timeUs += afterUs;
        clock.jump(jumpMs);
        shiftMs += jumpMs;
        const { monotonicMs, wallMs } = clock.now(timeUs);
        assert.is(wallMs, Math.max(0, epochMs + monotonicMs + shiftMs));
      }
    }),
    { share: 0.5 },
  );
});

test("a wake-up comes at the first moment at which the clock has come to it", () => {
  holds(
    fc.property(ppms, changes, fc.integer({ min: 0, max: 86_400_000 }), (ppm, list, aheadMs) => {
      const clock = new NodeClock(0, ppm);
      let timeUs = 0;
      for (const { afterUs, ppm: next } of list) {
        timeUs += afterUs;
        if (next !== null) clock.drift(next, timeUs);
      }
      const targetMs = clock.now(timeUs).monotonicMs + aheadMs;
      const dueUs = clock.timeOf(targetMs, timeUs);
      assert.ok(Number.isInteger(dueUs) && dueUs >= timeUs);
      assert.ok(clock.now(dueUs).monotonicMs >= targetMs, "too early");
      if (dueUs > timeUs) assert.ok(clock.now(dueUs - 1).monotonicMs < targetMs, "too late");
    }),
  );
});

test("a wake-up that is overdue comes at once", () => {
  const clock = new NodeClock(0, 100);
  assert.is(clock.timeOf(5, 1_000_000), 1_000_000);
});

test.run();
