// Applications of one's own on a node: installed, run, gone missing, and uninstalled, through the command line.

import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess, reconverge } from "./node-process.ts";

const home = temporaryFolder();
const place = ["--home", home, "--name", "ann"];
const example = fileURLToPath(new URL("../../scenarios/applications/shopping-list.ts", import.meta.url));
const file = join(home, "shopping-list.ts");
cpSync(example, file);

async function said(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await reconverge(...args);
  assert.is(exitCode, 0, stderr);
  return stdout.trimEnd();
}

async function refusal(...args: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await reconverge(...args);
  assert.is(exitCode, 1, stderr);
  assert.not.match(stderr, /\n {4}at /, "a stack trace");
  return stderr.trimEnd();
}

const asked = (...args: readonly string[]) => said(...args, "--home", home, "--node", "ann");

test("an application is installed, run, missed when its file is gone, and uninstalled", async () => {
  const node = await NodeProcess.make(home, "ann");
  assert.match(
    await said("app", "install", file, ...place),
    /^installed shopping-list .*\nthis takes effect when/,
  );
  assert.match(await said("app", "install", file, ...place), /^was installed already: shopping-list/);
  const listed = JSON.parse(await said("app", "list", ...place, "--json"));
  assert.equal(listed.applications.at(-1), { name: "shopping-list", file });

  await node.start();
  const context = await asked("context", "create", "--application", "shopping-list");
  const about = ["--context", context, "--args"];
  await asked("call", "want", ...about, '{"item":"milk"}');
  assert.is(await asked("call", "list", ...about, "{}"), '{"milk":1}');
  assert.ok(JSON.parse(await asked("status", "--json")).applications.includes("shopping-list"));
  assert.match(
    await said("app", "install", file, ...place),
    /is running: restart it for this to take effect$/,
  );
  await node.stop();

  renameSync(file, `${file}.gone`);
  assert.match(
    await said("app", "list", ...place),
    /cannot be loaded: .*shopping-list.ts: there is no such file/,
  );
  await node.start();
  assert.match(
    node.stderr,
    /an installed application cannot be loaded, .*ApplicationNotInstalled: .*no such file/,
  );
  const missed = await refusal("call", "list", ...about, "{}", "--home", home, "--node", "ann");
  assert.match(missed, `the application of context ${context} is not installed on this node`);
  await node.stop();

  renameSync(`${file}.gone`, file);
  await node.start();
  assert.is(await asked("call", "list", ...about, "{}"), '{"milk":1}');
  await node.stop();
  assert.match(await said("app", "uninstall", "shopping-list", ...place), /^uninstalled shopping-list/);
  assert.not.match(await said("app", "list", ...place), "shopping-list");
});

test("what cannot be installed is refused with its reason, and nothing is changed", async () => {
  await NodeProcess.make(home, "bob");
  const bob = ["--home", home, "--name", "bob"];
  const config = join(home, "bob", "config.toml");
  const before = readFileSync(config, "utf8");
  const written = (name: string, text: string) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const named = (name: string) => `exports.it = { name: "${name}", methods: {}, handlers: {} };\n`;
  const table: readonly (readonly [string, RegExp])[] = [
    [
      join(home, "shoping-list.ts"),
      /shoping-list.ts: there is no such file; did you mean "shopping-list.ts"\?$/,
    ],
    [written("broken.ts", "const a = 1;\nexport const b: = 2;\n"), /broken.ts:2:17: Unexpected "="$/],
    [written("empty.ts", "export {};\n"), /empty.ts: found no application, expected one such as/],
    [
      written("store.cjs", named("kv-store")),
      /store.cjs: the name "kv-store" is that of a built-in application/,
    ],
  ];
  for (const [path, message] of table) assert.match(await refusal("app", "install", path, ...bob), message);
  assert.is(readFileSync(config, "utf8"), before);
  await said("app", "install", written("one.cjs", named("mine")), ...bob);
  const clash = await refusal("app", "install", written("two.cjs", named("mine")), ...bob);
  assert.match(clash, /two.cjs: the name "mine" is that of an application of .*one.cjs/);
  assert.match(await refusal("app", "uninstall", "mien", ...bob), /installed: mine; did you mean "mine"\?$/);
  assert.match(await refusal("app", "uninstall", "counter", ...bob), /counter is a built-in application/);
  writeFileSync(join(home, "one.cjs"), "exports.it = ;");
  await said("app", "uninstall", join(home, "one.cjs"), ...bob);
  assert.match(await refusal("app", "list", "--home", home, "--name", "nobody"), /make a node with/);
});

test.run();
