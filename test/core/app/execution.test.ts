// How a method runs: it sees its own writes, the last write of a key stays, and a refusal leaves nothing behind.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallError } from "../../../core/app/application.ts";
import { type CallContext, defineApp, type State } from "../../../core/app/define-app.ts";
import { map } from "../../../core/app/fields/map.ts";
import { register } from "../../../core/app/fields/register.ts";
import { InvariantError } from "../../../core/assert.ts";
import type { Outcome } from "../../../core/effect.ts";
import type { ContextId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { keyCharactersMax, nameCharactersMax } from "../../../core/limits.ts";
import { opened } from "../authors.ts";
import { LoneNode, only } from "../lone-node.ts";

/** What it gives back is the output; nothing is null. */
type Run = (state: State<typeof fields>, call: CallContext) => unknown;

const fields = { c: map(register<Json>()), nested: map(map(register<Json>())) };

/** A node whose application has one method of each access that runs what it is told. */
function nodeRunning(run: Run): { readonly node: LoneNode; readonly contextId: ContextId } {
  const application = defineApp({
    name: "kv-store",
    state: fields,
    methods: { change: (state, _args, call) => (run(state, call) ?? null) as Json },
    views: {
      look: (state, _args, call) => (run(state as State<typeof fields>, call as CallContext) ?? null) as Json,
    },
  });
  const node = new LoneNode("ann", { applications: [application] });
  return { node, contextId: node.create() };
}

function codeOf(outcome: Outcome): string {
  return outcome.kind === "refused" ? outcome.code : outcome.kind;
}

test("a call sees its own writes", () => {
  const { node, contextId } = nodeRunning(({ c }) => {
    c.set("a", 1);
    c.set("b", 2);
    c.delete("a");
    c.set("c", 3);
    return [c.get("a") ?? null, c.get("b") ?? null, c.entries()];
  });
  const outcome = node.execute(contextId, "change");
  assert.equal(outcome.kind === "executed" && outcome.output, [
    null,
    2,
    [
      ["b", 2],
      ["c", 3],
    ],
  ]);
});

test("a call sees what is stored, but for what it wrote itself", () => {
  let calls = 0;
  const { node, contextId } = nodeRunning(({ c }) => {
    calls += 1;
    if (calls === 1) for (const key of ["a", "b", "c"]) c.set(key, 1);
    else {
      c.delete("a");
      c.set("b", 2);
    }
    return [c.get("a") ?? null, c.entries()];
  });
  node.execute(contextId, "change");
  const outcome = node.execute(contextId, "change");
  const entries = [
    ["b", 2],
    ["c", 1],
  ];
  assert.equal(outcome.kind === "executed" && outcome.output, [null, entries]);
});

test("the last write of a call to a key is the one that travels", () => {
  const { node, contextId } = nodeRunning(({ c }) => {
    for (const value of [1, 2, 3]) c.set("k", value);
    c.delete("gone");
    c.set("gone", "back");
    c.set("left", 1);
    c.delete("left");
    return null;
  });
  const call = { kind: "execute", contextId, method: "change", args: {} } as const;
  const [published] = only(node.give({ kind: "request", request: 1, call }), "publish");
  const { content } = opened(published?.message ?? new Uint8Array());
  assert.equal(content.kind === "operations" && content.actions, [
    { type: "register", collection: "c", key: "k", change: { kind: "put", value: 3 } },
    { type: "register", collection: "c", key: "gone", change: { kind: "put", value: "back" } },
    { type: "register", collection: "c", key: "left", change: { kind: "remove" } },
  ]);
});

test("a method that only reads cannot write, not even an event", () => {
  const attempts: readonly Run[] = [
    ({ c }) => c.set("k", 1),
    ({ c }) => c.delete("k"),
    (_state, call) => call.emit("happened", 1),
  ];
  for (const run of attempts) {
    const { node, contextId } = nodeRunning(run);
    const heads = node.replica(contextId).heads();
    assert.is(codeOf(node.execute(contextId, "look")), "call-failed");
    assert.equal(node.replica(contextId).heads(), heads);
    assert.is(codeOf(node.execute(contextId, "change")), "executed");
  }
});

test("a refusal leaves nothing of the call behind", () => {
  const { node, contextId } = nodeRunning(({ c }, call) => {
    c.set("k", 1);
    call.emit("happened", 1);
    throw new CallError("not today");
  });
  const call = { kind: "execute", contextId, method: "change", args: {} } as const;
  const effects = node.give({ kind: "request", request: 1, call });
  assert.equal(
    effects.map(({ kind }) => kind),
    ["reply"],
  );
  const [reply] = only(effects, "reply");
  assert.equal(reply?.outcome, { kind: "refused", code: "call-failed", message: "not today" });
  assert.is(node.replica(contextId).state.storedCount, 0);
});

test("an application that trips over what it reads refuses its call and leaves nothing behind; a bug of ours passes", () => {
  const { node, contextId } = nodeRunning(({ c }) => {
    c.set("a", 1);
    throw new TypeError("not a message");
  });
  const outcome = node.execute(contextId, "change");
  assert.is(codeOf(outcome), "call-failed");
  assert.ok(outcome.kind === "refused" && outcome.message.includes("not a message"));
  assert.is(node.replica(contextId).state.storedCount, 0);
  const odd = nodeRunning(() => {
    throw null;
  });
  assert.is(codeOf(odd.node.execute(odd.contextId, "change")), "call-failed");
  const broken = nodeRunning(() => {
    throw new InvariantError("ours");
  });
  assert.throws(() => broken.node.execute(broken.contextId, "look"), /ours/);
});

test("events travel with the delta, also one that writes nothing else, and reach subscribers", () => {
  const { node, contextId } = nodeRunning((_state, call) => call.emit("happened", { n: 1 }));
  const call = { kind: "execute", contextId, method: "change", args: {} } as const;
  const effects = node.give({ kind: "request", request: 1, call });
  const events = [{ kind: "happened", content: { n: 1 }, handler: null }];
  assert.equal(opened(only(effects, "publish")[0]?.message ?? new Uint8Array()).events, events);
  assert.equal(only(effects, "emit")[0]?.event.events, events);
});

test("names beyond their bounds are refused at the call", () => {
  const long = "c".repeat(nameCharactersMax + 1);
  assert.throws(
    () => defineApp({ name: "a", state: { [long]: register() }, methods: {}, views: {} }),
    /name a field/,
  );
  assert.throws(
    () => defineApp({ name: "a", state: { "a/b": register() }, methods: {}, views: {} }),
    /name a field/,
  );
  const key = "/".repeat(keyCharactersMax);
  const within = nodeRunning(({ nested }) => nested.at(key).set("k", 1));
  assert.is(codeOf(within.node.execute(within.contextId, "change")), "executed");
  const beyond = nodeRunning(({ nested }) => nested.at(`${key}/`).set("k", 1));
  assert.is(codeOf(beyond.node.execute(beyond.contextId, "change")), "bad-arguments");
  const event = nodeRunning((_state, call) => call.emit(long, 1));
  assert.is(codeOf(event.node.execute(event.contextId, "change")), "bad-arguments");
});

test.run();
