// What all replicas have in common may be wrong all the same: a model that shares no law with them sees it.

import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { builtInApplications } from "../../../core/app/built-in/index.ts";
import { Graph } from "../../../core/dag/graph.ts";
import { StateStore } from "../../../core/state/state-store.ts";
import { types } from "../../../core/state/types.ts";
import { createSimulation, simulate } from "../../../sim/host/simulate.ts";
import { NaiveModel } from "../../../sim/oracles/naive/model.ts";
import type { SimulationResult } from "../../../sim/result.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";

const base = { name: "modelled", nodes: 4, until: "15s" } as const;
const keys = { key: "k{int 0 4}" };
const span = { from: "100ms", until: "9s", nodes: "all" } as const;
const cut = { at: "2s", until: "5s", kind: "partition", split: 0.5 } as const;

const values: Scenario = {
  ...base,
  workload: [
    { ...span, rate: "9/s", method: "set", args: { ...keys, value: "{node}-{seq}" } },
    { ...span, rate: "5/s", method: "remove", args: keys },
  ],
  faults: [cut],
};
const counts: Scenario = {
  ...base,
  contexts: [{ id: "counts", app: "counter" }],
  workload: [
    { ...span, rate: "9/s", method: "increment", args: keys },
    { ...span, rate: "2/s", method: "reset", args: keys },
  ],
  faults: [cut],
};

/** Runs with a member of an object replaced. */
function having<Holder extends object, Key extends keyof Holder>(
  holder: Holder,
  key: Key,
  wrong: (right: Holder[Key]) => Holder[Key],
  run: () => SimulationResult,
): SimulationResult {
  const right = holder[key];
  holder[key] = wrong(right);
  try {
    return run();
  } finally {
    holder[key] = right;
  }
}

function oraclesOf({ violations }: SimulationResult): readonly string[] {
  return Array.from(new Set(violations.map(({ oracle }) => oracle)));
}

test("every built-in application's state is modelled, and agrees", () => {
  const modelled = builtInApplications.map(({ name }) => name);
  const workloads: { readonly [app: string]: Scenario["workload"] } = {
    "kv-store": values.workload ?? [],
    counter: (counts.workload ?? []).map((entry) => ({ ...entry, context: "counter" })),
  };
  const contexts = modelled.map((app) => ({ id: app, app }));
  const workload = Object.entries(workloads).flatMap(([context, entries = []]) =>
    entries.map((entry) => ({ ...entry, context })),
  );
  const result = simulate({ ...base, contexts, workload, faults: [cut] });
  assert.is(result.outcome, "passed", JSON.stringify(result.violations));
  assert.is(result.probes["states-modelled"], modelled.length);
});

test("a deletion that every replica ignores is seen", () => {
  type IsLive = typeof types.register.isLive;
  const result = having(
    types.register as { isLive: IsLive },
    "isLive",
    () =>
      ({ updated }) =>
        updated !== null,
    () => simulate(values),
  );
  assert.equal(oraclesOf(result), ["naive-model"]);
  assert.match(result.violations[0]?.message ?? "", /by a naive model of all writes/);
});

test("a counter that every replica counts wrong is seen", () => {
  const doubling = (said: typeof types.counter.said): typeof types.counter.said => {
    return (change, about) =>
      said(change.kind === "count" ? { ...change, plus: change.plus * 2 } : change, about);
  };
  const result = having(types.counter as { said: typeof types.counter.said }, "said", doubling, () =>
    simulate(counts),
  );
  assert.equal(oraclesOf(result), ["naive-model"]);
  const [message = "", order = "", ...lines] = result.violations[0]?.message.split("\n") ?? [];
  assert.match(message, /^the value of counter counters\/k\d is \d+, by a naive model of all writes \d+$/);
  assert.match(order, /^writes of the value of counter counters\/k\d, in the order of the times/);
  const told = lines.filter((line) =>
    / in delta [0-9a-f]{8}, action 0, stamped \d+\.\d+, derived /.test(line),
  );
  assert.is(told.length, 8, lines.join("\n"));
  assert.match(lines[0] ?? "", /^ {2}… \d+ earlier$/);
  assert.match(lines.join("\n"), /total \+\d+ -0 since .*: counted$/m);
  assert.match(lines.at(-1) ?? "", /^n\d keeps \{"content":\{"type":"counter","tallies":\[\{"author":"n\d",/);
});

test("of a state that is wrong it is told what each write came to, and where the node derives another time", () => {
  type Said = typeof types.register.said;
  const altered = (said: Said): Said => {
    return (change, about) => said(change.kind === "put" ? { ...change, value: "?" } : change, about);
  };
  const later = (get: Graph["get"]): Graph["get"] =>
    function (this: Graph, id) {
      const found = get.call(this, id);
      return found && { ...found, at: { ...found.at, counter: found.at.counter + 1 } };
    };
  const result = having(Graph.prototype, "get", later, () =>
    having(types.register as { said: Said }, "said", altered, () => simulate(values)),
  );
  const told = result.violations.map(({ message }) => message).join("\n");
  assert.match(told, /^register "k\d" of entries is "\?", by a naive model of all writes "n\d-\d+"$/m);
  assert.match(told, /: put "n\d-\d+": the latest, later than any deletion: it stands$/m);
  assert.match(told, /: put "n\d-\d+": overwritten by a later one$/m);
  assert.match(told, /stamped \d+\.\d+, derived \d+\.\d+ \(n\d derives \d+\.\d+\): /);
});

test("what a place rests on is told for maps, values, sets and sequences", () => {
  type SeenAt = NaiveModel["seenAt"];
  const told = {
    container:
      /^container "item \d+" of items is .*: delete: (?:the latest|a later one).*: make it be there: /s,
    register: /^register "\w+" of items\/item \d+ is .*: put .*^n\d keeps \{"content":\{"type":"register"/ms,
    element: /^element "\w+" of tags\/item \d+~ is .*: add "\w+": (?:a|no) removal has seen it/s,
    run: /^the sequence order is .*: delete items of [0-9a-f]{8}: counted.*: insert \["item \d+"\]: its items/s,
  };
  const scenario = parse(readFileSync("scenarios/todo-list.yaml", "utf8")) as Scenario;
  for (const [type, pattern] of Object.entries(told)) {
    const wrong = (seenAt: SeenAt): SeenAt =>
      function (this: NaiveModel, place) {
        return place.type === type ? "wrong" : seenAt.call(this, place);
      };
    const { violations } = having(NaiveModel.prototype, "seenAt", wrong, () => simulate(scenario));
    assert.match(violations[0]?.message ?? "", pattern);
  }
});

test("a tie that every replica decides the wrong way is seen", () => {
  type Join = typeof types.register.join;
  // The earlier value stays: commutative, associative and idempotent, and wrong.
  const earliest = (join: Join): Join => {
    return (a, b, crypto) => {
      if (a.updated === null || b.updated === null) return join(a, b, crypto);
      return join(a, b, crypto) === a ? b : a;
    };
  };
  const result = having(types.register as { join: Join }, "join", earliest, () =>
    simulate({ ...values, workload: values.workload?.slice(0, 1) ?? [] }),
  );
  assert.ok(oraclesOf(result).includes("naive-model"), JSON.stringify(result.violations.slice(0, 3)));
});

test("a deletion that is taken back is seen where it was, as the run goes", () => {
  const simulation = createSimulation(values);
  const forgetful = (join: StateStore["join"]): StateStore["join"] =>
    function (this: StateStore, entity) {
      const isHere = simulation.world.node(2).core?.replicas().values().next().value?.state === this;
      return isHere && entity.deleted !== null ? 0 : join.call(this, entity);
    };
  const result = having(StateStore.prototype, "join", forgetful, () => simulation.finish());
  const found = result.violations.filter(({ oracle }) => oracle === "nothing-resurrected");
  assert.ok(found.length > 0, JSON.stringify(oraclesOf(result)));
  assert.ok(found.every(({ node }) => node === "n2"));
});

test("a join that is not idempotent is seen", () => {
  type Join = typeof types.counter.join;
  const summing = (join: Join): Join => {
    return (a, b, crypto) => {
      const joined = join(a, b, crypto);
      const [first, ...rest] = joined.tallies;
      return first === undefined
        ? joined
        : { ...joined, tallies: [{ ...first, plus: first.plus + 1 }, ...rest] };
    };
  };
  const result = having(types.counter as { join: Join }, "join", summing, () => simulate(counts));
  assert.ok(oraclesOf(result).includes("idempotence"), JSON.stringify(oraclesOf(result)));
});

test.run();
