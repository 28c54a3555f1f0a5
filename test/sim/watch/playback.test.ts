import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPlanSimulation, createSimulation, planOf } from "../../../sim/host/simulate.ts";
import { inspect } from "../../../sim/inspect.ts";
import { Playback } from "../../../sim/watch/playback.ts";
import { breezy, stormy } from "../small-plans.ts";

const never = () => false;
const everything = { node: null, kind: null, text: "" };
const all = { until: null, skip: 0, count: 100_000 };

test("a moment looks the same forwards, backwards and after a leap", () => {
  const plan = planOf(stormy, 7);
  const playback = Playback.of(createPlanSimulation(plan));
  const straight = createPlanSimulation(plan);
  straight.runUntil(2_000_000);
  const expected = inspect(straight);
  playback.advance(2_000_000, never);
  assert.equal(inspect(playback.shown), expected);
  playback.advance(5_000_000, never);
  playback.seek({ kind: "time", timeUs: 2_000_000 });
  assert.not(playback.isAtHead);
  assert.equal(inspect(playback.shown), expected);
  const { events } = playback.shown.world;
  playback.stepForward();
  playback.seek({ kind: "event", event: events });
  assert.equal(inspect(playback.shown), expected);
});

test("the log says the same of a moment that was gone back to", () => {
  const playback = Playback.of(createSimulation(breezy));
  playback.advance(3_000_000, never);
  const { events } = playback.shown.world;
  const before = playback.log.latest(everything, all);
  assert.ok(before.length > 100);
  playback.advance(6_000_000, never);
  playback.seek({ kind: "event", event: events + 20 });
  playback.seek({ kind: "event", event: events });
  assert.equal(playback.log.latest(everything, all), before);
  playback.advance(6_000_000, never);
  assert.ok(playback.isAtHead);
  assert.is(playback.log.latest(everything, all).at(-1)?.event, before.at(-1)?.event);
});

test("the log is filtered by node, kind and text, and read back from any event", () => {
  const playback = Playback.of(createSimulation(breezy));
  playback.advance(4_000_000, never);
  const calls = playback.log.latest({ node: "n1", kind: "calls", text: "SET" }, all);
  assert.ok(calls.length > 0);
  for (const { node, kind, text } of calls)
    assert.ok(node === "n1" && kind === "calls" && text.startsWith("set "));
  const [latest, second] = playback.log.latest(everything, all);
  assert.equal(playback.log.latest(everything, { ...all, skip: 1, count: 1 }), [second]);
  const until = (latest?.event ?? 0) - 10;
  assert.ok((playback.log.latest(everything, { ...all, until })[0]?.event ?? 0) <= until);
});

test("a run that settles early ends where it does, and not where it might have", () => {
  const playback = Playback.of(createSimulation({ ...breezy, settle: "2s", until: "60s" }));
  assert.is(playback.endUs, 60_000_000);
  playback.advance(60_000_000, never);
  const { virtualMs = 0 } = playback.result ?? {};
  assert.ok(playback.isOver && virtualMs < 30_000, `${virtualMs} ms`);
  assert.equal([playback.nowUs, playback.endUs], [virtualMs * 1_000, virtualMs * 1_000]);
  playback.seek({ kind: "time", timeUs: 2_000_000 });
  assert.equal([playback.nowUs, playback.endUs], [2_000_000, virtualMs * 1_000]);
  playback.advance(60_000_000, never);
  assert.is(playback.nowUs, virtualMs * 1_000);
});

test("to be watched to the end, back and forth, changes no result", () => {
  const plan = planOf(stormy, 11);
  const expected = createPlanSimulation(plan).finish();
  const playback = Playback.of(createPlanSimulation(plan));
  playback.advance(1_000_000, never);
  playback.seek({ kind: "time", timeUs: 300_000 });
  playback.advance(plan.untilUs, never);
  assert.ok(playback.isOver);
  assert.equal(playback.result, expected);
  playback.seek({ kind: "time", timeUs: 0 });
  assert.not(playback.isOver);
  assert.equal(playback.finish(), expected);
});

test("work stops when its time is up, and goes on from there", () => {
  const playback = Playback.of(createSimulation(breezy));
  assert.not(playback.advance(5_000_000, () => true));
  assert.ok(playback.nowUs < 5_000_000);
  while (!playback.advance(5_000_000, () => true));
  assert.is(playback.nowUs, 5_000_000);
});

test("what was changed midway goes on beside the run as it was, and their endings are compared", () => {
  const playback = Playback.of(createSimulation({ ...breezy, name: "well", faults: [] }));
  playback.advance(2_000_000, never);
  const changed = playback.whatIf({ kind: "crash", node: 0, forUs: 60_000_000 });
  assert.is(changed.startUs, 2_000_000);
  const comparison = playback.compareWith(changed);
  assert.is(comparison.differences(), null);
  while (!comparison.advance(() => true));
  const differences = comparison.differences() ?? [];
  const writes = differences.find(({ what }) => what === "writes acknowledged");
  assert.ok(writes !== undefined && writes.first !== writes.second && writes.isEnding);
  const same = playback.compareWith(playback.whatIf({ kind: "heal" }));
  while (!same.advance(never));
  assert.equal(
    (same.differences() ?? []).filter(({ first, second, isEnding }) => isEnding && first !== second),
    [],
  );
});

test.run();
