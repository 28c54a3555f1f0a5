// The queue before a core: lanes take turns, order is kept within each, nothing is lost that was taken, and bounded.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { PeerId, Topic } from "../../core/ids.ts";
import type { Input } from "../../core/input.ts";
import { InputQueue, intakeMax, laneAlways } from "../../node/intake.ts";
import { holds } from "../laws.ts";

const queue = () => new InputQueue({ arrived: () => {}, filling: () => {} });
const frame = (stream: number, bytes = 1) =>
  ({ kind: "stream-frame", stream, frame: new Uint8Array(bytes) }) as const;
const gossip = (from: PeerId, bytes: number) =>
  ({ kind: "gossip", gossip: 1, from, topic: "t" as Topic, message: new Uint8Array(bytes) }) as const;
const [ann, bob, eve] = ["ann", "bob", "eve"] as [PeerId, PeerId, PeerId];

function drain(intake: InputQueue): readonly Input[] {
  const taken: Input[] = [];
  for (let next = intake.take(); next !== undefined; next = intake.take()) taken.push(next);
  return taken;
}

test("all that was taken in comes out once, each lane's in its order", () => {
  const steps = fc.array(fc.oneof(fc.constantFrom(ann, bob, eve), fc.constant("take" as const)), {
    maxLength: 400,
  });
  holds(
    fc.property(steps, (list) => {
      const intake = queue();
      const [pushed, out]: [number[], Input[]] = [[], []];
      for (const [index, step] of list.entries()) {
        if (step === "take") out.push(...[intake.take()].filter((input) => input !== undefined));
        else {
          void intake.pushWhenRoom(frame(index), step);
          pushed.push(index);
        }
      }
      out.push(...drain(intake));
      const found = out.map((input) => (input.kind === "stream-frame" ? input.stream : -1));
      assert.equal(
        [...found].sort((a, b) => a - b),
        pushed,
      );
      for (const peer of [ann, bob, eve]) {
        const own = found.filter((index) => list[index] === peer);
        assert.equal(
          own,
          [...own].sort((a, b) => a - b),
        );
      }
    }),
  );
});

test("one that says much waits for itself: another's input is the next but one, and a full queue still takes it", () => {
  const intake = queue();
  for (let index = 0; index < 2 * intakeMax; index += 1) void intake.pushWhenRoom(frame(index), eve);
  assert.is(intake.length, intakeMax);
  assert.ok(intake.offer(gossip(bob, 10), bob));
  void intake.pushWhenRoom(frame(-7), ann);
  const first = [intake.take(), intake.take(), intake.take()].map((input) => input?.kind);
  assert.equal(first, ["stream-frame", "gossip", "stream-frame"]);
  assert.not(intake.offer(gossip(eve, 10), eve));
});

test("a queue full of large messages takes a little of each other peer, and of clients", () => {
  const intake = queue();
  while (intake.offer(gossip(eve, 1_048_576), eve));
  assert.ok(intake.length < 100, `${intake.length} MiB wait`);
  for (let count = 0; count < laneAlways.inputs; count += 1) assert.ok(intake.offer(gossip(bob, 1), bob));
  assert.not(intake.offer(gossip(bob, 1), bob));
  assert.ok(intake.offer(gossip(ann, 1), ann));
});

test("whoever waits for room is let in as soon as there is some, and let go when the queue closes", async () => {
  const intake = queue();
  for (let index = 0; index < intakeMax; index += 1) void intake.pushWhenRoom(frame(index), eve);
  const [first, second] = [intake.pushWhenRoom(frame(1_000), eve), intake.pushWhenRoom(frame(1_001), eve)];
  intake.take();
  await first;
  intake.close();
  await second;
  assert.is(intake.take(), undefined);
});

test.run();
