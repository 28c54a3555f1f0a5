// Enforces the architecture over the syntax tree of every source file, and shows that no rule is vacuous.
// The rules are data, in tidy/rules.ts; what each refuses is shown in tidy/examples.ts.

import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  bannedExamples,
  disguisedExamples,
  type Example,
  importExamples,
  innocentExamples,
  shapeExamples,
} from "./tidy/examples.ts";
import { checkImports } from "./tidy/imports.ts";
import { checkNames } from "./tidy/names.ts";
import { existsInProject, readProject, testFolders } from "./tidy/project.ts";
import {
  checkDefaultExports,
  checkLength,
  checkRequiredEntries,
  checkTestFolders,
  checkUnfinished,
} from "./tidy/shape.ts";
import { parseSource, type SourceFile, type Violation } from "./tidy/source-file.ts";

type Check = (file: SourceFile) => readonly Violation[];

const everyCheck: Check = (file) =>
  [checkImports, checkNames, checkLength, checkDefaultExports, checkUnfinished].flatMap((check) =>
    check(file),
  );

const project = readProject();

function assertNone(violations: readonly Violation[]): void {
  assert.is(violations.map(({ message }) => message).join("\n"), "");
}

/** Fails with the example that was not refused by its rule, and by nothing else. */
function assertRefused(examples: readonly Example[]): void {
  for (const { rule, path, source } of examples) {
    const rules = everyCheck(parseSource(path, source)).map((violation) => violation.rule);
    assert.equal([...new Set(rules)], [rule], `${path}: ${source}`);
  }
}

test("files import only what their folder may", () => {
  assertNone(project.flatMap(checkImports));
});

test("core and sim use no name that makes a result depend on the machine", () => {
  assertNone(project.flatMap(checkNames));
});

test("no file is longer than the limit", () => {
  assertNone(project.flatMap(checkLength));
});

test("only scenarios have default exports", () => {
  assertNone(project.flatMap(checkDefaultExports));
});

test("no comment speaks of unfinished work", () => {
  assertNone(project.flatMap(checkUnfinished));
});

test("every folder of tests mirrors a source folder", () => {
  assertNone(checkTestFolders(testFolders(), existsInProject));
});

test("what everyone looks for at the top is there", () => {
  assertNone(checkRequiredEntries(existsInProject));
});

test("the source files were found", () => {
  const paths = project.map(({ path }) => path);
  assert.ok(paths.includes("test/tidy.test.ts") && paths.includes("bin.mjs"), paths.join(" "));
});

test("each banned name is refused in each place where it is banned", () => {
  assertRefused(bannedExamples);
});

test("a banned name is seen through its disguises", () => {
  assertRefused(disguisedExamples);
});

test("each import that the table does not allow is refused", () => {
  assertRefused(importExamples);
});

test("a file of the wrong shape is refused", () => {
  assertRefused(shapeExamples);
});

test("a folder of tests that mirrors nothing is refused", () => {
  const exists = (path: string) => ["core", "core/dag", "cli.ts"].includes(path);
  const refused = checkTestFolders(["core", "core/dag", "core/misc", "cli", "tidy", "tidy/more"], exists);
  assert.equal(refused.length, 1);
  assert.match(refused[0]?.message ?? "", "test/core/misc mirrors nothing");
});

test("a missing top-level entry is named", () => {
  const refused = checkRequiredEntries((path) => path !== "README.md");
  assert.equal(
    refused.map(({ message }) => message),
    ["README.md is missing at the top of the project"],
  );
});

test("what only looks like a broken rule is left alone", () => {
  for (const { path, source } of innocentExamples) assertNone(everyCheck(parseSource(path, source)));
});

test("a message says where, what, and what to do instead", () => {
  const [violation] = checkNames(parseSource("core/ids.ts", "\nconst now = Date.now();"));
  assert.is(
    violation?.message,
    "core/ids.ts:2 Date is banned in core/: time is an argument: use the `now` that was handed in",
  );
});

test.run();
