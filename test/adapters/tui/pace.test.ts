import { test } from "uvu";
import * as assert from "uvu/assert";
import { Pace } from "../../../adapters/tui/pace.ts";

test("virtual time goes as fast as the limit says", () => {
  const pace = new Pace(20, 1_000);
  assert.is(pace.targetUs(1_000, 0), 0);
  assert.is(pace.targetUs(1_100, 0), 2_000_000);
});

test("without a limit there is no target", () => {
  assert.is(new Pace(Number.POSITIVE_INFINITY, 0).targetUs(1, 0), Number.POSITIVE_INFINITY);
});

test("a run that fell behind goes on at the limit, without racing to catch up", () => {
  const pace = new Pace(10, 0);
  pace.targetUs(5_000, 1_000_000);
  assert.is(pace.targetUs(5_100, 1_000_000), 2_000_000);
});

test("while paused virtual time stands still, and goes on from there", () => {
  const pace = new Pace(10, 0);
  pace.setPaused(true, 1_000, 7_000_000);
  assert.is(pace.targetUs(9_000, 7_000_000), 7_000_000);
  pace.setPaused(false, 9_000, 7_000_000);
  assert.is(pace.targetUs(9_100, 7_000_000), 8_000_000);
});

test("backwards virtual time falls as fast, at most to the beginning, and never without a limit", () => {
  const pace = new Pace(Number.POSITIVE_INFINITY, 0);
  pace.reverse(1_000, 7_000_000);
  assert.is(pace.limit, 100);
  assert.is(pace.targetUs(1_010, 7_000_000), 6_000_000);
  pace.restart(2_000, 500_000);
  assert.is(pace.targetUs(2_100, 500_000), 0);
});

test("faster and slower go through the speeds, up to no limit and down to a tenth", () => {
  const pace = new Pace(6.7, 0);
  pace.faster(0, 0);
  assert.is(pace.limit, 10);
  for (let press = 0; press < 20; press += 1) pace.faster(0, 0);
  assert.is(pace.limit, Number.POSITIVE_INFINITY);
  pace.slower(0, 0);
  assert.is(pace.limit, 100);
  for (let press = 0; press < 20; press += 1) pace.slower(0, 0);
  assert.is(pace.limit, 0.1);
});

test.run();
