// Handlers of events: who runs them, when, how often, and what becomes of those that fail.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallError } from "../../../core/app/application.ts";
import { textArgument } from "../../../core/app/arguments.ts";
import { defineApp } from "../../../core/app/define-app.ts";
import { list } from "../../../core/app/fields/sequence.ts";
import { set } from "../../../core/app/fields/set.ts";
import type { Effect } from "../../../core/effect.ts";
import { toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { sealDelta } from "../../../core/wire/delta-codec.ts";
import { codec, identityOf, incarnation, opened } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";
import { annAndBob, join, look, published } from "./told.ts";

/** Every run of a handler, on whichever node: the content it ran for. */
const runs: Json[] = [];
/** Contents that a handler chokes on. */
const poison = new Set<Json>();

const notes = defineApp({
  name: "notes",
  state: { heard: set<Json>(), order: list<Json>() },
  methods: {
    say(_state, args, call) {
      call.emit("said", textArgument(args, "text"), "hear");
    },
    sayMany(_state, args, call) {
      for (const text of args.texts as string[]) call.emit("said", text, "hear");
    },
    whisper(_state, args, call) {
      call.emit("whispered", textArgument(args, "text"), "ignore");
    },
    echo(_state, args, call) {
      call.emit("said", textArgument(args, "text"), "repeat");
    },
    misname(_state, _args, call) {
      call.emit("said", "x", "nobody" as "hear");
    },
  },
  views: {
    heard: ({ heard }) => [...heard.values()],
    order: ({ order }) => order.toArray(),
  },
  handlers: {
    hear({ heard, order }, content, call) {
      runs.push(content);
      order.push(content);
      if (poison.has(content)) throw new CallError(`cannot hear ${String(content)}`);
      heard.add([content, call.event.name, call.event.author, call.event.id, call.author]);
    },
    ignore: () => {},
    repeat({ heard }, content, call) {
      heard.add(content);
      (call.emit as (event: string, content: Json, handler: string) => void)("said", content, "repeat");
    },
  },
});

test.before.each(() => {
  runs.length = 0;
  poison.clear();
});

test("a receiver runs the handler in a later turn, knows whose event it was, and the author never does", () => {
  const { ann, bob, contextId, tell } = annAndBob(notes);
  const atOnce = tell("say", { text: "hello" });
  assert.equal(runs, []);
  assert.equal(published(atOnce), []);
  const [written] = published(bob.pass(0));
  assert.equal(runs, ["hello"]);
  assert.is(written?.content.kind, "handler");
  assert.is(written?.author, bob.identity.author);
  const [[content, name, author, id, runner]] = look(bob, contextId, "heard") as [Json[]];
  assert.equal([content, name], ["hello", "said"]);
  assert.equal([author, runner], [toHex(ann.identity.author), toHex(bob.identity.author)]);
  assert.match(String(id), /^[0-9a-f]{64}:0$/);
  ann.gossip("bob", contextId, written?.sealed ?? new Uint8Array());
  ann.pass(60_000);
  bob.pass(60_000);
  assert.equal(runs, ["hello"]);
  assert.equal(look(ann, contextId, "heard"), look(bob, contextId, "heard"));
});

test("a handler that writes nothing makes no delta, and is owed no more", () => {
  const { bob, contextId, tell } = annAndBob(notes);
  tell("whisper", { text: "psst" });
  assert.is(bob.replica(contextId).owed.waitingCount, 1);
  const effects = bob.pass(0);
  assert.is(observed(effects, "handler-ran"), 1);
  assert.equal(published(effects), []);
  assert.is(bob.replica(contextId).owed.waitingCount, 0);
  assert.is(observed(bob.pass(1_000_000), "handler-ran"), 0);
  assert.is(bob.disk.get(storeKeys.owedEntry(contextId, "0", 0)), undefined, "nothing of it is stored");
});

test("an event may name only a handler that the application has", () => {
  const { ann, contextId } = annAndBob(notes);
  const outcome = ann.execute(contextId, "misname");
  assert.ok(outcome.kind === "refused" && outcome.code === "call-failed");
  assert.match(outcome.message, /handler "nobody".*hear, ignore, repeat/);
});

test("what a handler writes starts no handler: one that tries fails", () => {
  const { bob, contextId, tell } = annAndBob(notes, { config: { handlerAttemptsMax: 1 } });
  tell("echo", { text: "again" });
  const effects = bob.pass(0);
  assert.is(observed(effects, "handler-parked"), 1);
  assert.match(bob.replica(contextId).owed.parked(1)[0]?.lastError ?? "", /what a handler began names none/);
  assert.equal(look(bob, contextId, "heard"), []);
});

test("a handler that fails is tried exactly as often as it may be, ever later, then parked and reported", () => {
  const handlerAttemptsMax = 5;
  const { bob, contextId, tell } = annAndBob(notes, { config: { handlerAttemptsMax } });
  poison.add("bad");
  const bornMs = bob.monotonicMs;
  tell("say", { text: "bad" });
  const timesMs: number[] = [];
  const all: Effect[] = [];
  while (bob.wakeAtMs !== null && bob.monotonicMs < bornMs + 200_000) {
    const before = runs.length;
    all.push(...bob.pass(Math.max(0, bob.wakeAtMs - bob.monotonicMs)));
    if (runs.length > before) timesMs.push(bob.monotonicMs);
  }
  assert.is(timesMs.length, handlerAttemptsMax);
  const delaysMs = timesMs.slice(1).map((timeMs, index) => timeMs - (timesMs[index] ?? 0));
  delaysMs.forEach((delayMs, index) => {
    const leastMs = 1_000 * 2 ** index;
    assert.ok(delayMs >= leastMs && delayMs <= 1.5 * leastMs, `${delayMs} after attempt ${index + 1}`);
  });
  assert.is(observed(all, "handler-failed"), handlerAttemptsMax);
  assert.is(observed(all, "handler-parked"), 1);
  const details = only(all, "observe").flatMap(({ observation }) => observation.detail ?? []);
  assert.ok(details.every((detail) => detail === "call-failed: cannot hear bad"));
  const { owed } = bob.replica(contextId);
  assert.equal([owed.waitingCount, owed.parkedCount], [0, 1]);
  const [entry] = bob.replica(contextId).owed.parked(10);
  assert.equal([entry?.attempts, entry?.lastError], [handlerAttemptsMax, "call-failed: cannot hear bad"]);
  assert.equal(look(bob, contextId, "order"), [], "what a failed attempt wrote is gone");
});

test("parked work is tried again when an operator says so, and parked again when it fails as often", () => {
  const { bob, contextId, tell } = annAndBob(notes, { config: { handlerAttemptsMax: 2 } });
  poison.add("bad").add("worse");
  for (const text of ["bad", "worse"]) tell("say", { text });
  bob.pass(100_000);
  assert.is(runs.length, 4);
  poison.delete("bad");
  assert.equal(bob.call({ kind: "retry-owed", contextId }), { kind: "retrying", count: 2 });
  const effects = bob.pass(100_000);
  assert.is(observed(effects, "handler-ran"), 1);
  assert.is(observed(effects, "handler-failed"), 2);
  assert.equal(look(bob, contextId, "order"), ["bad"]);
  assert.is(bob.replica(contextId).owed.parkedCount, 1);
  const unknown = bob.call({ kind: "retry-owed", contextId: "x".repeat(32) as typeof contextId });
  assert.ok(unknown.kind === "refused" && unknown.code === "context-not-found");
});

test("a retry that an operator asked for survives a restart", () => {
  const { bob, contextId, tell } = annAndBob(notes, { config: { handlerAttemptsMax: 1 } });
  poison.add("bad");
  tell("say", { text: "bad" });
  bob.pass(0);
  poison.clear();
  bob.call({ kind: "retry-owed", contextId });
  const again = new LoneNode("bob", { disk: bob.disk, applications: [notes] });
  assert.is(again.replica(contextId).owed.parkedCount, 1);
  again.pass(0);
  assert.equal(look(again, contextId, "order"), ["bad"]);
});

test("events are handled in the order they came, and one that fails does not hold up the others", () => {
  const { bob, contextId, tell } = annAndBob(notes);
  poison.add("b");
  tell("sayMany", { texts: ["a", "b", "c"] });
  tell("say", { text: "d" });
  bob.pass(0);
  assert.equal(runs, ["a", "b", "c", "d"]);
  assert.equal(look(bob, contextId, "order"), ["a", "c", "d"]);
  poison.clear();
  assert.is(observed(bob.pass(10_000), "handler-retried"), 1);
  assert.equal(look(bob, contextId, "order"), ["a", "c", "d", "b"]);
});

test("a turn handles so many events and no more, and the node wakes itself for the rest", () => {
  const { bob, contextId, annCalls } = annAndBob(notes);
  for (let round = 0; round < 3; round += 1) {
    const texts = Array.from({ length: 100 }, (_, index) => `${round} ${index}`);
    bob.gossip("ann", contextId, annCalls("sayMany", { texts }).sealed);
  }
  bob.give({ kind: "woken" });
  assert.is(runs.length, 32);
  assert.is(bob.wakeAtMs, bob.monotonicMs);
  bob.pass(0);
  assert.is(runs.length, 300);
  assert.is((look(bob, contextId, "heard") as Json[]).length, 300);
});

test("what is owed is still owed after a restart, and stays untouched without its application", () => {
  const { ann, bob, contextId, tell } = annAndBob(notes);
  tell("say", { text: "kept" });
  const without = new LoneNode("bob", { disk: bob.disk, applications: [] });
  const kept = [without.replica(contextId).owed.waitingCount, without.pass(100_000)] as const;
  assert.is(kept[0], 1);
  assert.is(observed(kept[1], "handler-failed"), 0);
  assert.equal(runs, []);
  // What comes meanwhile is owed as well.
  const call = { kind: "execute", contextId, method: "say", args: { text: "meanwhile" } } as const;
  const [message] = only(ann.give({ kind: "request", request: 1, call }), "publish");
  without.gossip("ann", contextId, message?.message ?? new Uint8Array());
  without.pass(100_000);
  const again = new LoneNode("bob", { disk: bob.disk, applications: [notes] });
  again.pass(0);
  assert.equal(look(again, contextId, "order"), ["kept", "meanwhile"]);
  const third = new LoneNode("bob", { disk: bob.disk, applications: [notes] });
  assert.is(third.replica(contextId).owed.waitingCount, 0);
  third.pass(100_000);
  assert.equal(runs, ["kept", "meanwhile"]);
});

test("attempts before a restart count", () => {
  const { bob, contextId, tell } = annAndBob(notes, { config: { handlerAttemptsMax: 3 } });
  poison.add("bad");
  tell("say", { text: "bad" });
  bob.pass(500);
  assert.is(runs.length, 1);
  const options = { disk: bob.disk, applications: [notes], config: { handlerAttemptsMax: 3 } };
  const again = new LoneNode("bob", options);
  again.pass(500);
  assert.is(runs.length, 1, "it waits after a restart too");
  again.pass(100_000);
  assert.is(runs.length, 3);
  assert.is(again.replica(contextId).owed.parkedCount, 1);
});

test("a handler that this version of the application lacks is parked at once, until it has it", () => {
  const { ann, bob, contextId } = annAndBob(notes);
  const draft = {
    ...{ contextId, parents: [...ann.replica(contextId).heads()], author: ann.identity.author, incarnation },
    hlc: { ms: ann.wallMs, counter: 0 },
    content: { kind: "operations", actions: [] } as const,
    events: [{ kind: "new", content: 1, handler: "toString" }],
  };
  const delta = opened(sealDelta(draft, identityOf("ann"), codec.crypto));
  bob.gossip("ann", contextId, delta.sealed);
  const effects = bob.pass(0);
  assert.is(observed(effects, "handler-parked"), 1);
  assert.match(bob.replica(contextId).owed.parked(1)[0]?.lastError ?? "", /has no handler "toString"/);
});

test("a third node owes the event, and nothing for what a handler wrote", () => {
  const { ann, bob, contextId, annCalls } = annAndBob(notes);
  const cid = new LoneNode("cid", { applications: [notes] });
  join(cid, ann, contextId);
  const said = annCalls("say", { text: "hi" });
  bob.gossip("ann", contextId, said.sealed);
  const [handled] = published(bob.pass(0));
  cid.gossip("ann", contextId, said.sealed);
  cid.gossip("bob", contextId, handled?.sealed ?? new Uint8Array());
  assert.is(cid.replica(contextId).owed.waitingCount, 1);
  cid.pass(0);
  assert.equal(runs, ["hi", "hi"]);
});

test("on a node that only reads a handler runs, and what it would write is left to others", () => {
  const { ann, bob, contextId, tell } = annAndBob(notes);
  const change = { kind: "role", member: bob.identity.author, role: "reader" } as const;
  const call = { kind: "change-members", contextId, change } as const;
  const [told] = only(ann.give({ kind: "request", request: 1, call }), "publish");
  bob.gossip("ann", contextId, told?.message ?? new Uint8Array());
  runs.length = 0;
  const effects = [...tell("say", { text: "hello" }), ...bob.pass(60_000)];
  assert.equal(runs, ["hello"]);
  assert.is(observed(effects, "delta-authored"), 0);
  assert.equal(look(bob, contextId, "heard"), []);
  const { owed } = bob.replica(contextId);
  assert.equal([owed.waitingCount, owed.parkedCount], [0, 0]);
});

test.run();
