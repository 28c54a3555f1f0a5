// A node's folder, backed up and put back, with real stores.

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { chunkBytes } from "../../core/limits.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess, reconverge } from "./node-process.ts";
import { createContext, execute, joinContext, startTestNode, stateRoot, until } from "./test-node.ts";

/** Also what a test that fails leaves running. */
const running: { stop(): Promise<unknown> }[] = [];
test.after(async () => {
  await Promise.all(running.map((each) => each.stop()));
});

const count = async (apiUrl: string, contextId: string) =>
  Number(await execute(apiUrl, contextId, ["value", { key: "visits" }]));

async function countUp(apiUrl: string, contextId: string, times: number): Promise<void> {
  for (let made = 0; made < times; made += 1)
    await execute(apiUrl, contextId, ["increment", { key: "visits" }]);
}

test("a node put back from a backup goes on beside what it wrote since, and takes nothing of that away", async () => {
  const home = temporaryFolder();
  const { node: peer } = await startTestNode();
  running.push(peer);
  const meeting = { "swarm.bootNodes": [...peer.addresses()] };
  const node = await NodeProcess.make(home, "alice", meeting);
  running.push(node);
  await node.start();
  const contextId = await createContext(node.apiUrl, "counter");
  await joinContext(peer.apiUrl, { contextId, invitedBy: node.apiUrl });
  await countUp(node.apiUrl, contextId, 3);
  const target = join(temporaryFolder(), "backups", "alice");
  const backUp = () => reconverge("node", "backup", target, "--home", home, "--name", "alice", "--json");
  const busy = { isBusy: true };
  const writing = (async () => {
    for (let value = 0; busy.isBusy; value += 1)
      await execute(node.apiUrl, contextId, ["increment", { key: `other ${value}` }]);
  })();
  const done = await backUp();
  busy.isBusy = false;
  await writing;
  assert.is(done.exitCode, 0, done.stderr);
  assert.is(JSON.parse(done.stdout).folder, target);
  assert.equal(readdirSync(join(target, "..")), ["alice"], "nothing is left beside it");
  assert.equal(readdirSync(node.folder).sort(), [
    ...["backup.lock", "blobs", "config.toml", "key", "run.json", "store", "store.made"],
  ]);
  const twice = await backUp();
  assert.is(twice.exitCode, 1);
  assert.match(twice.stderr, "is there already");

  await countUp(node.apiUrl, contextId, 5);
  await until("the peer has what was written since", async () => (await count(peer.apiUrl, contextId)) === 8);
  await node.stop();

  rmSync(node.folder, { recursive: true });
  renameSync(target, node.folder);
  await node.configure({ "swarm.bootNodes": [] });
  await node.start();
  assert.is(await count(node.apiUrl, contextId), 3, "it is where it was");
  await countUp(node.apiUrl, contextId, 7);
  await node.stop();
  await node.configure(meeting);
  await node.start();
  for (const { apiUrl } of [node, peer])
    await until("all three times count", async () => (await count(apiUrl, contextId)) === 15);
  assert.is(await stateRoot(node.apiUrl, contextId), await stateRoot(peer.apiUrl, contextId));
});

test("a backup has the blobs, without those that are damaged, runs where it lies, and says what it cannot read", async () => {
  const home = temporaryFolder();
  const node = await NodeProcess.make(home, "alice");
  await node.start();
  const contextId = await createContext(node.apiUrl);
  const file = randomBytes(2 * chunkBytes + 5);
  const put = await fetch(`${node.apiUrl}/admin-api/blobs?context_id=${contextId}&name=photo`, {
    method: "PUT",
    body: file,
  });
  const { data } = (await put.json()) as { readonly data: { readonly blob_id: string } };
  await node.stop();
  const place = temporaryFolder();
  const backUp = (name: string) =>
    reconverge("node", "backup", join(place, name), "--home", home, "--name", "alice");
  const whole = await backUp("whole");
  assert.is(whole.exitCode, 0, whole.stderr);
  assert.match(whole.stdout, "4 files of blobs");
  assert.match(whole.stdout, "never run both");
  const copy = NodeProcess.at(place, "whole");
  await copy.start();
  const got = await fetch(`${copy.apiUrl}/admin-api/blobs/${data.blob_id}?context_id=${contextId}`);
  assert.ok(file.equals(Buffer.from(await got.arrayBuffer())));
  await copy.stop();

  const chunk = join(node.folder, "blobs", readdirSync(join(node.folder, "blobs"))[0] ?? "");
  const content = readFileSync(chunk);
  content.fill(0, 0, 3);
  writeFileSync(chunk, content);
  const lacking = await backUp("lacking");
  assert.is(lacking.exitCode, 0, lacking.stderr);
  assert.match(lacking.stdout, "1 files of blobs are damaged");
  assert.is(readdirSync(join(place, "lacking", "blobs")).length, 3);

  writeFileSync(join(place, "file"), "");
  const nowhere = await backUp(join("file", "copy"));
  assert.is(nowhere.exitCode, 1);
  assert.match(nowhere.stderr, "file is no folder: expected one, to make");

  rmSync(join(node.folder, "store", "tip"));
  const damaged = await backUp("damaged");
  assert.is(damaged.exitCode, 4);
  assert.match(damaged.stderr, "is damaged");
  assert.equal(readdirSync(place).sort(), ["file", "lacking", "whole"], "nothing is left of what failed");
});

test.run();
