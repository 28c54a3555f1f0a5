// Every scenario that is shipped is valid, explains itself, and can be planned with any seed.

import { readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInApplications } from "../../core/app/built-in/index.ts";
import { loadScenario } from "../../sim/host/scenario-file.ts";
import { resolvePlan } from "../../sim/plan/resolve.ts";
import { scenarioFolder as folder, scenarioFiles } from "./scenario-files.ts";

const files = scenarioFiles();

/** What the first version promises to teach. */
const subjects = [
  ...[
    "hello",
    "partition-heals",
    "one-way-cut",
    "lossy-gossip",
    "late-joiner",
    "crash-and-restart",
    "flapping",
  ],
  ...["wrong-clocks", "many-contexts", "duplicate-and-reorder"],
];

test("there is a scenario for each subject, and one in TypeScript", () => {
  const names = files.map((file) => basename(file, extname(file)));
  for (const subject of subjects) assert.ok(names.includes(subject), subject);
  assert.ok(files.some((file) => file.endsWith(".ts")));
});

for (const file of files) {
  test(`${file} is valid, named as its file, described, and expects something`, async () => {
    const { scenario, applications } = await loadScenario(join(folder, file), { assignments: [] });
    assert.is(scenario.name, basename(file, extname(file)));
    assert.ok((scenario.description ?? "").length > 40, "a description");
    assert.ok(
      (scenario.expect ?? []).some(({ converged }) => converged !== undefined),
      "an expectation to converge",
    );
    for (const seed of [1, 2, 3]) {
      const plan = resolvePlan(scenario, { seed, applications: [...builtInApplications, ...applications] });
      assert.ok(plan.operations.length > 0, "a workload");
      const lastUs = Math.max(
        ...plan.operations.map(({ atUs }) => atUs),
        ...plan.faults.map(({ untilUs }) => untilUs ?? 0),
      );
      assert.ok(lastUs + 10_000_000 <= plan.untilUs, "ten seconds to converge in");
    }
  });
}

test("a YAML scenario tells editors where its schema is", () => {
  for (const file of files.filter((name) => name.endsWith(".yaml"))) {
    const text = readFileSync(join(folder, file), "utf8");
    assert.match(text, "# yaml-language-server: $schema=../sim/scenario/scenario.schema.json", file);
  }
});

test("the hundred nodes of partition-heals become a thousand with one assignment", async () => {
  const { scenario } = await loadScenario(join(folder, "partition-heals.yaml"), {
    assignments: ["nodes=1000"],
  });
  const plan = resolvePlan(scenario, { applications: builtInApplications });
  assert.is(plan.nodes.length, 1_000);
  assert.is(plan.links.length, 4_000);
  assert.is(plan.operations.length, 722);
});

test.run();
