import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mutants } from "./mutants.ts";

test("there are at least 25 mutants, each with a name of its own", () => {
  assert.ok(mutants.length >= 25);
  assert.is(new Set(mutants.map(({ name }) => name)).size, mutants.length);
});

for (const { name, edits } of mutants) {
  test(`the mutant ${name} still applies`, () => {
    for (const { file, find, by } of edits) {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
      assert.is(source.split(find).length - 1, 1, `${file} has once: ${find}`);
      assert.not(source.includes(by) && by.length > find.length, `${file} has the mistake already`);
    }
  });
}

test.run();
