// One run is a pure function of its plan: in this process and in others, however they are set up.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkDeterminism } from "../../sim/determinism.ts";
import { createPlanSimulation, hostCrypto, planOf } from "../../sim/host/simulate.ts";
import { breezyPlan, stormyPlan, tiny } from "./small-plans.ts";

const script = fileURLToPath(new URL("print-trace.ts", import.meta.url));

/** What another process makes of a seed. */
async function elsewhere(seed: number, flags: readonly string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const command = [...flags, "--import", "tsx", script, String(seed)];
  const { stdout } = await promisify(execFile)(process.execPath, command, { env: { ...inherited, ...env } });
  return JSON.parse(stdout);
}

test("the same seed gives the same result twice, down to every count", () => {
  const [one, other] = [
    createPlanSimulation(stormyPlan(5)).finish(),
    createPlanSimulation(stormyPlan(5)).finish(),
  ];
  assert.equal(other, one);
  assert.is(one.outcome, "passed");
});

test("nodes that share decoding, hashing and verifying do nothing else than those that do not", () => {
  for (const seed of [1, 2]) {
    const [shared, alone] = [true, false].map((isSharing) =>
      createPlanSimulation(stormyPlan(seed), { isSharing }).finish(),
    );
    assert.equal(alone, shared);
  }
});

test("another seed gives another hash", () => {
  const hashes = Array.from(
    { length: 12 },
    (_, seed) => createPlanSimulation(planOf(tiny, seed)).finish().traceHash,
  );
  assert.is(new Set(hashes).size, hashes.length);
  assert.match(hashes[0] ?? "", /^[0-9a-f]{64}$/);
});

test("whoever watches, steps or looks inside changes nothing", () => {
  const expected = createPlanSimulation(breezyPlan(9)).finish();
  let inputs = 0;
  const watched = createPlanSimulation(breezyPlan(9), {
    onEvent: () => {
      inputs += 1;
    },
    traceListener: () => {},
  });
  for (let steps = 0; watched.step(); steps += 1) {
    if (steps % 200 !== 0) continue;
    watched.world.trace.hash();
    for (const { core } of watched.world.nodes) core?.capture();
  }
  assert.equal(watched.finish(), expected);
  assert.ok(inputs > 500);
  const inSlices = createPlanSimulation(breezyPlan(9));
  for (let timeUs = 0; inSlices.runUntil(timeUs, 1_000); timeUs += 700_000);
  assert.equal(inSlices.finish(), expected);
});

test("the check of a sound core finds nothing", () => {
  const { result, divergence } = checkDeterminism(breezyPlan(4), { crypto: hostCrypto });
  assert.is(divergence, null);
  assert.equal(result, createPlanSimulation(breezyPlan(4)).finish());
});

test("other processes come to the same, under another time zone, language and hash seed, and without a compiler", async () => {
  const seed = 11;
  const { traceHash, events, outcome, contexts } = createPlanSimulation(breezyPlan(seed)).finish();
  const expected = JSON.parse(JSON.stringify({ traceHash, events, outcome, contexts }));
  const variants: readonly (readonly [readonly string[], NodeJS.ProcessEnv])[] = [
    [[], {}],
    [[], { TZ: "Pacific/Chatham", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" }],
    [["--hash-seed=77", "--random-seed=99"], { TZ: "America/St_Johns", LANG: "C" }],
    [["--jitless"], {}],
  ];
  const found = await Promise.all(variants.map(([flags, env]) => elsewhere(seed, flags, env)));
  found.forEach((each, index) => {
    assert.equal(each, expected, JSON.stringify(variants[index]));
  });
});

test.run();
