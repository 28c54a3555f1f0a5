// What was found is kept by something that runs: docs/found.md names it, and nothing that is kept goes unnamed.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

const root = new URL("../../", import.meta.url);
const text = readFileSync(new URL("docs/found.md", root), "utf8");
const kept = Array.from(text.matchAll(/^\| (?!mistake |---)(.*) \| (.*) \| (.*) \|$/gm), ([, what, , by]) => {
  return { what: what ?? "", by: by ?? "" };
});
/** What nobody has mended names nothing that keeps it, and says so first. */
const isOpen = /^(half )?open\b|^not to be mended\b/;

test("every line of what was found was read", () => {
  assert.is(kept.length, text.split("\n").filter((line) => line.startsWith("|")).length - 2);
});

for (const { what, by } of kept) {
  const title = what.length > 80 ? `${what.slice(0, 80)}…` : what;
  test(`what keeps this from coming back is there, or it says that it is open: ${title}`, () => {
    const files = Array.from(
      by.matchAll(/`((?:test|scenarios)\/[^`]+\.(?:ts|yaml))`/g),
      ([, file = ""]) => file,
    );
    assert.ok(files.length > 0 || isOpen.test(by), `found "${by}", expected a test or a scenario`);
    for (const file of files) assert.ok(existsSync(new URL(file, root)), `${file} is not there`);
    const sources = files.map((file) => readFileSync(new URL(file, root), "utf8")).join("\n");
    for (const [, start = ""] of by.matchAll(/"([^"]+?) …"/g))
      assert.ok(files.length === 0 || sources.includes(start), `no test is called "${start} …"`);
  });
}

test("every random scenario that is kept stands beside the mistake it was found by", () => {
  for (const file of readdirSync(new URL("test/scenarios/corpus", root)))
    assert.ok(
      kept.some(({ by }) => by.includes(`\`test/scenarios/corpus/${file}\``)),
      `${file} is not named`,
    );
});

test.run();
