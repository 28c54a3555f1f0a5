// Blobs between real nodes on loopback, through the API as clients use it.

import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { StoreError } from "../../adapters/level/store.ts";
import { chunkBytes } from "../../core/limits.ts";
import { downloadTo } from "../../node/blob-files.ts";
import { ApiClient } from "../../node/client.ts";
import { Failure } from "../../node/failure.ts";
import type { ReconvergeNode } from "../../node/node.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { ask, createContext, joinContext, startTestNode, until } from "./test-node.ts";

const bytes = randomBytes(2 * chunkBytes + 12_345);

async function put(apiUrl: string, contextId: string, body: Uint8Array, name = "photo") {
  const response = await fetch(`${apiUrl}/admin-api/blobs?context_id=${contextId}&name=${name}`, {
    method: "PUT",
    headers: { "content-type": "image/png" },
    body,
  });
  const { data, error } = (await response.json()) as {
    readonly data?: { readonly blob_id: string; readonly size: number };
    readonly error?: string;
  };
  return { status: response.status, id: data?.blob_id ?? "", size: data?.size, error };
}

function get(apiUrl: string, contextId: string, id: string, headers: Record<string, string> = {}) {
  return fetch(`${apiUrl}/admin-api/blobs/${id}?context_id=${contextId}`, { headers });
}

async function listed(apiUrl: string, contextId: string): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(`${apiUrl}/admin-api/blobs?context_id=${contextId}`);
  return ((await response.json()) as { data: { blobs: Record<string, unknown>[] } }).data.blobs;
}

const contentOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

async function startPair() {
  const one = await startTestNode();
  const two = await startTestNode({ "swarm.bootNodes": [...one.node.addresses()] });
  const contextId = await createContext(one.node.apiUrl);
  await joinContext(two.node.apiUrl, { contextId, invitedBy: one.node.apiUrl });
  return { one, two, contextId };
}

async function stopAll(...nodes: readonly ReconvergeNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
}

test("what is put on one node is listed and read, whole and in part, on another, and kept there", async () => {
  const { one, two, contextId } = await startPair();
  const { id, size } = await put(one.node.apiUrl, contextId, bytes);
  assert.is(size, bytes.length);
  await until("listed", async () => (await listed(two.node.apiUrl, contextId)).length === 1);
  const [before] = await listed(two.node.apiUrl, contextId);
  assert.equal(
    [before?.blob_id, before?.name, before?.size, before?.mime_type, before?.bytes_here],
    [id, "photo", size, "image/png", 0],
  );
  const part = await get(two.node.apiUrl, contextId, id, {
    range: `bytes=${2 * chunkBytes - 5}-${2 * chunkBytes + 4}`,
  });
  assert.is(part.status, 206);
  assert.ok((await contentOf(part)).equals(bytes.subarray(2 * chunkBytes - 5, 2 * chunkBytes + 5)));
  const whole = await get(two.node.apiUrl, contextId, id);
  assert.is(whole.headers.get("x-blob-mime-type"), "image/png");
  assert.ok((await contentOf(whole)).equals(bytes));
  await stopAll(one.node);
  assert.ok((await contentOf(await get(two.node.apiUrl, contextId, id))).equals(bytes), "without the other");
  await stopAll(two.node);
});

test("a node that was stopped has what was put on it, and fetches again what its disk lost of it", async () => {
  const { one, two, contextId } = await startPair();
  const { id } = await put(one.node.apiUrl, contextId, bytes);
  await until("listed", async () => (await listed(two.node.apiUrl, contextId)).length === 1);
  await contentOf(await get(two.node.apiUrl, contextId, id));
  await stopAll(one.node);
  const folder = `${one.storePath}-blobs`;
  const isChunk = (name: string) => statSync(join(folder, name)).size >= 12_345;
  const [first = "", second = ""] = readdirSync(folder).filter(isChunk);
  writeFileSync(join(folder, first), "not what it was");
  writeFileSync(join(folder, `${second}.new`), "a write that never ended");
  const again = await startTestNode({ "swarm.bootNodes": [...two.node.addresses()] }, one);
  assert.ok((await contentOf(await get(again.node.apiUrl, contextId, id))).equals(bytes));
  assert.is(readdirSync(folder).length, 4, "three chunks and the manifest, and nothing is left over");
  assert.ok(isChunk(first));
  await stopAll(again.node, two.node);
});

test("a blob outlives its node's store: it is read again where nobody else has its bytes, and given to others", async () => {
  const { one, two, contextId } = await startPair();
  const { id } = await put(one.node.apiUrl, contextId, bytes);
  await until("listed", async () => (await listed(two.node.apiUrl, contextId)).length === 1);
  await stopAll(one.node);
  rmSync(one.storePath, { recursive: true });
  const bootNodes = { "swarm.bootNodes": [...two.node.addresses()] };
  const refused = await startTestNode(bootNodes, one).catch((error: unknown) => error);
  assert.ok(refused instanceof StoreError && refused.code === "store-missing", String(refused));
  const again = await startTestNode(bootNodes, { ...one, acceptLoss: true });
  await ask(again.node.apiUrl, `/admin-api/contexts/${contextId}/join`, {});
  await until("listed again", async () => (await listed(again.node.apiUrl, contextId)).length === 1);
  assert.is((await listed(two.node.apiUrl, contextId))[0]?.bytes_here, 0, "it alone has the bytes");
  assert.ok((await contentOf(await get(again.node.apiUrl, contextId, id))).equals(bytes));
  const [found] = await listed(again.node.apiUrl, contextId);
  assert.equal([found?.bytes_here, found?.put_here], [bytes.length, true]);
  assert.ok((await contentOf(await get(two.node.apiUrl, contextId, id))).equals(bytes));
  await stopAll(again.node, two.node);
});

test("an empty blob is a blob, and the same content twice is one", async () => {
  const { node } = await startTestNode();
  const contextId = await createContext(node.apiUrl);
  const empty = await put(node.apiUrl, contextId, new Uint8Array(0), "empty");
  assert.is((await contentOf(await get(node.apiUrl, contextId, empty.id))).length, 0);
  const once = await put(node.apiUrl, contextId, bytes);
  const twice = await put(node.apiUrl, contextId, bytes);
  assert.is(once.id, twice.id);
  assert.is((await listed(node.apiUrl, contextId)).length, 2);
  await stopAll(node);
});

test("what cannot be is refused in one sentence that says why", async () => {
  const { node } = await startTestNode({ "core.syncTimeoutMs": 300 });
  const contextId = await createContext(node.apiUrl);
  const nowhere = contextId.replace(/.$/, (last) => (last === "2" ? "3" : "2"));
  assert.is((await put(node.apiUrl, nowhere, bytes)).status, 404);
  assert.is((await put(node.apiUrl, "x", bytes)).error, '"x" is no context id: expected 32 bytes in base58');
  const { id } = await put(node.apiUrl, contextId, bytes);
  assert.is((await get(node.apiUrl, contextId, nowhere)).status, 404);
  assert.is((await get(node.apiUrl, contextId, id, { range: "bytes=99999999-" })).status, 416);
  const url = `${node.apiUrl}/admin-api/blobs/${id}?context_id=${contextId}`;
  assert.is((await fetch(url, { method: "HEAD" })).headers.get("content-length"), String(bytes.length));
  assert.equal(await (await fetch(url, { method: "DELETE" })).json(), { blob_id: id, deleted: true });
  assert.is((await fetch(url, { method: "DELETE" })).status, 404);
  assert.is((await get(node.apiUrl, contextId, id)).status, 404);
  await stopAll(node);
});

test("a blob that nobody has any more is told to be unavailable, with the reason", async () => {
  const { one, two, contextId } = await startPair();
  const { id } = await put(one.node.apiUrl, contextId, bytes);
  await until("listed", async () => (await listed(two.node.apiUrl, contextId)).length === 1);
  await stopAll(one.node, two.node);
  const alone = await startTestNode({ "core.syncTimeoutMs": 300 }, two);
  const response = await get(alone.node.apiUrl, contextId, id);
  assert.is(response.status, 503);
  assert.match(await response.text(), "nobody gave it in time: of the context's peers 0 are connected");
  await stopAll(alone.node);
});

test("a download goes on where it was broken off, and what was changed meanwhile is not taken", async () => {
  const { node } = await startTestNode();
  const contextId = await createContext(node.apiUrl);
  const { id, size = 0 } = await put(node.apiUrl, contextId, bytes);
  const api = await ApiClient.find({ api: node.apiUrl });
  const target = join(temporaryFolder(), "photo");
  const part = `${target}.${id.slice(0, 12)}.part`;
  const about = { path: `/admin-api/blobs/${id}?context_id=${contextId}`, blob: id, size, target };
  writeFileSync(part, bytes.subarray(0, chunkBytes + 5));
  assert.is(await downloadTo(api, about), size - chunkBytes - 5);
  assert.ok(readFileSync(target).equals(bytes));
  assert.not(existsSync(part));
  writeFileSync(part, "something else");
  const error = await downloadTo(api, about).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof Failure);
  assert.match(error.message, "was changed meanwhile, and is removed; run the command again");
  assert.is(await downloadTo(api, about), size);
  await stopAll(node);
});

test("an address that names a blob's context twice is refused with a sentence", async () => {
  const { node } = await startTestNode();
  const contextId = await createContext(node.apiUrl);
  const response = await get(node.apiUrl, `${contextId}&context_id=${contextId}`, contextId);
  assert.is(response.status, 400);
  assert.match(await response.text(), "found ?context_id= 2 times, expected it once");
  await stopAll(node);
});

test.run();
