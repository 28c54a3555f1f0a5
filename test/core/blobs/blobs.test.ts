// Blobs on one node: written, read, lost, deleted and swept out.

import { randomBytes } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Application } from "../../../core/app/application.ts";
import { blobIdOf, encodeManifest, hashOfChunk } from "../../../core/blobs/blob.ts";
import { referencesIn } from "../../../core/blobs/references.ts";
import { type Hash, toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { chunkBytes } from "../../../core/limits.ts";
import { codec } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";
import { BlobNode } from "./blob-node.ts";

const bytes = new Uint8Array(randomBytes(2 * chunkBytes + 100));
const { crypto } = codec;
const right = { name: "a", size: 1, mediaType: "" };

function startNode(config = {}) {
  const node = new BlobNode("ann", { config });
  return { node, contextId: node.lone.create() };
}

test("what was written is read again, and its id follows from its content alone", () => {
  const { node, contextId } = startNode();
  const blob = node.put(contextId, bytes);
  const chunks = [0, 1, 2].map((nth) =>
    hashOfChunk(bytes.subarray(nth * chunkBytes, (nth + 1) * chunkBytes), crypto),
  );
  assert.is(blob, blobIdOf(encodeManifest({ size: bytes.length, chunks }), crypto));
  assert.equal(node.read(contextId, blob, 2), bytes.slice(2 * chunkBytes));
  assert.is(node.read(contextId, blob, 3), "bad-arguments");
  const [reference] = referencesIn(node.lone.replica(contextId).state);
  assert.equal(reference, { blob, name: "photo", size: bytes.length, mediaType: "image/png" });
});

test("a put survives a restart, however long nobody reads it", () => {
  const { node, contextId } = startNode({ blobEvictionMs: 1_000 });
  const blob = node.put(contextId, bytes);
  const config = { blobEvictionMs: 1_000, blobStrayAgeMaxMs: 1_000 };
  const again = new BlobNode("ann", { disk: node.lone.disk, chunks: node.chunks, config });
  assert.equal(again.read(contextId, blob), bytes.slice(0, chunkBytes));
  again.pass(10_000);
  assert.is(again.chunks.size, 4, "three chunks and the manifest");
});

test("a put is answered once its manifest is durable, and refused where the disk does not take that", () => {
  const { node, contextId } = startNode();
  node.call({ kind: "write-blob", upload: 1, contextId, chunk: bytes.subarray(0, 10) });
  const finish = { kind: "finish-blob", upload: 1, name: "a", mediaType: "" } as const;
  const effects = node.lone.give({ kind: "request", request: "finish", call: finish });
  assert.is(only(effects, "reply").length, 0);
  const [manifest] = only(effects, "store-chunk");
  assert.ok(manifest);
  const problem = "no space is left";
  const [reply] = only(node.give({ kind: "chunk-stored", chunk: manifest.chunk, problem }), "reply");
  assert.is(reply?.outcome.kind === "refused" && reply.outcome.code, "cannot-store");
  assert.equal(referencesIn(node.lone.replica(contextId).state), []);
  assert.is(node.chunks.size, 0, "nothing is left of it");
});

test("a deleted blob goes the second time that garbage is collected, but not what another has of it", () => {
  const { node, contextId } = startNode({ blobEvictionMs: 1_000 });
  const first = node.put(contextId, bytes, "first");
  const second = node.put(contextId, bytes.slice(0, chunkBytes), "second");
  assert.is(node.chunks.size, 5, "three chunks and two manifests");
  node.expect(node.call({ kind: "delete-blob", contextId, blob: first }));
  assert.is(node.read(contextId, first), "blob-not-found");
  node.pass(1_100);
  assert.is(node.chunks.size, 5, "a reference may be on its way");
  const collected = node.pass(1_000);
  assert.is(observed(collected, "blob-collected"), 1);
  assert.is(node.chunks.size, 2, "the chunk that both have is still wanted");
  assert.equal(node.read(contextId, second), bytes.slice(0, chunkBytes));
});

test("a read that the disk answers only when the blob is gone is refused", () => {
  const { node, contextId } = startNode({ blobEvictionMs: 1_000 });
  const blob = node.put(contextId, bytes);
  const call = { kind: "read-blob", contextId, blob, chunk: 0 } as const;
  const [asked] = only(node.lone.give({ kind: "request", request: "slow", call }), "read-chunk");
  node.call({ kind: "delete-blob", contextId, blob });
  node.pass(5_000);
  assert.is(node.chunks.size, 0);
  const found = { kind: "bytes", bytes: bytes.slice(0, chunkBytes) } as const;
  const [reply] = only(node.give({ kind: "chunk-read", chunk: asked?.chunk as Hash, found }), "reply");
  assert.is(reply?.request, "slow");
  assert.is(reply?.outcome.kind === "refused" && reply.outcome.code, "blob-not-found");
});

test("what two contexts refer to goes with the last of them", () => {
  const { node, contextId } = startNode({ blobEvictionMs: 1_000 });
  const other = node.lone.create();
  const blob = node.put(contextId, bytes);
  assert.is(node.put(other, bytes), blob);
  node.call({ kind: "delete-blob", contextId, blob });
  node.pass(5_000);
  assert.is(node.chunks.size, 4);
  node.call({ kind: "delete-blob", contextId: other, blob });
  node.pass(5_000);
  assert.is(node.chunks.size, 0);
});

test("a chunk that the disk damaged is not given to anybody", () => {
  const { node, contextId } = startNode();
  const blob = node.put(contextId, bytes);
  const [chunk] = node.chunks.keys();
  node.chunks.set(chunk as Hash, new Uint8Array(chunkBytes));
  assert.is(node.read(contextId, blob), undefined, "it is asked of others");
  const [reply] = only(node.pass(60_000), "reply");
  assert.is(reply?.outcome.kind === "refused" && reply.outcome.code, "blob-unavailable");
  assert.equal(node.read(contextId, blob, 1), bytes.slice(chunkBytes, 2 * chunkBytes));
});

test("a full disk refuses the upload, forgets it, and takes the next", () => {
  const { node, contextId } = startNode();
  node.problem = "no space is left";
  const chunk = bytes.subarray(0, 10);
  const outcome = node.call({ kind: "write-blob", upload: 1, contextId, chunk });
  assert.is(outcome?.kind === "refused" && outcome.code, "cannot-store");
  const finished = node.call({ kind: "finish-blob", upload: 1, name: "", mediaType: "" });
  assert.is(finished?.kind, "refused");
  node.problem = null;
  assert.equal(node.read(contextId, node.put(contextId, bytes)), bytes.slice(0, chunkBytes));
});

test("writes out of order, too long, or into no context are refused, and an abandoned upload leaves nothing", () => {
  const { node, contextId } = startNode();
  const write = (upload: number, length: number, id = contextId) => {
    const chunk = new Uint8Array(length);
    const outcome = node.call({ kind: "write-blob", upload, contextId: id, chunk });
    return outcome?.kind === "refused" ? outcome.code : outcome?.kind;
  };
  assert.is(write(1, 10), "executed");
  assert.is(write(1, 10), "bad-arguments", "after a short one");
  assert.is(write(2, chunkBytes + 1), "bad-arguments");
  assert.is(write(3, 10, "x".repeat(32) as typeof contextId), "context-not-found");
  const label = { name: "a\nb", mediaType: "" };
  assert.is(node.call({ kind: "finish-blob", upload: 1, ...label })?.kind, "refused");
  node.call({ kind: "abandon-blob", upload: 1 });
  assert.is(node.chunks.size, 0);
});

test("a write that waits for the disk is answered when its upload is ended, and leaves nothing", () => {
  const { node, contextId } = startNode();
  node.call({ kind: "write-blob", upload: 1, contextId, chunk: bytes.subarray(0, chunkBytes) });
  const chunk = bytes.subarray(chunkBytes, 2 * chunkBytes);
  const write = { kind: "write-blob", upload: 1, contextId, chunk } as const;
  const [stored] = only(node.lone.give({ kind: "request", request: "write", call: write }), "store-chunk");
  const abandon = { kind: "abandon-blob", upload: 1 } as const;
  const replies = only(node.give({ kind: "request", request: "abandon", call: abandon }), "reply");
  assert.equal(
    replies.map(({ request, outcome }) => [request, outcome.kind]),
    [
      ["write", "refused"],
      ["abandon", "executed"],
    ],
  );
  assert.ok(stored);
  node.chunks.set(stored.chunk, stored.bytes);
  node.give({ kind: "chunk-stored", chunk: stored.chunk, problem: null });
  assert.is(node.chunks.size, 0);
});

test("what a member wrote as a reference that is none is not listed", () => {
  const entries: readonly (readonly [key: string, value: Json])[] = [
    [toHex("a".repeat(32)), right],
    ["00", right],
    [toHex("j".repeat(32)).toUpperCase(), right],
    [toHex("b".repeat(32)), { ...right, size: -1 }],
    [toHex("c".repeat(32)), { ...right, name: "x".repeat(300) }],
    [toHex("d".repeat(32)), { name: "a" }],
    [toHex("e".repeat(32)), "text"],
  ];
  const forger: Application = {
    name: "forger",
    handlers: {},
    methods: {
      forge: {
        access: "write",
        run: ({ draft }) => {
          for (const [key, value] of entries) {
            const change = { kind: "put", value } as const;
            draft.write({ type: "register", collection: ".blobs", key, change });
          }
          return null;
        },
      },
    },
  };
  const node = new LoneNode("eve", { applications: [forger] });
  const contextId = node.create("forger");
  assert.is(node.execute(contextId, "forge").kind, "executed");
  assert.equal(
    referencesIn(node.replica(contextId).state).map(({ blob }) => blob),
    ["a".repeat(32)],
  );
});

test.run();
