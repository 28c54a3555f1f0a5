// Whatever breaks ties, events leave in one order: by time, then by the policy, and none is lost or comes twice.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventQueue, type TieBreak, tieBreaks } from "../../../sim/world/event-queue.ts";
import { holds } from "../../laws.ts";

interface Event {
  readonly kind: string;
  readonly timeUs: number;
  readonly nth: number;
}

const pushes = fc.record({
  push: fc.constant(true),
  timeUs: fc.oneof(fc.nat(5), fc.nat(1_000_000)),
  kind: fc.constantFrom("wake", "gossip", "carried"),
});
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: pushes },
    {
      weight: 2,
      arbitrary: fc.record({ push: fc.constant(false), timeUs: fc.constant(0), kind: fc.constant("") }),
    },
  ),
  { maxLength: 120 },
);

/** Pushes and pops as the steps say, then pops what is left. Nothing is pushed before the present. */
function orderOf(
  policy: TieBreak,
  seed: number,
  list: readonly { push: boolean; timeUs: number; kind: string }[],
): readonly Event[] {
  const queue = new EventQueue<Event>(policy, seed);
  const popped: Event[] = [];
  let [nowUs, pushed] = [0, 0];
  const pop = () => {
    const dueUs = queue.nextTimeUs;
    const event = queue.pop();
    if (event === undefined) return;
    assert.is(event.timeUs, dueUs);
    assert.ok(event.timeUs >= nowUs, "time went back");
    nowUs = event.timeUs;
    popped.push(event);
  };
  for (const { push, timeUs, kind } of list) {
    if (!push) pop();
    else {
      pushed += 1;
      queue.push(nowUs + timeUs, { kind, timeUs: nowUs + timeUs, nth: pushed });
    }
    assert.is(queue.size, pushed - popped.length);
  }
  while (queue.size > 0) pop();
  assert.is(queue.pop(), undefined);
  assert.is(queue.nextTimeUs, Number.POSITIVE_INFINITY);
  assert.equal(
    popped.map(({ nth }) => nth).sort((a, b) => a - b),
    Array.from({ length: pushed }, (_, index) => index + 1),
  );
  return popped;
}

for (const policy of tieBreaks) {
  test(`${policy}: every event leaves once, never before its time, in the same order each time`, () => {
    holds(
      fc.property(steps, fc.nat(0xffff_ffff), (list, seed) => {
        assert.equal(orderOf(policy, seed, list), orderOf(policy, seed, list));
      }),
      { share: 0.5 },
    );
  });
}

/** Events of one moment, in the order in which they leave. */
function ties(policy: TieBreak, seed: number, kinds: readonly string[]): readonly number[] {
  const queue = new EventQueue<Event>(policy, seed);
  kinds.forEach((kind, nth) => {
    queue.push(7, { kind, timeUs: 7, nth });
  });
  return kinds.map(() => queue.pop()?.nth ?? -1);
}

test("each policy orders one moment in its own way", () => {
  const kinds = Array.from({ length: 12 }, (_, index) => ["wake", "gossip", "carried"][index % 3] as string);
  const forwards = kinds.map((_, index) => index);
  assert.equal(ties("first-in", 1, kinds), forwards);
  assert.equal(ties("last-in", 1, kinds), forwards.toReversed());
  assert.is.not(String(ties("random", 1, kinds)), String(ties("random", 2, kinds)));
  assert.is.not(String(ties("random", 1, kinds)), String(forwards));
  const byKind = ties("by-kind", 1, kinds).map((nth) => kinds[nth]);
  assert.is(byKind.filter((kind, index) => kind !== byKind[index - 1]).length, 3, "kinds stay together");
});

test("a queue grows as it must", () => {
  const queue = new EventQueue<Event>("random", 3);
  for (let nth = 0; nth < 10_000; nth += 1) queue.push(nth % 97, { kind: "wake", timeUs: nth % 97, nth });
  let lastUs = 0;
  for (let count = 0; count < 10_000; count += 1) {
    const event = queue.pop();
    assert.ok(event !== undefined && event.timeUs >= lastUs);
    lastUs = event?.timeUs ?? 0;
  }
});

test.run();
