// Applications written carelessly, or in plain JavaScript: each mistake is refused with its reason, and nothing is
// left of the call, neither now nor at the next start.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallError } from "../../../core/app/application.ts";
import { defineApp } from "../../../core/app/define-app.ts";
import { map } from "../../../core/app/fields/map.ts";
import { type Register, register } from "../../../core/app/fields/register.ts";
import { list } from "../../../core/app/fields/sequence.ts";
import { set } from "../../../core/app/fields/set.ts";
import { sortedMap, sortedSet } from "../../../core/app/fields/sorted.ts";
import type { Json } from "../../../core/json.ts";
import { LoneNode } from "../lone-node.ts";

type Any = { readonly [name: string]: (...parameters: readonly unknown[]) => unknown };

let kept: Register<Json> | null = null;

async function later({ value }: { readonly value: Register<Json> }): Promise<Json> {
  value.set(1);
  await Promise.reject(new Error("late"));
  value.set(2);
  return null;
}

const careless = defineApp({
  name: "careless",
  state: {
    value: register<Json>(),
    values: map(register<Json>()),
    sorted: sortedMap(register<Json>()),
    names: sortedSet(),
    tags: set<Json>(),
    items: list<Json>(),
  },
  methods: {
    // As JavaScript lets one.
    later: later as unknown as () => Json,
    unreadable: () => {
      throw Object.defineProperty(new Error(), "message", {
        get: () => {
          throw new Error("inside");
        },
      });
    },
    trap: () => {
      throw new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw new Error("inside");
          },
        },
      );
    },
    oddCode: () => {
      throw new CallError("no", "made-up" as "call-failed");
    },
    answer({ value }, { kind }) {
      value.set("written");
      const answers: Readonly<Record<string, unknown>> = {
        bigint: 1n,
        circle: circle(),
        function: () => null,
        handle: value,
        date: new Date(0),
        nan: Number.NaN,
      };
      return answers[kind as string] as Json;
    },
    keep: ({ value }) => {
      kept = value;
    },
    queue(_state, { method, contextId }, call) {
      (call as unknown as Any).callContext?.(contextId ?? "ab".repeat(32), method, {});
    },
    put({ values, sorted, names, tags, items }, { field, text }) {
      const fields: Readonly<Record<string, () => void>> = {
        value: () => values.set("k", text ?? null),
        key: () => values.set(text as string, 1),
        sorted: () => sorted.set(text as string, 1),
        name: () => names.add(text as string),
        tag: () => tags.add(text ?? null),
        item: () => items.push(text ?? null),
        property: () => values.set("k", { [text as string]: 1 }),
      };
      fields[field as string]?.();
    },
  },
  views: { read: ({ value }) => value.get() ?? null },
});

function circle(): unknown {
  const outer: { inner?: unknown } = {};
  outer.inner = outer;
  return outer;
}

function fresh() {
  const node = new LoneNode("ann", { applications: [careless] });
  const contextId = node.create("careless");
  const call = (method: string, args: { readonly [name: string]: Json } = {}) => {
    const outcome = node.execute(contextId, method, args);
    return outcome.kind === "refused" ? `${outcome.code}: ${outcome.message}` : outcome;
  };
  return { node, contextId, call };
}

test("a method that is async is refused, and what it would do later never happens", async () => {
  const { node, contextId, call } = fresh();
  assert.is(call("later"), 'call-failed: "later" must not be async: a call is over when it returns');
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(node.execute(contextId, "read"), { kind: "executed", output: null, written: null });
});

test("whatever is thrown is a refusal, also what cannot be read", () => {
  const { call } = fresh();
  for (const method of ["unreadable", "trap"])
    assert.is(call(method), `call-failed: careless failed in "${method}": it threw what cannot be read`);
  assert.is(call("oddCode"), "call-failed: no");
});

test("an answer that is no JSON is refused, and nothing of the call is left", () => {
  const { call, node, contextId } = fresh();
  for (const kind of ["bigint", "circle", "function", "handle", "date", "nan"]) {
    assert.match(call("answer", { kind }) as string, /^call-failed: it answers what is no JSON: /);
    assert.equal(node.execute(contextId, "read"), { kind: "executed", output: null, written: null });
  }
  assert.equal((call("answer", { kind: "nothing" }) as { output: Json }).output, null);
});

test("a handle that was kept writes nothing after its call", () => {
  const { call, node, contextId } = fresh();
  call("keep");
  assert.throws(() => kept?.set(1), /is over/);
  assert.equal(node.execute(contextId, "read"), { kind: "executed", output: null, written: null });
});

test("a queued call is judged when it is queued: the next start reads what was kept", () => {
  const { call, node } = fresh();
  for (const method of [5, null, ["a"], {}, true])
    assert.match(call("queue", { method }) as string, /^bad-arguments: a method's name that is/);
  assert.match(call("queue", { method: "m", contextId: 7 }) as string, /is no context/);
  assert.not.type(call("queue", { method: "m" }), "string");
  new LoneNode("ann", { applications: [careless], disk: node.disk });
});

test("half a character is refused wherever text goes, because it would come back as another", () => {
  const { call } = fresh();
  for (const field of ["value", "key", "sorted", "name", "tag", "item", "property"]) {
    assert.match(call("put", { field, text: "a\ud800" }) as string, /^bad-arguments: .*lone surrogate/);
    assert.not.type(call("put", { field, text: "a\ud83d\ude00" }), "string");
  }
  for (const field of ["key", "sorted", "name"])
    assert.match(call("put", { field, text: 5 }) as string, /^bad-arguments: a key that is 5, not text/);
});

test("a name that no context could carry is refused when the application is defined", () => {
  for (const name of ["", "n".repeat(129)])
    assert.throws(() => defineApp({ name, state: {}, methods: {}, views: {} }), /cannot name an application/);
});

test.run();
