import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadScenario } from "../../../sim/host/scenario-file.ts";
import { complaintsAbout, withFile } from "./scenario-files.ts";

function load(name: string, text: string) {
  return withFile(name, text, (path) => loadScenario(path, { assignments: [] }));
}

const withDefine = `import { defineScenario } from "reconverge/sim";
export default defineScenario({ name: "written", nodes: 2, seed: undefined });
`;

test("a module anywhere may import defineScenario from reconverge/sim", async () => {
  for (const name of ["a.ts", "a.mts", "a.js", "a.mjs"]) {
    const { scenario } = await load(name, withDefine);
    assert.equal(scenario, { name: "written", nodes: 2 }, name);
  }
});

test("a CommonJS file exports a scenario too", async () => {
  for (const name of ["a.js", "a.cjs"]) {
    const { scenario } = await load(name, 'module.exports = { name: "old", nodes: 4 };\n');
    assert.equal(scenario, { name: "old", nodes: 4 }, name);
  }
});

test("types in a TypeScript scenario mean nothing at run time", async () => {
  const { scenario } = await load(
    "a.ts",
    'const count: number = 3;\nexport default { name: "typed", nodes: count as 3 };\n',
  );
  assert.equal(scenario, { name: "typed", nodes: 3 });
});

test("the TypeScript scenario that is shipped loads", async () => {
  const path = fileURLToPath(new URL("../../../scenarios/rolling-restarts.ts", import.meta.url));
  const { scenario } = await loadScenario(path, { assignments: [] });
  assert.is(scenario.faults?.length, 10);
});

test("problems name the file and the path", async () => {
  assert.equal(
    await complaintsAbout('export default { name: "a", nodes: 2, until: "soon" };', { name: "a.ts" }),
    ['a.ts: until: found "soon", expected a duration: 250ms, 10s, 2m, 1h or a number of ms'],
  );
});

const broken: readonly (readonly [title: string, text: string, complaint: string])[] = [
  [
    "without a default export",
    "export const scenario = {};",
    "found no default export, expected `export default ",
  ],
  ["that does not parse", 'export default { name: "a", nodes: };', 'a.ts:1:36: Unexpected "}"'],
  [
    "that throws",
    'const text = "x";\n\nthrow new Error("no " + text);\nexport default {};',
    "a.ts:3:7: no x",
  ],
  [
    "that imports what is not there",
    'import "./nowhere.ts";\nexport default {};',
    "a.ts: Cannot find module",
  ],
  [
    "that exports a function",
    "export default () => 1;",
    "a.ts: found a function, expected a value that JSON can hold",
  ],
  [
    "with a value of a class",
    'export default { name: "a", nodes: new Map() };',
    "a.ts: nodes: found an object of Map, expected",
  ],
];

for (const [title, text, complaint] of broken) {
  test(`a module ${title} is one clear error`, async () => {
    const found = await complaintsAbout(text, { name: "a.ts" });
    assert.is(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", complaint);
  });
}

test("a value that holds itself is refused", async () => {
  const text =
    'const args = {};\nargs.self = args;\nexport default { name: "a", nodes: 1, workload: [{ at: 1, method: "set", args }] };';
  const found = await complaintsAbout(text, { name: "a.mjs" });
  assert.is(found.length, 1);
  assert.match(found[0] ?? "", "nested more than 64 deep");
});

test.run();
