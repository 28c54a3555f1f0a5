/** The pages say what the code does, as far as a test can tell. */

import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { configKeys, tunables } from "../../core/config.ts";
import { exitCodes } from "../../sim/result.ts";

const page = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

test("every tunable stands in the scenario page with its default", () => {
  const text = page("docs/scenarios.md");
  for (const key of configKeys) {
    assert.ok(text.includes(`| \`${key}\` | ${tunables[key].default} |`), `docs/scenarios.md lacks ${key}`);
  }
});

test("every scenario file is named in the README, and every one named is there", () => {
  const named = Array.from(
    page("README.md").matchAll(/^\| `([\w-]+\.(?:yaml|ts))` \|/gm),
    ([, name]) => name,
  );
  const there = readdirSync(new URL("../../scenarios/", import.meta.url));
  assert.equal(named.sort(), there.sort());
});

test("every exit code of a run is explained in the README", () => {
  const text = page("README.md");
  for (const [outcome, code] of Object.entries(exitCodes)) {
    assert.ok(text.includes(`${code} ${outcome}`), `README.md does not explain exit code ${code}`);
  }
});

test("links between pages lead to files that are there", () => {
  for (const name of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/scenarios.md"]) {
    for (const [, target = ""] of page(name).matchAll(/\]\(([^)#:]+)\)/g)) {
      const url = new URL(target, new URL(`../../${name}`, import.meta.url));
      assert.not.throws(() => readdirOrRead(url), `${name} links to ${target}, which is not there`);
    }
  }
});

function readdirOrRead(url: URL): void {
  try {
    readFileSync(url);
  } catch {
    readdirSync(url);
  }
}

test.run();
