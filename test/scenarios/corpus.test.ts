// Random scenarios in which bugs were found, and that pass since: docs/found.md says what each kind was.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadScenario } from "../../sim/host/scenario-file.ts";
import { simulate } from "../../sim/host/simulate.ts";

const folder = fileURLToPath(new URL("corpus", import.meta.url));

for (const file of readdirSync(folder).sort()) {
  test(`${file} passes with the seed with which it failed`, async () => {
    const { scenario, applications } = await loadScenario(join(folder, file), { assignments: [] });
    const { seed } = scenario;
    assert.type(seed, "number");
    const { outcome, violations } = simulate(scenario, { seed: seed as number, applications });
    assert.is(outcome, "passed", JSON.stringify(violations.slice(0, 3)));
  });
}

test.run();
