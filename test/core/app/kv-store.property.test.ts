// The key-value store on a node of its own is a map; and what it refuses, it refuses with a reason.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Outcome } from "../../../core/effect.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import { keyCharactersMax, valueBytesMax } from "../../../core/limits.ts";
import { holds } from "../../laws.ts";
import { LoneNode } from "../lone-node.ts";
import { jsons } from "../wire/messages.ts";

const keys = fc.oneof(
  fc.constantFrom("a", "b", "", "__proto__", "constructor", "é", "𐍈"),
  fc.string({ maxLength: 3 }),
);
const calls = fc.oneof(
  { weight: 5, arbitrary: fc.record({ method: fc.constant("set"), key: keys, value: jsons }) },
  { weight: 2, arbitrary: fc.record({ method: fc.constant("remove"), key: keys, value: fc.constant(null) }) },
  { weight: 2, arbitrary: fc.record({ method: fc.constant("get"), key: keys, value: fc.constant(null) }) },
  fc.record({
    method: fc.constantFrom("entries", "len", "clear", "restart"),
    key: fc.constant(""),
    value: fc.constant(null),
  }),
);

function outputOf(outcome: Outcome): Json {
  if (outcome.kind !== "executed") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

test("it reads as a map to which the same was done, over restarts too", () => {
  holds(
    fc.property(fc.array(calls, { maxLength: 25 }), (list) => {
      let node = new LoneNode("ann");
      const contextId = node.create();
      const map = new Map<string, Json>();
      for (const [index, { method, key, value }] of list.entries()) {
        if (method === "restart") {
          node = new LoneNode("ann", { disk: node.disk, words: [index, 2, 3, 4] });
          continue;
        }
        const args: JsonObject = method === "set" ? { key, value } : { key };
        const output = outputOf(node.execute(contextId, method, args));
        if (method === "set") map.set(key, value);
        if (method === "remove") map.delete(key);
        if (method === "clear") map.clear();
        if (method === "get") assert.equal(output, map.get(key) ?? null);
        if (method === "len") assert.is(output, map.size);
        if (method === "entries") assert.equal(new Map(Object.entries(output as JsonObject)), sorted(map));
      }
      assert.is(node.replica(contextId).state.liveCount, map.size);
    }),
    { share: 0.4 },
  );
});

test("a removal leaves a tombstone, whether the key is there or not", () => {
  const node = new LoneNode("ann");
  const contextId = node.create();
  const before = node.replica(contextId).stateRoot();
  const outcome = node.execute(contextId, "remove", { key: "never there" });
  assert.ok(outcome.kind === "executed" && outcome.written !== null);
  assert.is.not(node.replica(contextId).stateRoot(), before);
  assert.is(node.replica(contextId).state.storedCount, 1);
  assert.is(node.replica(contextId).state.liveCount, 0);
});

test("clearing what is empty writes nothing", () => {
  const node = new LoneNode("ann");
  const contextId = node.create();
  assert.equal(node.execute(contextId, "clear"), { kind: "executed", output: null, written: null });
});

test("what cannot be done is refused with a reason, and changes nothing", () => {
  const node = new LoneNode("ann");
  const contextId = node.create();
  const deep = (depth: number) => Array.from({ length: depth }).reduce<Json>((inner) => [inner], 0);
  const table: readonly (readonly [string, JsonObject, string, RegExp])[] = [
    ["put", { key: "k" }, "unknown-method", /kv-store has no method "put"; it has set, remove/],
    ["toString", {}, "unknown-method", /no method/],
    ["set", { key: "k" }, "bad-arguments", /"value" is missing/],
    ["set", { value: 1 }, "bad-arguments", /"key" must be text; it is missing/],
    ["set", { key: 7, value: 1 }, "bad-arguments", /"key" must be text; found 7/],
    ["get", { key: { a: 1 } }, "bad-arguments", /found an object/],
    ["get", { key: deep(100_000) }, "bad-arguments", /found a list/],
    ["remove", { key: null }, "bad-arguments", /found null/],
    ["set", { key: "k".repeat(keyCharactersMax + 1), value: 1 }, "bad-arguments", /key of 1025 characters/],
    ["remove", { key: "k".repeat(keyCharactersMax + 1) }, "bad-arguments", /key of 1025 characters/],
    ["set", { key: "k", value: "x".repeat(valueBytesMax) }, "too-large", /above 983040 bytes/],
    ["set", { key: "k", value: Number.NaN }, "bad-arguments", /NaN/],
    ["set", { key: "k", value: deep(64) }, "bad-arguments", /nested deeper/],
    ["set", { key: "k", value: deep(100_000) }, "bad-arguments", /nested deeper/],
  ];
  const heads = node.replica(contextId).heads();
  for (const [method, args, code, message] of table) {
    const effects = node.give({
      kind: "request",
      request: 1,
      call: { kind: "execute", contextId, method, args },
    });
    assert.equal(
      effects.map(({ kind }) => kind),
      ["reply"],
    );
    const [reply] = effects;
    const outcome = reply?.kind === "reply" ? reply.outcome : null;
    assert.is(outcome?.kind === "refused" ? outcome.code : outcome?.kind, code, method);
    assert.match(outcome?.kind === "refused" ? outcome.message : "", message);
  }
  assert.equal(node.replica(contextId).heads(), heads);
});

test("values nest as deep as the protocol allows", () => {
  const node = new LoneNode("ann");
  const contextId = node.create();
  const value = Array.from({ length: 62 }).reduce<Json>((inner) => [inner], 0);
  assert.is(node.execute(contextId, "set", { key: "k", value }).kind, "executed");
  assert.equal(outputOf(node.execute(contextId, "get", { key: "k" })), value);
});

function sorted(map: ReadonlyMap<string, Json>): ReadonlyMap<string, Json> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

test.run();
