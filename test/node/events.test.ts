import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContextNews } from "../../adapters/http/api.ts";
import type { ContextId } from "../../core/ids.ts";
import { Events } from "../../node/events.ts";

const [here, there] = ["h".repeat(32) as ContextId, "t".repeat(32) as ContextId];

function change(contextId: ContextId, ...texts: readonly string[]) {
  const events = texts.map((content) => ({ kind: "said", content, handler: null }));
  return { kind: "state-changed", contextId, events } as const;
}

/** All that waits, in short. */
async function drained(events: Events, listener: AsyncIterable<ContextNews>): Promise<readonly string[]> {
  events.close();
  const told: string[] = [];
  for await (const news of listener) {
    if (news.kind === "missed") told.push(`missed ${news.count}`);
    else if (news.kind === "sync-changed") told.push(`sync ${news.contextId[0]}`);
    else
      told.push(
        [news.contextId[0], ...news.events.map(({ content }) => String(content).slice(0, 3))].join(" "),
      );
  }
  return told;
}

test("what happens in a context while its listener is slow is told as one, with all events in order", async () => {
  const events = new Events();
  const listener = events.subscribe(() => true);
  events.publish(change(here, "a"));
  events.publish(change(there));
  events.publish({ kind: "sync-changed", contextId: here });
  events.publish(change(here, "b", "c"));
  events.publish({ kind: "sync-changed", contextId: here });
  assert.equal(await drained(events, listener), ["h a b c", "t", "sync h"]);
});

test("what waits for one listener is neither another's nor the publisher's", async () => {
  const events = new Events();
  const [first, second] = [events.subscribe(() => true), events.subscribe(() => true)];
  const published = change(here, "a");
  events.publish(published);
  await second.next();
  events.publish(change(here, "b"));
  assert.is(published.events.length, 1);
  assert.equal((await second.next()).value.events, change(here, "b").events);
  assert.equal(await drained(events, first), ["h a b"]);
});

test("of more events than there is room for the listener is told how many, and still of the change", async () => {
  const events = new Events();
  const listener = events.subscribe(({ contextId }) => contextId === here);
  const much = "x".repeat(3_000_000);
  events.publish(change(here, `1${much}`));
  events.publish(change(here, `2${much}`, "3"));
  events.publish(change(here, "4"));
  events.publish(change(there, "5"));
  assert.equal(await drained(events, listener), ["h 1xx 4", "missed 2"]);
});

test("room comes back with what is taken, and one happening always has room", async () => {
  const events = new Events();
  const listener = events.subscribe(() => true);
  for (let round = 0; round < 3; round += 1) {
    events.publish(change(here, `${round}${"x".repeat(5_000_000)}`));
    const { value } = await listener.next();
    assert.is(value.events.length, 1);
  }
  assert.equal(await drained(events, listener), []);
});

test("who listens to a node that has stopped hears the end at once", async () => {
  const events = new Events();
  events.close();
  assert.is((await events.subscribe(() => true).next()).done, true);
});

test.run();
