// A clock reading planted in a copy of the core: the check notices, and names the first event that differs.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exitCodes } from "../../sim/result.ts";
import { ProjectCopy } from "./project-copy.ts";
import { breezyPlan } from "./small-plans.ts";

type Determinism = typeof import("../../sim/determinism.ts");
type Host = typeof import("../../sim/host/simulate.ts");

const copies: ProjectCopy[] = [];
const planted = suite("a planted clock");
planted.after(() => {
  for (const copy of copies) copy.remove();
});

/** The copy's own check and simulator, after a change. */
async function copied(plant?: { readonly path: string; readonly find: string; readonly by: string }) {
  const copy = new ProjectCopy();
  copies.push(copy);
  if (plant !== undefined) copy.replace(plant.path, plant);
  const { checkDeterminism } = await copy.load<Determinism>("sim/determinism.ts");
  const { createPlanSimulation, hostCrypto } = await copy.load<Host>("sim/host/simulate.ts");
  return { checkDeterminism, createPlanSimulation, hostCrypto };
}

/** Every write asks the machine for the time as well. */
const clock = {
  path: "core/author.ts",
  find: "turn.now.wallMs",
  by: "turn.now.wallMs + Date.now()",
};

async function whileClockSays<Result>(nowMs: (nth: number) => number, run: () => Result): Promise<Result> {
  const real = Date.now;
  let calls = 0;
  Date.now = () => {
    calls += 1;
    return nowMs(calls);
  };
  try {
    return run();
  } finally {
    Date.now = real;
  }
}

planted("a copy in which nothing was changed passes", async () => {
  const { checkDeterminism, hostCrypto } = await copied();
  assert.is(checkDeterminism(breezyPlan(2), { crypto: hostCrypto }).divergence, null);
});

planted("the real clock, read in the middle of a write, is noticed", async () => {
  const { checkDeterminism, hostCrypto } = await copied(clock);
  const { result, divergence } = checkDeterminism(breezyPlan(2), { crypto: hostCrypto });
  assert.ok(divergence !== null);
  assert.is(result.outcome, "nondeterminism");
  assert.is(exitCodes[result.outcome], 4);
  assert.is(result.violations[0]?.oracle, "determinism");
});

planted("the first event that differs is named, whichever it is", async () => {
  const { checkDeterminism, createPlanSimulation, hostCrypto } = await copied(clock);
  const plan = breezyPlan(2);
  /** The handled inputs, each with how often the clock had been read when it was over. */
  const handled: { readonly node: string; readonly atMs: number; readonly reads: number }[] = [];
  let reads = 0;
  const countReads = (nth: number) => {
    reads = nth;
    return 0;
  };
  await whileClockSays(countReads, () =>
    createPlanSimulation(plan, {
      onEvent: ({ node, timeUs }) => handled.push({ node, atMs: timeUs / 1_000, reads }),
    }).finish(),
  );
  const total = reads;
  const beforeStart = handled[0]?.reads ?? 0;
  for (const read of [beforeStart + 1, Math.floor(total / 3), Math.floor(total / 2)]) {
    // The first run reads nought throughout; the second another time from this reading on.
    const { result, divergence } = await whileClockSays(
      (nth) => Number(nth >= total + read),
      () => checkDeterminism(plan, { crypto: hostCrypto }),
    );
    const expected = handled.findIndex((event) => event.reads >= read);
    const { node, atMs } = handled[expected] ?? {};
    assert.is(divergence?.afterEvents, expected);
    assert.equal(divergence?.first, { node, atMs });
    assert.equal(divergence?.second, { node, atMs });
    const [violation] = result.violations;
    assert.is(violation?.node, node);
    assert.is(violation?.atMs, atMs);
    assert.match(violation?.message ?? "", `from handled input ${expected + 1} on`.replace("from ", ""));
    assert.match(violation?.message ?? "", `${node} at ${atMs} ms`);
  }
});

planted("chance from outside is noticed as well", async () => {
  const { checkDeterminism, hostCrypto } = await copied({
    path: "core/sync/wanted.ts",
    find: "const dueMs = turn.now.monotonicMs + random.between(...delay);",
    by: "const dueMs = turn.now.monotonicMs + delay[0] + Math.floor(Math.random() * (delay[1] - delay[0] + 1));",
  });
  const { divergence } = checkDeterminism(breezyPlan(2), { crypto: hostCrypto });
  assert.ok(divergence !== null && divergence.afterEvents > 0);
});

planted.run();
