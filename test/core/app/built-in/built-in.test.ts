// What the built-in applications answer on a node of its own.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInApplications } from "../../../../core/app/built-in/index.ts";
import type { Json, JsonObject } from "../../../../core/json.ts";
import { callsTo as callsToApplication } from "../../lone-node.ts";

const callsTo = (name: string) => {
  const application = builtInApplications.find((each) => each.name === name);
  if (application === undefined) throw new Error(`no ${name}`);
  return callsToApplication(application);
};

test("each application has a name of its own", () => {
  const names = builtInApplications.map(({ name }) => name);
  assert.equal(names, ["kv-store", "counter", "todo-list", "team-chat", "text-editor", "auction"]);
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
  assert.equal(call("channels"), []);
  assert.equal(call("history", { channel: "general" }), []);
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
