// `reconverge context watch`, as a process of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createContext, execute, set, startTestNode, stateRoot } from "./test-node.ts";

const bin = fileURLToPath(new URL("../../bin.mjs", import.meta.url));

interface Told {
  readonly contextId: string;
  readonly type: string;
  readonly data: {
    readonly root?: string;
    readonly newRoot?: string;
    readonly events?: readonly { readonly kind: string; readonly content: unknown }[] | null;
  };
}

function watch(...args: readonly string[]) {
  const child = spawn(process.execPath, [bin, "context", "watch", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (bytes) => {
    complaint += bytes;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value ?? "";
  return { next, ended: once(child, "close"), complaint: () => complaint };
}

test("a context is watched from where it stands, event by event, until the node stops", async () => {
  const { node } = await startTestNode();
  const contextId = await createContext(node.apiUrl, "team-chat");
  const json = watch(contextId, "--api", node.apiUrl, "--json");
  const text = watch(contextId, "--api", node.apiUrl);
  const standing = JSON.parse(await json.next()) as Told;
  assert.is(standing.type, "Standing");
  assert.is(standing.data.root, await stateRoot(node.apiUrl, contextId));
  assert.match(await text.next(), /^\d\d:\d\d:\d\d {2}root \w+, 1 deltas$/);

  await execute(node.apiUrl, contextId, ["post", { channel: "hall", id: "1", text: "hello" }]);
  const told = JSON.parse(await json.next()) as Told;
  assert.is(told.type, "StateMutation");
  assert.is(told.contextId, contextId);
  assert.is(told.data.newRoot, await stateRoot(node.apiUrl, contextId));
  assert.is(told.data.events?.[0]?.kind, "message");
  assert.match(JSON.stringify(told.data.events?.[0]?.content), '"channel":"hall"');
  assert.match(await text.next(), /^\d\d:\d\d:\d\d {2}event message \{.*"hall".*\}$/);

  await node.stop();
  for (const each of [json, text]) {
    const [exitCode] = await each.ended;
    assert.is(exitCode, 3);
    assert.match(each.complaint(), /^error: [^\n]+\n$/);
  }
});

test("a context that is not there is told in a sentence", async () => {
  const { node } = await startTestNode();
  const contextId = await createContext(node.apiUrl);
  await set(node.apiUrl, contextId, ["a", 1]);
  const elsewhere = watch("1".repeat(32), "--api", node.apiUrl);
  const [exitCode] = await elsewhere.ended;
  assert.is(exitCode, 1);
  assert.match(elsewhere.complaint(), "no context 1111");
  await node.stop();
});

test.run();
