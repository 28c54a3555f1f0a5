// A whole life through the command line: made, configured, run, used, stopped.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess, reconverge } from "./node-process.ts";

const home = temporaryFolder();
const place = ["--home", home, "--name", "alice"];

/** What a command printed, when all went well. */
async function said(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await reconverge(...args);
  assert.is(exitCode, 0, stderr);
  assert.is(stderr, "");
  return stdout.trimEnd();
}

const asked = (...args: readonly string[]) => said(...args, "--home", home, "--node", "alice");

test("a node is made, configured, run, used and stopped", async () => {
  const made = JSON.parse(
    await said("node", "init", ...place, "--swarm-port", "0", "--server-port", "0", "--json"),
  );
  assert.match(made.peerId, /^12D3Koo/);
  assert.is(statSync(join(home, "alice", "key")).mode & 0o777, 0o600);
  await said("node", "config", ...place, "swarm.hosts=127.0.0.1", "log.level=error");

  const node = NodeProcess.at(home, "alice");
  const ready = await node.start();
  assert.is(ready.peerId, made.peerId, "the peer id said by init is the one libp2p has");
  assert.is(ready.addresses.length, 1);
  assert.ok(ready.addresses[0]?.endsWith(`/p2p/${made.peerId}`));

  const contextId = await asked("context", "create");
  assert.match(contextId, /^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
  assert.is(
    await asked("call", "set", "--context", contextId, "--args", '{"key":"a","value":{"b":[1,null]}}'),
    "null",
  );
  const [got, value, list, context, status, peers] = await Promise.all([
    asked("call", "get", "--context", contextId, "--args", '{"key":"a"}'),
    asked("call", "entries", "--context", contextId, "--json"),
    asked("context", "list"),
    asked("context", "get", contextId, "--json"),
    asked("status", "--json"),
    asked("peers"),
  ]);
  assert.is(got, '{"b":[1,null]}');
  assert.equal(JSON.parse(value), { output: { a: { b: [1, null] } } });
  assert.match(list, contextId);
  assert.is(JSON.parse(context).appliedDeltas, 2);
  assert.equal(JSON.parse(context).parkedWork, []);
  assert.match(await asked("context", "get", contextId), /\nreadiness +state ready, why none\n/);
  assert.is(JSON.parse(status).counts["delta-authored"], 1);
  const { id, contextStateHash, readiness } = JSON.parse(status).contextList[0];
  assert.equal([id, readiness.state], [contextId, "ready"]);
  assert.is(contextStateHash, JSON.parse(context).contextStateHash);
  assert.is(peers, "no peers");

  assert.is(await asked("context", "retry", contextId), "nothing is parked");

  const refused = await reconverge("call", "fly", "--context", contextId, "--api", ready.apiUrl);
  assert.is(refused.exitCode, 1);
  assert.match(refused.stderr, 'has no method "fly"');
  const elsewhere = await reconverge("call", "len", "--context", "1".repeat(32), "--api", ready.apiUrl);
  assert.is(elsewhere.exitCode, 1);
  assert.match(elsewhere.stderr, "no context 1111");

  const startedMs = performance.now();
  assert.is(await node.stop(), 0);
  console.log(`stopped in ${Math.round(performance.now() - startedMs)} ms`);
  assert.not(existsSync(join(home, "alice", "run.json")));
  assert.not(existsSync(join(home, "alice", "store", "pid")));
});

test.run();
