import { test } from "uvu";
import * as assert from "uvu/assert";
import { RequestQueue } from "../../../adapters/http/request-queue.ts";

/** A queue whose answers leave when the test says so, and what became of it. */
function watched() {
  const done: string[] = [];
  const leaving: (() => void)[] = [];
  const client = { isOpen: true };
  const queue = new RequestQueue<number>({
    answer: async (request) => {
      done.push(`${request}`);
      await new Promise<void>((resolve) => leaving.push(resolve));
    },
    isOpen: () => client.isOpen,
    pause: () => done.push("pause"),
    resume: () => done.push("resume"),
  });
  const answerOne = async () => {
    leaving.shift()?.();
    await new Promise(setImmediate);
  };
  return { queue, done, client, answerOne };
}

test("requests are answered one after the other, and none is read while many wait, until none does", async () => {
  const { queue, done, answerOne } = watched();
  const count = 70;
  for (let number = 0; number < count; number += 1) queue.take(number, 10);
  assert.equal([...new Set(done)], ["0", "pause"]);
  for (let number = 0; number < count - 1; number += 1) await answerOne();
  assert.not(done.includes("resume"));
  await answerOne();
  const all = Array.from({ length: count }, (_, number) => String(number));
  assert.equal([...new Set(done)], ["0", "pause", ...all.slice(1), "resume"]);
});

test("a few large requests are many, too, and answers make room", async () => {
  const { queue, done, answerOne } = watched();
  queue.take(0, 600_000);
  queue.take(1, 600_000);
  assert.equal(done, ["0"]);
  await answerOne();
  queue.take(2, 600_000);
  assert.equal(done, ["0", "1"]);
  queue.take(3, 600_000);
  assert.equal(done, ["0", "1", "pause"]);
});

test("nothing that waits is executed once the client has gone", async () => {
  const { queue, done, client, answerOne } = watched();
  for (let number = 0; number < 10; number += 1) queue.take(number, 10);
  await answerOne();
  client.isOpen = false;
  await answerOne();
  queue.take(10, 10);
  assert.equal(done, ["0", "1", "resume", "resume"]);
});

test("what weighed much and was dropped with a client weighs on nothing that comes after", async () => {
  const { queue, done, client, answerOne } = watched();
  queue.take(0, 10);
  queue.take(1, 2_000_000);
  client.isOpen = false;
  await answerOne();
  client.isOpen = true;
  queue.take(2, 10);
  queue.take(3, 10);
  assert.equal(done, ["0", "pause", "resume", "2"]);
});

test.run();
