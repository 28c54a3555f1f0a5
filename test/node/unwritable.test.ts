// Disks without room, and places that are not this user's.

import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { assertFails } from "./assert-fails.ts";
import { NodeProcess, reconvergeAfter } from "./node-process.ts";

/** What root may beyond what its files allow it, which other users may not either. */
const unprivileged =
  process.getuid?.() === 0 ? 'exec setpriv --bounding-set=-dac_override,-dac_read_search "$@"' : ":";

test("where nothing can be written, or nothing read, a sentence says so, and nothing is left", async () => {
  const place = temporaryFolder();
  const node = await NodeProcess.make(place, "full", { "log.level": "silent" });
  const named = ["--home", place, "--name"];
  const backup = ["node", "backup", join(temporaryFolder(), "copy"), ...named, "full"];
  const inside = readdirSync(node.folder);
  const noRoom = "no file there may grow so large";
  const full = "ulimit -f 0";
  const config = join(node.folder, "config.toml");
  const before = readFileSync(config, "utf8");
  const change = ["node", "config", "swarm.port=1", ...named, "full"];
  assertFails(await reconvergeAfter(full, ...change), 4, config, noRoom);
  assertFails(await reconvergeAfter(full, "node", "init", ...named, "other"), 4, "key", noRoom);
  assert.equal(readdirSync(place), ["full"]);
  assert.equal(readdirSync(node.folder), inside);
  assert.is(readFileSync(config, "utf8"), before);
  assertFails(await reconvergeAfter(full, "node", "run", ...named, "full"), 4, join(node.folder, "store"));
  await node.start();
  assert.is(await node.stop(), 0);
  if (process.platform !== "linux") return;
  chmodSync(node.folder, 0);
  try {
    for (const args of [["status", "--home", place, "--node", "full"], change, backup])
      assertFails(await reconvergeAfter(unprivileged, ...args), 1, node.folder, "this user");
  } finally {
    chmodSync(node.folder, 0o700);
  }
  chmodSync(node.folder, 0o500);
  try {
    const refused = await reconvergeAfter(unprivileged, ...backup);
    assertFails(refused, 4, "backup.lock", "EACCES", "check who owns it");
    assert.not.match(refused.stderr, "damaged");
    assertFails(await reconvergeAfter(unprivileged, ...change), 1, config, "this user may not");
  } finally {
    chmodSync(node.folder, 0o700);
  }
});

test.run();
