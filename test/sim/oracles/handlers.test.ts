// What the simulator sees of handlers: those that a core forgets, and those that are not commutative.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Application, CallError } from "../../../core/app/application.ts";
import { defineApp, type HandlerContext, type State } from "../../../core/app/define-app.ts";
import { counter } from "../../../core/app/fields/counter.ts";
import { frozen } from "../../../core/app/fields/frozen.ts";
import { map } from "../../../core/app/fields/map.ts";
import { owned } from "../../../core/app/fields/owned.ts";
import { register } from "../../../core/app/fields/register.ts";
import { list, text } from "../../../core/app/fields/sequence.ts";
import { set } from "../../../core/app/fields/set.ts";
import type { Json } from "../../../core/json.ts";
import { OwedQueue } from "../../../core/owed/queue.ts";
import { OwedRunner } from "../../../core/owed/runner.ts";
import { simulate } from "../../../sim/host/simulate.ts";
import type { SimulationResult } from "../../../sim/result.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { type Breakage, breakage, ofOracle, whileBroken } from "./broken.ts";

const fields = {
  last: register<Json>(),
  count: counter(),
  all: set<Json>(),
  byKey: map(register<Json>()),
  nested: map(map(register<Json>())),
  order: list<Json>(),
  prose: text(),
  mine: owned<Json>(),
  kept: frozen<Json>(),
};

type Handle = (state: State<typeof fields>, content: Json, call: HandlerContext) => void;

/** An application that announces numbers, and whose only handler is this one. */
function announcing(handle: Handle): Application {
  return defineApp({
    name: "announcing",
    state: fields,
    methods: { say: (_state, args, call) => call.emit("said", args.n ?? null, "hear") },
    views: {},
    handlers: { hear: handle },
  });
}

const scenario: Scenario = {
  name: "announcements",
  nodes: 4,
  contexts: [{ id: "a", app: "announcing" }],
  workload: [{ from: "1s", until: "5s", rate: "3/s", nodes: "all", method: "say", args: { n: "{seq}" } }],
  faults: [
    { at: "2s", until: "4s", kind: "partition", split: 0.5 },
    { at: "3s", until: "4s", kind: "crash", nodes: "n1", disk: "lose-unsynced" },
  ],
  disk: { syncMs: [5, 60] },
  expect: [{ converged: { within: "10s" } }],
  until: "20s",
};

function run(handle: Handle, seed = 1): SimulationResult {
  return simulate(scenario, { seed, applications: [announcing(handle)] });
}

/** What is wrong with a handler, or null. */
function wrong(handle: Handle): string | null {
  const { violations } = run(handle);
  for (const { oracle } of violations) assert.is(oracle, "handlers-commute");
  return violations[0]?.message ?? null;
}

test("a handler that keeps the last it heard is caught, with both orders and what each gave", () => {
  const result = run(({ last }, content) => last.set(content));
  const [violation, ...others] = ofOracle(result, "handlers-commute");
  assert.is(others.length, 0, "told once");
  assert.is(violation?.invariant, 3);
  assert.is(result.outcome, "safety");
  const [, first, second, one, sameFirst, other, sameSecond] =
    /^announcing: "hear" for "said" (\w+:0) and "hear" for "said" (\w+:0) come to different ends: last is (\S+) with (\w+:0) first, and (\S+) with (\w+:0) first$/.exec(
      violation?.message ?? "",
    ) ?? [];
  assert.equal([sameFirst, sameSecond], [first, second], violation?.message);
  assert.is.not(one, other);
});

const notCommutative: readonly (readonly [string, Handle])[] = [
  ["pushes to a list", ({ order }, content) => order.push(content)],
  ["writes a text", ({ prose }, content) => prose.append(String(content))],
  ["writes its own place", ({ mine }, content) => mine.set(content)],
  ["writes one key of a map", ({ byKey }, content) => byKey.set("k", content)],
  ["empties a set", ({ all }, content) => (content === "2" ? all.clear() : all.add(content))],
  ["resets a counter", ({ count }, content) => (content === "2" ? count.reset() : count.increment())],
  [
    "deletes what others write into",
    ({ nested }, content) =>
      content === "2" ? nested.delete("k") : nested.at("k").set(String(content), content),
  ],
  [
    "keeps how many it had heard",
    ({ all, kept }, content) => {
      all.add(content);
      kept.add([content, all.size]);
    },
  ],
  [
    "tells others how many it had heard",
    ({ all }, content, call) => {
      all.add(content);
      call.emit("size", all.size);
    },
  ],
  [
    "fails until it heard of another",
    ({ all }, content) => {
      const next = String(Number(content) + 1);
      if (Number(content) % 3 === 0 && !all.has(next)) throw new CallError("too early");
      all.add(content);
    },
  ],
];

for (const [what, handle] of notCommutative) {
  test(`a handler that ${what} is caught`, () => {
    assert.ok(wrong(handle) !== null);
  });
}

test("handlers that count, collect and write each under its own key are not complained of", () => {
  const handle: Handle = ({ count, all, byKey, nested, kept }, content, call) => {
    if (all.has(content)) return;
    all.add(content);
    count.increment();
    byKey.set(call.event.id, [content, call.random()]);
    nested.at(call.event.author).set(call.event.id, call.timeMs);
    kept.add(content);
    call.emit("heard", content);
  };
  assert.is(wrong(handle), null);
  const { probes, contexts } = run(handle);
  assert.ok((probes["handler-ran"] ?? 0) >= 30);
  assert.equal([contexts.a?.owed, contexts.a?.parked], [0, 0]);
});

test("a handler that always fails is tried, which is no violation, and is counted as owed", () => {
  const { violations, contexts } = run(() => {
    throw new CallError("never");
  });
  assert.equal(violations, []);
  assert.ok((contexts.a?.owed ?? 0) > 20);
});

test("watching handlers changes nothing of a run", () => {
  const handle: Handle = ({ all }, content) => all.add(content);
  const again = simulate(scenario, { seed: 1, applications: [announcing(handle)] });
  assert.is(run(handle).traceHash, again.traceHash);
});

/** A disk so slow that a crash finds much of what was done not synced, and takes it. */
const slow: Scenario = {
  ...scenario,
  disk: { syncMs: 300 },
  faults: [2_000, 2_700, 3_400, 4_100].map((at, nth) => ({
    ...{ at, until: at + 200, kind: "crash" as const, disk: "lose-unsynced" as const },
    nodes: [`n${nth % 2}`, `n${2 + (nth % 2)}`],
  })),
};

function runSlow(breakages: readonly Breakage[]): SimulationResult {
  const application = announcing(({ all }, content) => all.add(content));
  return whileBroken(breakages, () => simulate(slow, { seed: 2, applications: [application] }));
}

const nothing = () => () => undefined;
const forgetful = {
  "an event now and then": breakage(
    OwedQueue.prototype,
    "applied",
    (applied) =>
      function (this: OwedQueue, delta, turn) {
        return delta.id.charCodeAt(0) % 2 === 0 ? undefined : applied.call(this, delta, turn);
      },
  ),
  "what it owed before a crash": breakage(OwedQueue.prototype, "load", nothing),
  "to do what it owes": breakage(OwedRunner.prototype, "run", nothing),
};

for (const [what, broken] of Object.entries(forgetful)) {
  test(`a core that forgets ${what} is seen`, () => {
    const result = runSlow([broken]);
    const [first] = ofOracle(result, "handlers-run");
    assert.match(first?.message ?? "", /never ran "hear" for the event "said" \w+:0, which it had since/);
    assert.is(first?.invariant, 5);
    assert.is(result.outcome, "safety");
  });
}

test("a core that forgets over a crash what it has tried in vain is seen", () => {
  const failing = announcing(() => {
    throw new CallError("not yet");
  });
  const quick: Scenario = { ...slow, disk: { syncMs: 1 } };
  const broken = breakage(OwedQueue.prototype, "load", nothing);
  const result = whileBroken([broken], () => simulate(quick, { seed: 2, applications: [failing] }));
  const messages = ofOracle(result, "handlers-run").map(({ message }) => message);
  assert.ok(messages.some((message) => /tried \d times and not again "hear"/.test(message)));
  assert.equal(simulate(quick, { seed: 2, applications: [failing] }).violations, []);
});

test("a core that forgets nothing is not complained of, whatever crashes take", () => {
  const { violations, probes } = runSlow([]);
  assert.equal(violations, []);
  assert.ok((probes["disk-batches-lost"] ?? 0) > 5, "the crashes took something");
});

test.run();
