// Failures are alike when they show the same mistake, whatever nodes, times and hashes it met.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { eventsDefault, finishWithin } from "../../../sim/budget.ts";
import { Coverage } from "../../../sim/fuzz/coverage.ts";
import { Failures } from "../../../sim/fuzz/failures.ts";
import { everything } from "../../../sim/fuzz/profiles.ts";
import { signatureOf } from "../../../sim/fuzz/signature.ts";
import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";
import { tiny } from "../small-plans.ts";

const [first, second] = ["3fcf6dcd0b222ea1e5de3c680bacd6f8", "17d8e2f82b815f2b67321ea725cfaec6"];

test("ids, numbers and hashes do not tell failures apart", () => {
  const of = (message: string) => signatureOf({ oracle: "causal-closure", invariant: 8, message });
  assert.is(
    of(`applied ${first} before its parent ${second}`),
    of(`applied ${second} before its parent ${first}`),
  );
  assert.is(of("n3 has 17 pending"), of("late0 has 2 pending"));
  assert.is.not(of("n3 has 17 pending"), of("n3 has 17 waiting"));
});

test("the oracle, the function that threw and the handlers that differ do", () => {
  const thrown = (where: string) => ({
    ...{ oracle: "invariant-thrown", invariant: null },
    message: `a position of 7\nError: a position of 7\n    at assert (core/assert.ts:1:2)\n    at ${where} (x.ts:3:4)`,
  });
  assert.is(signatureOf(thrown("a")), signatureOf(thrown("a")));
  const late = { oracle: "converged", invariant: 2, message: "converged 900 ms after it could" };
  assert.is.not(signatureOf(late), signatureOf({ ...late, message: "not converged within 10 ms" }));
  const commute = (end: string) => ({
    ...{ oracle: "handlers-commute", invariant: 3 },
    message: `app: "a" for "b" 1 and "a" for "b" 2 come to different ends: ${end}`,
  });
  assert.is(signatureOf(commute("x is 1")), signatureOf(commute("y is [2]")));
});

test("states that are not as written are told apart by the kind of entity, not by what is in it", () => {
  const naive = (message: string) => signatureOf({ oracle: "naive-model", invariant: 3, message });
  const counter = naive("the value of counter counters/k5 is 1, by a naive model of all writes 0\nwrites of");
  assert.is(counter, naive('counter "a" of counts is nothing, by a naive model of all writes 7\nn4 keeps'));
  const others = [
    'register "a" of counts is "x", by a naive model of all writes nothing',
    "the sequence texts/x is [], by a naive model of all writes [1]",
    "7 entities are stored, by a naive model of all writes there are 8",
  ];
  assert.is(new Set([counter, ...others.map(naive)]).size, 4);
});

test("runs that do not converge are told apart by what is lacking", () => {
  const never = (reason: string) => {
    const message = `not converged within 10 ms after 5.5 ms, nor by the end: ${reason}`;
    return signatureOf({ oracle: "converged", invariant: 2, message });
  };
  const lacking = (context: string) => `n8 lacks delta ${first} of ${context} and has 0 pending`;
  assert.is(never(lacking("c0")), never(lacking("notes-a")));
  const reasons = [
    lacking("c0"),
    "n8 has nothing of c0",
    "n8 still has 3 deltas of c0 pending",
    "n8 still owes c0 2 handlers or calls",
    "no live member of c0 is left",
    "n8 has another state of c0 than n1, on the same heads",
    "no difference is left to name",
  ];
  assert.is(new Set(reasons.map(never)).size, reasons.length);
});

test("failures are grouped by their signature, the largest group first", () => {
  const result = createPlanSimulation(planOf(tiny)).finish();
  const violation = { ...{ oracle: "a", invariant: 1, node: "n0", atMs: 1, event: 1 }, message: "x 1" };
  const failures = new Failures();
  failures.add({ ...result, seed: 1, violations: [{ ...violation, oracle: "b" }] });
  failures.add({ ...result, seed: 2, violations: [violation] });
  const { nth } = failures.add({ ...result, seed: 3, violations: [{ ...violation, message: "x 2" }] });
  assert.is(nth, 2);
  assert.equal(
    failures.groups().map(({ seeds }) => seeds),
    [[2, 3], [1]],
  );
});

test("a run that does not end within its events ends as over budget", () => {
  const simulation = createPlanSimulation(planOf(tiny));
  const { outcome, violations } = finishWithin(simulation, 10);
  assert.is(outcome, "budget");
  assert.is(violations.at(-1)?.message, "more than 10 events");
  assert.is(finishWithin(createPlanSimulation(planOf(tiny)), eventsDefault).outcome, "passed");
});

test("coverage counts runs, and names what never was", () => {
  const coverage = new Coverage(everything);
  const result = createPlanSimulation(planOf(tiny)).finish();
  coverage.add({ result, executed: ["kv-store.set"], tieBreak: "random" });
  const runsOf = (concern: string, name: string) =>
    coverage.all().find((each) => each.concern === concern && each.name === name)?.runs;
  assert.is(runsOf("call", "kv-store.set"), 1);
  assert.is(runsOf("call", "kv-store.get"), 0);
  assert.is(runsOf("tie-break", "random"), 1);
  assert.is(runsOf("probe", "delta-authored"), 1);
  assert.is(runsOf("fault", "crash"), 0);
});

test.run();
