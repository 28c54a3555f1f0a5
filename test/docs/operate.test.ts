// The page for operators says what the settings and metrics are, and what it names is there.

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { registerNodeCommands } from "../../node/commands/index.ts";
import { withSettings } from "./settings-table.ts";

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const page = read("docs/operate.md");

test("the reference of settings is the one that the settings make", () => {
  assert.is(page, withSettings(page), "npm run settings");
});

test("every metric that the page names is made somewhere", () => {
  const sources = ["metrics", "stream-times"].map((name) => read(`node/${name}.ts`)).join("");
  const probes = read("core/probes.ts");
  for (const [name = ""] of page.matchAll(/reconverge_[a-z_]+/g)) {
    const probe = name.replace(/^reconverge_(.*)_total$/, "$1").replaceAll("_", "-");
    assert.ok(sources.includes(`"${name}"`) || probes.includes(`"${probe}"`), name);
  }
});

test("every command that the page or the unit names is there", () => {
  const program = new Command("reconverge");
  registerNodeCommands(program);
  const text = page + read("deploy/reconverge@.service") + read("deploy/Dockerfile");
  let count = 0;
  for (const [, first = "", second = ""] of text.matchAll(
    /reconverge (node|context|app|status|peers) ?([a-z]*)/g,
  )) {
    const command = program.commands.find((each) => each.name() === first);
    assert.ok(command, first);
    if (command.commands.length === 0 || second === "") continue;
    assert.ok(
      command.commands.some((each) => each.name() === second),
      `${first} ${second}`,
    );
    count += 1;
  }
  assert.ok(count > 10);
});

test.run();
