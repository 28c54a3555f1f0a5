// What a node keeps for itself: read and written as the state is, found again after a crash, and told to nobody.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallError } from "../../../core/app/application.ts";
import { textArgument } from "../../../core/app/arguments.ts";
import { defineApp } from "../../../core/app/define-app.ts";
import { counter } from "../../../core/app/fields/counter.ts";
import { map } from "../../../core/app/fields/map.ts";
import { register } from "../../../core/app/fields/register.ts";
import { text } from "../../../core/app/fields/sequence.ts";
import { set } from "../../../core/app/fields/set.ts";
import { shared } from "../../../core/app/fields/shared.ts";
import type { ContextId } from "../../../core/ids.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import { LoneNode, only } from "../lone-node.ts";
import { KeyedDisk } from "../state/states.ts";

const diary = defineApp({
  name: "diary",
  state: { published: map(register<string>()) },
  private: {
    drafts: map(register<string>()),
    words: counter(),
    tags: set<string>(),
    note: text(),
    secret: shared<string>(),
  },
  methods: {
    draft({ drafts, words, tags, note, secret }, args) {
      const content = textArgument(args, "content");
      drafts.set(textArgument(args, "title"), content);
      words.increment(content.split(" ").length);
      tags.add(content);
      note.append(`${content};`);
      secret.set(content);
    },
    publish({ drafts, published }, args) {
      const title = textArgument(args, "title");
      published.set(title, drafts.get(title) ?? "");
      drafts.delete(title);
      if (args.isRefused === true) throw new CallError("no");
    },
    tell(_state, args, call) {
      call.emit("told", textArgument(args, "content"), "note");
    },
    hoard({ drafts }) {
      for (let index = 0; index < 3; index += 1) drafts.set(`${index}`, "x".repeat(900_000));
    },
  },
  views: {
    all: ({ drafts, words, tags, note, secret, published }) => ({
      drafts: Object.fromEntries(drafts),
      words: words.value,
      tags: tags.values(),
      note: note.toString(),
      secret: secret.get() ?? null,
      published: Object.fromEntries(published),
    }),
    meddle: (state) => {
      (state as unknown as { words: { increment(): void } }).words.increment();
      return null;
    },
  },
  handlers: {
    note({ drafts }, content) {
      drafts.set("heard", content as string);
    },
  },
});

class Diarist extends LoneNode {
  constructor(name: string, disk = new KeyedDisk()) {
    super(name, { applications: [diary], disk });
  }
}

function output(node: LoneNode, contextId: ContextId, method: string, args: JsonObject = {}): Json {
  const outcome = node.execute(contextId, method, args);
  if (outcome.kind === "executed") return outcome.output;
  return outcome.kind === "refused" ? `${outcome.code}: ${outcome.message}` : null;
}

const empty = { drafts: {}, words: 0, tags: [], note: "", secret: null, published: {} };

test("what is private is there for the next calls and after a start, and makes no delta", () => {
  const disk = new KeyedDisk();
  const node = new Diarist("ann", disk);
  const contextId = node.create("diary");
  const root = node.replica(contextId).stateRoot();
  const heads = node.replica(contextId).heads();
  for (const [title, content] of [
    ["one", "a b c"],
    ["two", "d e"],
    ["one", "f"],
  ] as const) {
    const effects = node.give({
      kind: "request",
      request: 1,
      call: { kind: "execute", contextId, method: "draft", args: { title, content } },
    });
    assert.equal(only(effects, "publish"), []);
    assert.equal(
      only(effects, "reply").map(({ outcome }) => outcome),
      [{ kind: "executed", output: null, written: null }],
    );
  }
  const expected = {
    ...empty,
    drafts: { one: "f", two: "d e" },
    words: 6,
    tags: (output(node, contextId, "all") as { tags: readonly string[] }).tags,
    note: "a b c;d e;f;",
    secret: "f",
  };
  assert.equal([...expected.tags].sort(), ["a b c", "d e", "f"]);
  assert.equal(output(node, contextId, "all"), expected);
  assert.is(node.replica(contextId).stateRoot(), root);
  assert.equal(node.replica(contextId).heads(), heads);
  const crashed = new Diarist("ann", disk.copy());
  assert.equal(output(crashed, contextId, "all"), expected);
  output(crashed, contextId, "draft", { title: "two", content: "g" });
  assert.is((output(crashed, contextId, "all") as { words: number }).words, 7);
});

test("a call keeps all it wrote, shared and private, or nothing", () => {
  const node = new Diarist("ann");
  const contextId = node.create("diary");
  output(node, contextId, "draft", { title: "one", content: "a" });
  const before = output(node, contextId, "all");
  assert.is(output(node, contextId, "publish", { title: "one", isRefused: true }), "call-failed: no");
  assert.equal(output(node, contextId, "all"), before);
  assert.match(output(node, contextId, "hoard") as string, /^too-large: cannot be stored: what is private/);
  assert.equal(output(node, contextId, "all"), before);
  output(node, contextId, "publish", { title: "one" });
  const after = output(node, contextId, "all") as JsonObject;
  assert.equal([after.drafts, after.published], [{}, { one: "a" }]);
});

test("a view cannot write what is private either", () => {
  const node = new Diarist("ann");
  const contextId = node.create("diary");
  assert.match(output(node, contextId, "meddle") as string, /only reads, but wrote/);
  assert.equal(output(node, contextId, "all"), empty);
});

test("a handler keeps something for its node, and others never see it", () => {
  const ann = new Diarist("ann");
  const contextId = ann.create("diary");
  const bob = new Diarist("bob");
  const genesis = ann.disk.get(`d${contextId}`) as Uint8Array;
  bob.call({ kind: "join-context", contextId, genesis });
  const effects = ann.give({
    kind: "request",
    request: 1,
    call: { kind: "execute", contextId, method: "tell", args: { content: "psst" } },
  });
  for (const { message } of only(effects, "publish")) bob.gossip("ann", contextId, message);
  bob.pass(1_000);
  assert.equal(output(bob, contextId, "all"), { ...empty, drafts: { heard: "psst" } });
  assert.equal(bob.replica(contextId).heads(), ann.replica(contextId).heads());
  assert.equal(output(ann, contextId, "all"), empty);
  assert.is(bob.replica(contextId).stateRoot(), ann.replica(contextId).stateRoot());
});

test("a field cannot be private and shared at once", () => {
  assert.throws(
    () =>
      defineApp({ name: "a", state: { x: counter() }, private: { x: counter() }, methods: {}, views: {} }),
    /"x" in its state and as private/,
  );
});

test.run();
