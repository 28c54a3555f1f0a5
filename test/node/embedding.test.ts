// A node inside a program, as the README shows it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createNode } from "../../node/index.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { until } from "./test-node.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("the README's two nodes in twenty lines do what it says", async () => {
  const section = readFileSync(join(root, "README.md"), "utf8").split("### In a program")[1] ?? "";
  const [, example = ""] = /```ts\n([\s\S]*?)\n```/.exec(section) ?? [];
  assert.ok(example.split("\n").length <= 20, `${example.split("\n").length} lines`);
  const folder = temporaryFolder();
  const own = JSON.stringify(join(root, "node/index.ts"));
  writeFileSync(join(folder, "example.mts"), example.replace('"reconverge"', own));
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), join(folder, "example.mts")],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const [exitCode] = await once(child, "close");
  assert.is(exitCode, 0);
  assert.match(said, /^(changed\n)+hello\n$/);
});

test("an embedded node refuses with one sentence, tells who is there, syncs when asked, and ends its listeners", async () => {
  const ann = await createNode({ folder: join(temporaryFolder(), "ann") });
  const settings = { "swarm.bootNodes": [...ann.addresses] };
  const bob = await createNode({ folder: join(temporaryFolder(), "bob"), settings });
  assert.is(ann.state, "running");
  const id = await ann.contexts.create("counter");
  await bob.contexts.join(await ann.contexts.invite(id, { role: "reader" }));
  await until("they meet", async () => (await bob.contexts.status(id))?.readiness.state === "ready");
  await until("it comes in", async () => (await bob.contexts.status(id))?.ownRole === "reader");
  // Who comes in says so: until that is heard, the others do not know.
  const rolesAtAnn = async () =>
    (await ann.contexts.members(id))
      ?.map(({ role }) => role)
      .sort()
      .join();
  await until("the other hears of it", async () => (await rolesAtAnn()) === "admin,reader");
  assert.equal(bob.peers(id), [ann.peer]);
  assert.is(await bob.sync(id), 1);
  assert.is(await bob.sync(id, "12D3KooWNobody"), 0);
  assert.is((await ann.contexts.list())[0]?.application, "counter");
  assert.match(await ann.metrics(), "reconverge_deltas");
  const refusals = [
    () => ann.execute(id, "no-such-method"),
    () => ann.execute("nonsense", "get"),
    () => ann.contexts.join("nonsense"),
    () => bob.contexts.invite(id),
    () => bob.execute(id, "increment", { key: "visits" }),
    () => ann.contexts.create("no-such-application"),
    () => createNode({ folder: temporaryFolder(), settings: { "swarm.port": -1 } }),
  ];
  for (const refusal of refusals) {
    const error = await refusal().then(
      () => null,
      (thrown) => thrown,
    );
    assert.is(error?.name, "Failure", String(error));
    assert.not.match(error.message, "\n");
  }
  const listening = (async () => {
    let heard = 0;
    for await (const event of ann.events()) heard += Number(event.kind === "changed");
    return heard;
  })();
  await ann.execute(id, "increment", { key: "visits" });
  await Promise.all([ann.stop(), bob.stop()]);
  assert.is(await listening, 1);
  assert.is(ann.state, "stopped");
});

test.run();
