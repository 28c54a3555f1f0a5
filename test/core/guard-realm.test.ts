// Core and simulator need nothing but the language: bundled, and run in a realm without clock, locale, timers,
// chance, process or cryptography, a cluster does exactly what it does here, with Node's own cryptography.

import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import type { Plan } from "../../sim/plan/plan.ts";
import type { SimulationResult } from "../../sim/result.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What runs inside: plain data in and out, as text, so that no object of this realm gets in. */
const entry = `
  import { pureCrypto } from "./adapters/crypto/pure-crypto.ts";
  import { createPureIdentity } from "./adapters/crypto/pure-identity.ts";
  import { Simulation } from "./sim/simulation.ts";

  export function run(planText) {
    const crypto = { crypto: pureCrypto, identity: createPureIdentity };
    return JSON.stringify(new Simulation(JSON.parse(planText), { crypto }).finish());
  }
`;

const scenario: Scenario = {
  ...{ name: "guarded", nodes: 4, until: "12s" },
  network: {
    latency: { kind: "lognormal", medianMs: 30, p99Ms: 200 },
    loss: 0.1,
    reorder: 0.1,
    duplicate: 0.1,
    keepalive: "1s",
  },
  clocks: { offsetMs: [-1_000, 1_000], driftPpm: [-200, 200] },
  disk: { syncMs: [1, 20] },
  config: { heartbeatMs: 3_000, syncFrequencyMs: 2_000 },
  workload: [
    // Long enough for the platform's text encoder to be asked, and in more than one script.
    {
      rate: "4/s",
      until: "5s",
      method: "set",
      args: { key: "k{int 0 5}", value: "{node} × {seq}: größer als – 𐍈 – {bytes 100}" },
    },
    { rate: "1/s", until: "5s", method: "remove", args: { key: "k{int 0 5}" } },
  ],
  faults: [
    { at: "1s", until: "4s", kind: "partition", split: 0.5 },
    { at: "2s", until: "3s", kind: "crash", nodes: "n1", disk: "torn" },
    { at: "5s", kind: "join", nodes: "late" },
  ],
  expect: [{ converged: { within: "5s" } }],
};

async function bundle(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: root, loader: "ts" },
    ...{
      bundle: true,
      write: false,
      format: "iife",
      globalName: "guarded",
      platform: "neutral",
      target: "es2023",
    },
    // Both fields name what a package without "exports" starts with.
    mainFields: ["module", "main"],
    tsconfigRaw: "{}",
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/** A realm with the language and a text encoder, and nothing that differs from machine to machine. */
function createGuardRealm(): object {
  const realm = createContext({ TextEncoder, TextDecoder });
  runInContext(
    `delete globalThis.Date;
     delete globalThis.Intl;
     delete globalThis.console;
     Math.random = () => { throw new Error("chance was taken from Math.random"); };`,
    realm,
  );
  return realm;
}

function runGuarded(code: string, plan: Plan): SimulationResult {
  const realm = createGuardRealm();
  runInContext(code, realm);
  return JSON.parse(runInContext("guarded.run", realm)(JSON.stringify(plan)));
}

test("the realm has no clock, no locale, no timers, no chance, no process and no cryptography", () => {
  const realm = createGuardRealm();
  for (const name of [
    "Date",
    "Intl",
    "setTimeout",
    "setImmediate",
    "queueMicrotask",
    "crypto",
    "process",
    "performance",
    "Buffer",
    "console",
    "require",
    "fetch",
  ])
    assert.is(runInContext(`typeof ${name}`, realm), "undefined", name);
  assert.throws(() => runInContext("Math.random()", realm), /chance was taken/);
  assert.throws(() => runInContext("Date.now()", realm), /Date is not defined/);
});

test("a cluster in the guard realm does exactly what it does on Node, trace hash included", async () => {
  const code = await bundle(entry);
  for (const seed of [1, 2]) {
    const plan = planOf(scenario, seed);
    const expected = createPlanSimulation(plan).finish();
    assert.is(expected.outcome, "passed", JSON.stringify(expected.violations));
    assert.ok(expected.acknowledged > 10 && (expected.probes["sync-deltas-received"] ?? 0) > 0);
    assert.equal(runGuarded(code, plan), JSON.parse(JSON.stringify(expected)));
  }
});

test("the guard realm stops who reads a clock or takes chance", async () => {
  const plan = planOf(scenario, 1);
  for (const [planted, message] of [
    ["Date.now()", /Date is not defined/],
    ["Math.random()", /chance was taken/],
    ["[1.5].toLocaleString(), Intl.NumberFormat()", /Intl is not defined/],
  ] as const) {
    const code = await bundle(entry.replace("return JSON", `${planted}; return JSON`));
    assert.throws(() => runGuarded(code, plan), message);
  }
});

test.run();
