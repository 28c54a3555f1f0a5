// Applications in files of their own: what is taken from a module, and what is said when there is nothing to take.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInNames, importApplications } from "../../../adapters/modules/applications.ts";
import { ModuleError } from "../../../adapters/modules/module-error.ts";
import { CallError } from "../../../core/app/application.ts";
import { callsTo } from "../../core/lone-node.ts";
import { temporaryFolder } from "../level/temporary-folder.ts";

const folder = temporaryFolder();

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const namesIn = async (path: string) =>
  (await importApplications(path, builtInNames)).map(({ name }) => name);

/** What is said about a file, with its place. */
async function complaintAbout(path: string): Promise<string> {
  try {
    return `no complaint: ${await namesIn(path)}`;
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    return `${error.place} ${error.message}`.trim();
  }
}

const app = (name: string) =>
  `defineApp({ name: "${name}", state: {}, methods: {}, views: { look: () => null } })`;
const defined = `import { defineApp } from "reconverge/app";\n`;

test("every application that a module exports is taken once, in TypeScript and JavaScript", async () => {
  const typed = `${defined}export const one: { name: string } = ${app("one")};\nexport const other = 1;\nexport default one;\nexport const two = ${app("two")};\n`;
  assert.equal((await namesIn(written("typed.ts", typed))).sort(), ["one", "two"]);
  assert.equal(await namesIn(written("plain.mjs", `${defined}export const a = ${app("a")};`)), ["a"]);
  assert.equal(await namesIn(written("module.js", `${defined}export default ${app("b")};`)), ["b"]);
  const common = `exports.old = { name: "old", methods: { m: { access: "read", run: () => null } }, handlers: {} };`;
  assert.equal(await namesIn(written("common.cjs", common)), ["old"]);
});

test("an application may be spread over files, and what it refuses is a refusal here too", async () => {
  mkdirSync(join(folder, "parts"));
  written("parts/limits.ts", "export const limit: number = 3;\n");
  const text = `import { CallError, defineApp } from "reconverge/app";
import { limit } from "./parts/limits.ts";
export const limited = defineApp({
  name: "limited", state: {}, views: {},
  methods: { go() { throw new CallError(\`at most \${limit}\`, "bad-arguments"); } },
});\n`;
  const [limited] = await importApplications(written("limited.ts", text), builtInNames);
  assert.ok(limited);
  assert.is(callsTo(limited)("go"), "bad-arguments: at most 3");
  const error = await importApplications(join(folder, "limited.ts"), builtInNames)
    .then(([again]) => again?.methods.go?.run({} as never))
    .catch((thrown: unknown) => thrown);
  assert.ok(error instanceof CallError);
});

const troubles: readonly (readonly [title: string, name: string, text: string, complaint: RegExp])[] = [
  [
    "exports none",
    "none.ts",
    "export const list = [1];",
    /^found no application, expected one such as `export/,
  ],
  ["is no module", "notes.txt", "milk", /^is a file ending in ".txt", expected .ts or .js$/],
  ["does not parse", "broken.ts", `${defined}\nexport const x = ;`, /^:3:18 Unexpected ";"$/],
  ["does not parse either", "broken.mjs", "\nconst x = ;", /^:2 Unexpected token ';'$/],
  ["throws", "throws.ts", `\nthrow new Error("not today");\nexport {};`, /^:2:7 not today$/],
  [
    "has an application that cannot be",
    "names.ts",
    `${defined}\nexport const x = defineApp({ name: "x", state: { "a/b": 1 }, methods: {}, views: {} } as never);`,
    /^:3:18 "a\/b" cannot name a field of x/,
  ],
  ["imports what is not there", "lost.ts", `import "./nowhere.ts";`, /^Cannot find module '.*nowhere.ts'$/],
  [
    "imports a name that is not there",
    "typo.ts",
    `import { defineAp } from "reconverge/app";\ndefineAp();`,
    /defineAp/,
  ],
  [
    "imports a file that does not parse",
    "user.ts",
    `import "./bad.ts";`,
    /^it imports bad.ts:2:11: Unexpected ";"$/,
  ],
  [
    "is named as a built-in one",
    "store.ts",
    `${defined}export const x = ${app("kv-store")};`,
    /^the name "kv-store" is that of a built-in application/,
  ],
  [
    "has one name twice",
    "twice.ts",
    `${defined}export const x = ${app("x")};\nexport const y = ${app("x")};`,
    /^the name "x" is that of another application of the same file/,
  ],
];

for (const [title, name, text, complaint] of troubles) {
  test(`a file that ${title} is told in one line, with the place`, async () => {
    written("bad.ts", "const a: number = 1;\nconst b = ;\n");
    assert.match(await complaintAbout(written(name, text)), complaint);
  });
}

test("a file that is missing is told, with the one that was probably meant", async () => {
  written("groceries.ts", "");
  assert.is(
    await complaintAbout(join(folder, "grocery.ts")).then((text) => text.replace(/;.*/, "")),
    "there is no such file",
  );
  assert.match(await complaintAbout(join(folder, "grocerie.ts")), /did you mean "groceries.ts"\?$/);
  assert.match(await complaintAbout(folder), /^is not a file/);
});

test.run();
