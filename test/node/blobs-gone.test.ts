// A node whose folder of blobs is not where it was.

import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../core/json.ts";
import { ApiClient } from "../../node/client.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess, reconverge } from "./node-process.ts";
import { createContext, until } from "./test-node.ts";

test("blobs that were put on a node are told where their folder is gone or empty, until they are there again", async () => {
  const home = temporaryFolder();
  const node = await NodeProcess.make(home, "half", { "log.level": "warn" });
  await node.start();
  const contextId = await createContext(node.apiUrl);
  const api = await ApiClient.find({ api: node.apiUrl });
  const { data } = await api.put(`/admin-api/blobs?context_id=${contextId}`, "text/plain", [
    Buffer.from("kept"),
  ]);
  const blob = String((data as JsonObject).blob_id);
  assert.is(await node.stop(), 0);
  const [folder, away] = [join(node.folder, "blobs"), join(home, "away")];
  renameSync(folder, away);
  for (const prepare of [() => {}, () => mkdirSync(folder)]) {
    prepare();
    await node.start();
    await until("told", async () => node.stderr.includes("are not whole in their folder"));
    assert.ok(node.stderr.includes(blob) && node.stderr.includes(folder), node.stderr);
    const { stdout } = await reconverge("status", "--home", home, "--node", "half");
    assert.match(stdout, `put here, and NOT WHOLE on its disk: ${blob}\n`);
    assert.is(await node.stop(), 0);
    rmSync(folder, { recursive: true });
  }
  renameSync(away, folder);
  await node.start();
  const read = await fetch(`${node.apiUrl}/admin-api/blobs/${blob}?context_id=${contextId}`);
  assert.is(await read.text(), "kept");
  const { stdout } = await reconverge("status", "--home", home, "--node", "half");
  assert.not.match(stdout, "NOT WHOLE");
  assert.is(node.stderr, "");
  assert.is(await node.stop(), 0);
});

test.run();
