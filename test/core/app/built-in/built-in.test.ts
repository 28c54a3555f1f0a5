// What the built-in applications answer on a node of its own.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { counterApp } from "../../../../core/app/built-in/counter.ts";
import { builtInApplications } from "../../../../core/app/built-in/index.ts";
import { teamChat } from "../../../../core/app/built-in/team-chat.ts";
import { defineApp } from "../../../../core/app/define-app.ts";
import { frozen } from "../../../../core/app/fields/frozen.ts";
import { map } from "../../../../core/app/fields/map.ts";
import { owned } from "../../../../core/app/fields/owned.ts";
import { list } from "../../../../core/app/fields/sequence.ts";
import type { Outcome } from "../../../../core/effect.ts";
import { type DeltaId, toHex } from "../../../../core/ids.ts";
import type { Json, JsonObject } from "../../../../core/json.ts";
import { storeKeys } from "../../../../core/store-keys.ts";
import { callsTo as callsToApplication, LoneNode } from "../../lone-node.ts";

const callsTo = (name: string) => {
  const application = builtInApplications.find((each) => each.name === name);
  if (application === undefined) throw new Error(`no ${name}`);
  return callsToApplication(application);
};

test("each application has a name of its own", () => {
  const names = builtInApplications.map(({ name }) => name);
  assert.equal(names, [
    "kv-store",
    "counter",
    "todo-list",
    "team-chat",
    "text-editor",
    "notice-board",
    "auction",
    "warehouse",
  ]);
});

test("counter: counts up, down and from zero again", () => {
  const call = callsTo("counter");
  call("increment", { key: "a", by: 5 });
  call("increment", { key: "a" });
  call("decrement", { key: "a", by: "2" });
  assert.is(call("value", { key: "a" }), 4);
  call("reset", { key: "a" });
  assert.is(call("value", { key: "a" }), 0);
  call("increment", { key: "a" });
  call("decrement", { key: "b", by: 3 });
  assert.equal(call("values"), { a: 1, b: -3 });
  assert.match(call("increment", { key: "a", by: 1.5 }) as string, /must be a whole number; found 1.5/);
});

test("counter: nobody counts beyond the largest whole number, on however many starts", () => {
  const before = new LoneNode("ann", { applications: [counterApp] });
  const contextId = before.create("counter");
  before.execute(contextId, "increment", { key: "a", by: Number.MAX_SAFE_INTEGER });
  const node = new LoneNode("ann", { applications: [counterApp], disk: before.disk, words: [5, 6, 7, 8] });
  const outcome = node.execute(contextId, "increment", { key: "a" });
  assert.match(outcome.kind === "refused" ? outcome.message : "", /beyond the largest whole number/);
  node.execute(contextId, "decrement", { key: "a", by: 2 });
  const value = node.execute(contextId, "value", { key: "a" });
  assert.is(value.kind === "executed" && value.output, Number.MAX_SAFE_INTEGER - 2);
});

test("todo-list: items keep title, mark, tags and place", () => {
  const call = callsTo("todo-list");
  for (const id of ["a", "b", "c"]) call("add", { id, title: id.toUpperCase() });
  call("move", { id: "c", to: 0 });
  call("mark", { id: "b", done: true });
  call("rename", { id: "b", title: "Bee" });
  for (const tag of ["x", "y"]) call("tag", { id: "b", tag });
  call("untag", { id: "b", tag: "x" });
  call("remove", { id: "a" });
  assert.equal(call("list"), [
    { id: "c", title: "C", done: false, tags: [] },
    { id: "b", title: "Bee", done: true, tags: ["y"] },
  ]);
  assert.is(call("open"), 1);
  assert.is(call("get", { key: "a" }), null);
  assert.match(call("mark", { id: "a", done: true }) as string, /there is no item "a"/);
  assert.match(call("add", { id: "b", title: "again" }) as string, /already/);
  call("add", { id: "a", title: "anew" });
  assert.equal(call("get", { key: "a" }), { title: "anew", done: false, tags: [] });
});

test("team-chat: messages stay in order, reactions are a set, profiles are their owner's", () => {
  const call = callsTo("team-chat");
  const name = call("post", { channel: "general", text: "hello" }) as string;
  call("post", { channel: "general", text: "hello" });
  for (const emoji of ["+1", "+1", "-1"]) call("react", { message: name, emoji });
  call("unreact", { message: name, emoji: "-1" });
  call("post", { channel: "other", text: "last" });
  call("react", { channel: "other", emoji: "+1" });
  const [last] = call("history", { channel: "other" }) as JsonObject[];
  assert.is(((last as JsonObject).reactions as Json[]).length, 1);
  call("unreact", { channel: "other", emoji: "+1" });
  assert.match(call("react", { channel: "empty", emoji: "?" }) as string, /there is no message in "empty"/);
  const history = call("history", { channel: "general" }) as JsonObject[];
  assert.equal(
    history.map(({ text, reactions }) => [text, (reactions as Json[]).length]),
    [
      ["hello", 1],
      ["hello", 0],
    ],
  );
  assert.match(call("react", { message: "none", emoji: "?" }) as string, /there is no message none/);
  call("introduce", { name: "Ann" });
  assert.equal(Object.values(call("profiles") as JsonObject), ["Ann"]);
  call("close", { channel: "general" });
  assert.equal(call("channels"), ["other"]);
  assert.equal(call("history", { channel: "general" }), []);
});

test("notice-board: who may write appoints and dismisses, by name or key, and never the last one", () => {
  const call = callsTo("notice-board");
  const other = "ab".repeat(32);
  call("introduce", { name: "Ann" });
  call("post", { board: "b", text: "hello" });
  const [own = ""] = Object.keys(call("writers", { board: "b" }) as JsonObject);
  assert.equal(call("writers", { board: "b" }), { [own]: "Ann" });
  call("appoint", { board: "b", member: other });
  assert.equal(call("writers", { board: "b" }), { [other]: null, [own]: "Ann" });
  assert.match(call("dismiss", { board: "b", member: "Bob" }) as string, /nobody is called "Bob"/);
  call("dismiss", { board: "b", member: other });
  assert.match(call("dismiss", { board: "b", member: "Ann" }) as string, /nobody would be left/);
  call("clear", { board: "b" });
  assert.is(call("get", { key: "b" }), null);
  call("appoint", { board: "b", member: other });
  call("dismiss", { board: "b", member: "Ann" });
  assert.match(
    call("post", { board: "b", text: "?" }) as string,
    new RegExp(`only its writers .*: ${other}`),
  );
  call("post", { board: "c", text: "!" });
  assert.equal(call("boards"), { b: null, c: "!" });
});

test("notice-board: a name that two claim appoints neither", () => {
  const ann = new LoneNode("ann", { applications: builtInApplications });
  const bob = new LoneNode("bob", { applications: builtInApplications });
  const contextId = ann.create("notice-board");
  const genesis = ann.disk.get(storeKeys.delta(contextId as string as DeltaId)) as Uint8Array;
  bob.call({ kind: "join-context", contextId, genesis });
  for (const node of [ann, bob]) node.execute(contextId, "introduce", { name: "Ann" });
  const [head] = bob.replica(contextId).heads();
  ann.gossip("bob", contextId, bob.disk.get(storeKeys.delta(head as DeltaId)) as Uint8Array);
  const outcome = ann.execute(contextId, "appoint", { board: "b", member: "Ann" });
  assert.match(outcome.kind === "refused" ? outcome.message : "", /2 are called "Ann"; name a public key/);
});

test("team-chat: nobody can speak for another, nor take what another said elsewhere", () => {
  // One after the other on one disk: the last finds what the others wrote, signed by each.
  const ann = new LoneNode("ann", { applications: [teamChat] });
  const contextId = ann.create("team-chat");
  const post = (channel: string) => outputOf(ann.execute(contextId, "post", { channel, text: "hello" }));
  const [name] = [post("general"), post("private")];
  const { disk } = ann;
  const eve = new LoneNode("eve", { applications: [forgery], disk, words: [5, 6, 7, 8] });
  const [annsKey, evesKey] = [ann, eve].map(({ identity }) => toHex(identity.author)) as [string, string];
  outputOf(eve.execute(contextId, "forge", { victim: annsKey, name }));
  const reader = new LoneNode("bob", { applications: [teamChat], disk, words: [9, 10, 11, 12] });
  const look = (channel: string) =>
    outputOf(reader.execute(contextId, "history", { channel })) as JsonObject[];
  assert.equal(
    look("general").map(({ author, text, reactions }) => [author, text, reactions]),
    [[annsKey, "hello", [["mine", evesKey]]]],
  );
  assert.is(look("private").length, 1);
  assert.is(outputOf(reader.execute(contextId, "get", { key: "general" })), 1);
});

function outputOf(outcome: Outcome): Json {
  if (outcome.kind !== "executed") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

/** What a replica that was changed could write into a chat: everything that its fields let it. */
const forgery = defineApp({
  name: "team-chat",
  state: {
    messages: frozen<JsonObject>(),
    signed: map(owned<boolean>()),
    channels: map(list<Json>()),
    reactions: map(owned<Json>()),
  },
  methods: {
    forge({ messages, signed, channels, reactions }, args) {
      const name = args.name as string;
      const words = { author: args.victim ?? null, channel: "general", timeMs: 1, text: "I quit", nonce: 1 };
      const forged = messages.add(words);
      signed.at(forged).set(true);
      channels
        .at("general")
        .push(forged, name, messages.add({ ...words, author: 7 }), 7, { a: 1 }, "nothing");
      channels.at("private").push(name, forged);
      reactions.at(name).set(["mine", ["theirs", args.victim ?? null], 7]);
    },
  },
  views: {},
});

test("text-editor: inserts, appends and erases by characters", () => {
  const call = callsTo("text-editor");
  call("append", { key: "d", text: "héllo 𐍈" });
  call("insert", { key: "d", at: 1, text: "__" });
  call("erase", { key: "d", at: 0 });
  call("insert", { key: "d", at: 99, text: "!" });
  assert.is(call("get", { key: "d" }), "__éllo 𐍈!");
  assert.is(call("length", { key: "d" }), 9);
  assert.match(call("erase", { key: "d", at: 9 }) as string, /bad-arguments: position 9/);
  call("remove", { key: "d" });
  assert.is(call("get", { key: "d" }), null);
  call("append", { key: "d", text: "anew" });
  assert.is(call("get", { key: "d" }), "anew");
});

test.run();
