// What lies on the disk and nothing names: blobs that a lost store has forgotten, and what was broken off.

import { randomBytes } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Application } from "../../../core/app/application.ts";
import { blobOf, encodeManifest, hashOfChunk, manifestChunk } from "../../../core/blobs/blob.ts";
import { putReference } from "../../../core/blobs/references.ts";
import type { Config } from "../../../core/config.ts";
import type { ContextId, DeltaId, Hash } from "../../../core/ids.ts";
import { chunkBytes } from "../../../core/limits.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { codec } from "../authors.ts";
import { observed, only } from "../lone-node.ts";
import { BlobNode, saidOn } from "./blob-node.ts";

const bytes = new Uint8Array(randomBytes(2 * chunkBytes + 100));
const first = bytes.slice(0, chunkBytes);
const config = { blobEvictionMs: 1_000, blobStrayAgeMaxMs: 10_000 };

/** A node on which a blob was put, and what it wrote, as another may have heard it. */
function startPutter() {
  const node = new BlobNode("ann", { config });
  const contextId = node.lone.create();
  const blob = node.put(contextId, bytes);
  return { node, contextId, blob, written: node.lone.replica(contextId).heads() };
}

/** The same node with its chunks and another, empty store, that has joined its context again. */
function startAnew(
  { node, contextId }: { readonly node: BlobNode; readonly contextId: ContextId },
  about: { readonly chunks?: Map<Hash, Uint8Array>; readonly config?: Partial<Config> } = {},
): BlobNode {
  const again = new BlobNode("ann", { chunks: about.chunks ?? node.chunks, config: about.config ?? config });
  const genesis = node.lone.disk.get(storeKeys.delta(contextId as string as DeltaId)) as Uint8Array;
  again.lone.call({ kind: "join-context", contextId, genesis });
  return again;
}

/** A peer brings what names the blob. */
function tell(again: BlobNode, { node, contextId, written }: ReturnType<typeof startPutter>): void {
  for (const id of written)
    again.lone.gossip("bob", contextId, node.lone.disk.get(storeKeys.delta(id)) as Uint8Array);
}

const keptOn = ({ lone }: BlobNode) =>
  Array.from(lone.core.blobs.shelf.all(), ([id, { isOwn }]) => ({ id, isOwn }));

test("a blob outlives its store: once a context refers to it again, it is read without any peer, and stays", () => {
  const about = startPutter();
  const again = startAnew(about);
  assert.is(again.read(about.contextId, about.blob), "blob-not-found");
  again.pass(5_000);
  assert.is(again.chunks.size, 4, "it may be named yet");
  tell(again, about);
  assert.equal(again.read(about.contextId, about.blob), first);
  assert.equal(keptOn(again), [{ id: about.blob, isOwn: true }]);
  again.pass(60_000);
  assert.is(again.chunks.size, 4);
  assert.equal(again.read(about.contextId, about.blob, 2), bytes.slice(2 * chunkBytes));
});

test("what was found again and is deleted goes as garbage does, without the wait for strays", () => {
  const about = startPutter();
  const again = startAnew(about, { config: { ...config, blobStrayAgeMaxMs: 1_000_000 } });
  tell(again, about);
  again.read(about.contextId, about.blob);
  again.call({ kind: "delete-blob", contextId: about.contextId, blob: about.blob });
  again.pass(5_000);
  assert.is(again.chunks.size, 0);
});

test("an upload given up before it is known what was there drops nothing yet", () => {
  const about = startPutter();
  const { contextId } = about;
  const again = startAnew(about);
  const call = { kind: "write-blob", upload: 1, contextId, chunk: first } as const;
  // The disk is slow to say what it has.
  again.lone.give({ kind: "request", request: 1, call });
  again.give({ kind: "chunk-stored", chunk: hashOfChunk(first, codec.crypto), problem: null });
  again.call({ kind: "abandon-blob", upload: 1 });
  again.give({ kind: "chunks-listed", chunks: Array.from(again.chunks.keys()) });
  tell(again, about);
  assert.equal(again.read(contextId, about.blob), first);
});

test("nobody has to read it: whoever looks after the cache finds it, before what nothing names goes", () => {
  const about = startPutter();
  const again = startAnew(about);
  tell(again, about);
  const effects = again.pass(60_000);
  assert.is(observed(effects, "blob-recovered"), 1);
  assert.is(observed(effects, "blob-strays-dropped"), 0);
  assert.equal(again.read(about.contextId, about.blob), first);
});

test("what is named before strays are too old is found, however shortly before", () => {
  const about = startPutter();
  const again = startAnew(about);
  // The disk answers after each step: first at the first look, which is when it is known what is there.
  const step = (count: number) => {
    for (let taken = 0; taken < count; taken += 1) again.pass(250);
  };
  step(43);
  tell(again, about);
  step(40);
  assert.equal(keptOn(again), [{ id: about.blob, isOwn: true }]);
  assert.is(again.chunks.size, 4);
});

test("a peer that asks for it first is told to come again, and is given it then", () => {
  const about = startPutter();
  const { contextId, blob } = about;
  const again = startAnew(about, { config: { ...config, blobEvictionMs: 1_000_000 } });
  const ask = (stream: number) => {
    again.open(stream, "bob");
    return saidOn(again.say(stream, { kind: "blob-request", contextId, blob }), stream);
  };
  const busy = [{ kind: "blob-refusal", reason: "busy" }];
  assert.equal(ask(-1), busy, "it is not known yet what is on the disk");
  tell(again, about);
  assert.equal(ask(-2), busy, "the manifest is read");
  const [offer] = ask(-3);
  assert.equal(offer?.kind === "blob-offer" && offer.held, new Uint8Array([7]));
  assert.equal(saidOn(again.say(-3, { kind: "chunk-request", index: 2 }), -3), [
    { kind: "chunk", index: 2, offset: 0, bytes: bytes.slice(2 * chunkBytes) },
  ]);
});

test("of one whose chunks are there in part, those are kept, and the others asked of peers", () => {
  const about = startPutter();
  const chunks = new Map(about.node.chunks);
  chunks.delete(hashOfChunk(first, codec.crypto));
  const again = startAnew(about, { chunks });
  tell(again, about);
  assert.equal(again.read(about.contextId, about.blob, 1), bytes.slice(chunkBytes, 2 * chunkBytes));
  assert.is(again.read(about.contextId, about.blob, 0), undefined, "asked of others");
});

test("a manifest that the disk damaged makes no blob, and neither does a chunk that a member calls one", () => {
  const about = startPutter();
  const chunks = new Map(about.node.chunks).set(manifestChunk(about.blob), new Uint8Array([1, 2, 3]));
  const spoiled = startAnew(about, { chunks });
  tell(spoiled, about);
  assert.is(spoiled.read(about.contextId, about.blob), undefined, "asked of others");
  spoiled.pass(60_000);
  assert.equal([keptOn(spoiled), spoiled.chunks.size], [[], 0]);
  for (const [content, count] of [
    [new Uint8Array(randomBytes(100)), 0],
    [encodeManifest({ size: 0, chunks: [] }), 1],
  ] as const) {
    const forged = startForger(content);
    forged.pass(5_000);
    assert.is(keptOn(forged).length, count);
  }
});

test("what nobody finished goes once the node has run for as long as it may be kept, and not before", () => {
  const { node, contextId } = startPutter();
  node.call({ kind: "write-blob", upload: "left", contextId, chunk: new Uint8Array([1, 2, 3]) });
  const again = new BlobNode("ann", { disk: node.lone.disk, chunks: node.chunks, config });
  again.pass(9_000);
  assert.is(again.chunks.size, 5);
  assert.is(observed(again.pass(2_000), "blob-strays-dropped"), 1);
  assert.is(again.chunks.size, 4, "what was put stays");
});

test("an upload of the same bytes that fails, or is given up, does not cost what may be named yet", () => {
  const about = startPutter();
  const again = startAnew(about);
  const { contextId } = about;
  const write = (chunk: Uint8Array) => again.call({ kind: "write-blob", upload: 1, contextId, chunk });
  assert.is(write(first)?.kind, "executed");
  assert.is(write(new Uint8Array([1, 2, 3]))?.kind, "executed");
  again.call({ kind: "abandon-blob", upload: 1 });
  assert.equal(new Set(again.chunks.keys()), new Set(about.node.chunks.keys()));
  tell(again, about);
  assert.equal(again.read(contextId, about.blob), first);
});

test("what is uploaded from strays is no stray, during the upload and after", () => {
  const about = startPutter();
  const again = startAnew(about);
  const { contextId } = about;
  const write = (chunk: Uint8Array) => again.call({ kind: "write-blob", upload: 1, contextId, chunk });
  write(first);
  again.pass(60_000);
  assert.equal(Array.from(again.chunks.keys()), [hashOfChunk(first, codec.crypto)]);
  again.expect(again.call({ kind: "finish-blob", upload: 1, name: "a", mediaType: "" }));
  again.pass(60_000);
  assert.is(again.chunks.size, 2);
});

test("a store of before, whose manifests lie in it alone, has them written beside the chunks at its start", () => {
  const { node, blob } = startPutter();
  const chunks = new Map(node.chunks);
  const manifest = chunks.get(manifestChunk(blob));
  chunks.delete(manifestChunk(blob));
  const again = new BlobNode("ann", { disk: node.lone.disk, chunks, config });
  assert.equal(again.chunks.get(manifestChunk(blob)), manifest);
});

test("what a full disk did not take of a manifest is written when there is room", () => {
  const { node, blob } = startPutter();
  const again = new BlobNode("ann", { disk: node.lone.disk, config, problem: "no space is left" });
  again.pass(5_000);
  assert.not(again.chunks.has(manifestChunk(blob)));
  again.problem = null;
  again.pass(2_000);
  assert.ok(again.chunks.has(manifestChunk(blob)));
});

/** A node that knows what is on its disk, and has begun to read the manifest of a blob there, which the disk is slow to give. */
function startReading(config: Partial<Config>) {
  const about = startPutter();
  const { contextId, blob } = about;
  const again = startAnew(about, { config });
  tell(again, about);
  const call = { kind: "read-blob", contextId, blob, chunk: 0 } as const;
  again.lone.give({ kind: "request", request: "slow", call });
  const looked = again.lone.give({ kind: "chunks-listed", chunks: Array.from(again.chunks.keys()) });
  assert.is(only(looked, "read-chunk").length, 1);
  const chunk = manifestChunk(blob);
  const found = { kind: "bytes", bytes: about.node.chunks.get(chunk) as Uint8Array } as const;
  return { again, contextId, blob, gave: () => again.give({ kind: "chunk-read", chunk, found }) };
}

test("a blob that its context let go while its manifest was read is not kept", () => {
  const { again, contextId, blob, gave } = startReading({ ...config, blobEvictionMs: 1_000_000 });
  assert.is(again.call({ kind: "delete-blob", contextId, blob })?.kind, "executed");
  const effects = gave();
  assert.equal([keptOn(again), observed(effects, "blob-recovered")], [[], 0]);
});

test("a blob whose chunks were dropped as too old while its manifest was read is not kept", () => {
  const { again, gave } = startReading({ blobEvictionMs: 1_000, blobStrayAgeMaxMs: 1_000 });
  assert.is(observed(again.pass(2_000), "blob-strays-dropped"), 4);
  assert.is(again.chunks.size, 0);
  const effects = gave();
  assert.equal([keptOn(again), observed(effects, "blob-recovered")], [[], 0]);
});

test("what an upload left that was given up while the disk was asked goes as strays do, though it is not in the answer", () => {
  const again = new BlobNode("ann", { config });
  const contextId = again.lone.create();
  const call = { kind: "write-blob", upload: 1, contextId, chunk: first } as const;
  again.lone.give({ kind: "request", request: 1, call });
  const chunk = hashOfChunk(first, codec.crypto);
  again.chunks.set(chunk, first);
  again.give({ kind: "chunk-stored", chunk, problem: null });
  again.call({ kind: "abandon-blob", upload: 1 });
  again.give({ kind: "chunks-listed", chunks: [] });
  again.pass(9_000);
  assert.is(again.chunks.size, 1);
  again.pass(60_000);
  assert.is(again.chunks.size, 0);
});

/** A node that finds this on its disk, and whose context refers to it as to a blob. */
function startForger(content: Uint8Array): BlobNode {
  const chunk = hashOfChunk(content, codec.crypto);
  const forge: Application["methods"][string] = {
    access: "write",
    run: ({ draft }) => {
      draft.write(putReference({ blob: blobOf(chunk), name: "a", size: 0, mediaType: "" }));
      return null;
    },
  };
  const forger: Application = { name: "forger", handlers: {}, methods: { forge } };
  const node = new BlobNode("eve", { chunks: new Map([[chunk, content]]), config, applications: [forger] });
  assert.is(node.lone.execute(node.lone.create("forger"), "forge").kind, "executed");
  return node;
}

test.run();
