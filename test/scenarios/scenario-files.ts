// The scenarios that are shipped, and how they are run by tests.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadScenario } from "../../sim/host/scenario-file.ts";
import { simulate } from "../../sim/host/simulate.ts";

export const scenarioFolder = fileURLToPath(new URL("../../scenarios", import.meta.url));

/** Their names, sorted; what they are made of lies in folders beside them. */
export function scenarioFiles(): string[] {
  return readdirSync(scenarioFolder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

/** Is it about a way to sync, or about many contexts? The rest is about what people write. */
export function isAboutSync(file: string): boolean {
  return /probe-counted|hundred contexts/i.test(readFileSync(join(scenarioFolder, file), "utf8"));
}

/** These take long: one seed has to do. */
const large = [
  "busy-context.yaml",
  "five-hundred-contexts.ts",
  "mixed.yaml",
  "partition-heals.yaml",
  "state-replaced.yaml",
];

/** Declares the test that a scenario passes with some seeds. */
export function testPasses(file: string): void {
  const seeds = large.includes(file) ? [1] : [1, 2];
  test(`${file} passes with seeds ${seeds.join(", ")}`, async () => {
    const { scenario, applications } = await loadScenario(join(scenarioFolder, file), { assignments: [] });
    for (const seed of seeds) {
      const result = simulate(scenario, { seed, applications });
      assert.is(result.outcome, "passed", `seed ${seed}: ${JSON.stringify(result.violations.slice(0, 3))}`);
      assert.ok(result.converged && result.acknowledged > 0, `seed ${seed}: nothing was shown`);
    }
  });
}
