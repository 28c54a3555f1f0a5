// Scenarios that bring applications of their own.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Progress } from "../../../sim/host/progress.ts";
import { type Runs, runInProcess, runInWorkers } from "../../../sim/host/runners.ts";
import { loadScenario } from "../../../sim/host/scenario-file.ts";
import { planOfLoaded, type Ran, simulate } from "../../../sim/host/simulate.ts";
import { ScenarioError } from "../../../sim/scenario/scenario-error.ts";
import { complaintsAbout, complaintsAboutPath, withFile } from "./scenario-files.ts";

const shopping = fileURLToPath(new URL("../../../scenarios/shopping-list.yaml", import.meta.url));

async function outcomesOf(results: AsyncGenerator<Ran>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const { result } of results) all.push(`${result.outcome} ${result.traceHash}`);
  return all;
}

test("a run is the same in this process, in worker threads, and checked for determinism", async () => {
  const loaded = await loadScenario(shopping, { assignments: [] });
  const plans = [1, 2].map((seed) => ({ ...loaded, plan: planOfLoaded(loaded, seed) }));
  const runs = (isChecked: boolean): Runs => ({
    ...{ plans, isChecked, isRecorded: false, eventsMax: 1_000_000, progress: new Progress(2) },
  });
  const here = await outcomesOf(runInProcess(runs(false)));
  assert.match(here.join(), /^passed [0-9a-f]+,passed [0-9a-f]+$/);
  assert.equal(await outcomesOf(runInProcess(runs(true))), here);
  assert.equal(await outcomesOf(runInWorkers(runs(false), 2)), here);
});

test("a library's run is told that it does not read files, and takes what was read", async () => {
  const { scenario, applications } = await loadScenario(shopping, { assignments: [] });
  assert.throws(
    () => simulate(scenario),
    (error: unknown) => error instanceof ScenarioError && /applications: found files/.test(error.message),
  );
  assert.is(simulate(scenario, { seed: 4, applications }).outcome, "passed");
});

test("a scenario in TypeScript names files from its own folder too", async () => {
  const app = `import { defineApp } from "reconverge/app";
export const own = defineApp({ name: "own", state: {}, methods: {}, views: {} });\n`;
  const text = `export default { name: "a", nodes: 2, applications: ["./own.ts"], contexts: [{ id: "c", app: "own" }] };`;
  await withFile("a.ts", text, async (path, folder) => {
    writeFileSync(join(folder, "own.ts"), app);
    const { applications, applicationFiles } = await loadScenario(path, { assignments: [] });
    assert.equal(
      applications.map(({ name }) => name),
      ["own"],
    );
    assert.equal(applicationFiles, [join(folder, "own.ts")]);
  });
});

test("what is wrong with an application is told with file, line and path of the scenario, all at once", async () => {
  const app = (name: string) => `exports.it = { name: "${name}", methods: {}, handlers: {} };\n`;
  const text = `name: a
nodes: 1
applications:
  - ./own.cjs
  - ./broken.ts
  - ./missing.ts
  - ./same.cjs
`;
  await withFile("a.yaml", text, async (path, folder) => {
    writeFileSync(join(folder, "own.cjs"), app("own"));
    writeFileSync(join(folder, "same.cjs"), app("own"));
    writeFileSync(join(folder, "broken.ts"), "export const x: number = ;\n");
    const complaints = await complaintsAboutPath(path);
    assert.equal(
      complaints.map((line) => line.replaceAll(`${folder}/`, "")),
      [
        'a.yaml:5:5: applications[1]: ./broken.ts:1:26: Unexpected ";"',
        "a.yaml:6:5: applications[2]: ./missing.ts: there is no such file",
        'a.yaml:7:5: applications[3]: ./same.cjs: the name "own" is that of an application of ./own.cjs: give the application another',
      ],
    );
  });
});

test("applications that are no list of paths are refused", async () => {
  assert.equal(await complaintsAbout("name: a\nnodes: 1\napplications: [1]\n"), [
    "a.yaml:3:16: applications[0]: found 1, expected the path of a file",
  ]);
});

test.run();
