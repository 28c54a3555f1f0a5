// Blobs between a node and peers that a test plays: what is asked, what is given, and what nobody may do.

import { randomBytes } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeManifest, hashOfChunk, type Manifest, partsOf } from "../../../core/blobs/blob.ts";
import type { Effect } from "../../../core/effect.ts";
import type { BlobId, ContextId } from "../../../core/ids.ts";
import { chunkBytes, partBytes } from "../../../core/limits.ts";
import { askedChunksMax, encodeBlobMessage } from "../../../core/wire/blob-message.ts";
import { codec } from "../authors.ts";
import { observed, only } from "../lone-node.ts";
import { BlobNode, saidOn } from "./blob-node.ts";

const bytes = new Uint8Array(randomBytes(6 * chunkBytes + 100));
const partOf = (index: number) => bytes.slice(index * chunkBytes, (index + 1) * chunkBytes);
const manifest: Manifest = {
  size: bytes.length,
  chunks: [0, 1, 2, 3, 4, 5, 6].map((index) => hashOfChunk(partOf(index), codec.crypto)),
};
const offer = {
  kind: "blob-offer",
  manifest: encodeManifest(manifest),
  held: new Uint8Array([0x7f]),
} as const;

/** A node with the whole blob. */
function startServer() {
  const node = new BlobNode("ann");
  const contextId = node.lone.create();
  return { node, contextId, blob: node.put(contextId, bytes) };
}

/** A node that has the reference and, after it lost its chunks, nothing of the blob. */
function startFetcher(peers: readonly string[] = ["bob"], config = {}) {
  const before = startServer();
  const { disk } = before.node.lone;
  const node = new BlobNode("ann", { disk, config });
  for (const peer of peers) node.lone.meet(peer, before.contextId);
  return { ...before, node };
}

/** The client's call and the streams that were opened for it. */
function ask(node: BlobNode, { contextId, blob }: { contextId: ContextId; blob: BlobId }, chunk = 0) {
  const call = { kind: "read-blob", contextId, blob, chunk } as const;
  const effects = node.give({ kind: "request", request: `chunk ${chunk}`, call });
  return { effects, opened: blobStreams(effects) };
}

function blobStreams(effects: readonly Effect[]) {
  return only(effects, "open-stream").filter(({ protocol }) => protocol === "blob");
}

type PartOfChunk = ReturnType<typeof partsOf>[number];

/** All that comes of its parts. */
function giveChunk(
  node: BlobNode,
  stream: number,
  { index, bytes: chunk }: { readonly index: number; readonly bytes: Uint8Array },
): readonly Effect[] {
  return partsOf(chunk).flatMap((part) => node.say(stream, { kind: "chunk", index, ...part }));
}

function replies(effects: readonly Effect[]): readonly unknown[] {
  return only(effects, "reply").map(({ outcome }) =>
    outcome.kind === "blob-chunk" ? outcome.bytes.length : outcome.kind === "refused" ? outcome.code : "?",
  );
}

function blamed(effects: readonly Effect[]): readonly string[] {
  return only(effects, "fault").map(({ peer, fault }) => `${peer} ${fault.code}`);
}

test("whoever asks for a blob of a context is offered it, and given each chunk that is asked for", () => {
  const { node, contextId, blob } = startServer();
  node.open(-1, "bob");
  assert.equal(saidOn(node.say(-1, { kind: "blob-request", contextId, blob }), -1), [offer]);
  const given = saidOn(node.say(-1, { kind: "chunk-request", index: 6 }), -1);
  assert.equal(given, [{ kind: "chunk", index: 6, offset: 0, bytes: partOf(6) }]);
  const parts = saidOn(node.say(-1, { kind: "chunk-request", index: 1 }), -1);
  assert.equal(
    parts.map((said) => said.kind === "chunk" && said.offset),
    Array.from({ length: 8 }, (_, nth) => nth * partBytes),
    "a whole chunk comes in parts",
  );
});

test("what a context does not refer to is not found, whoever has it, and neither is what was deleted meanwhile", () => {
  const { node, contextId, blob } = startServer();
  const other = node.lone.create();
  const refused = [{ kind: "blob-refusal", reason: "not-found" }];
  node.open(-1, "bob");
  assert.equal(saidOn(node.say(-1, { kind: "blob-request", contextId: other, blob }), -1), refused);
  node.open(-2, "bob");
  node.say(-2, { kind: "blob-request", contextId, blob });
  node.call({ kind: "delete-blob", contextId, blob });
  assert.equal(saidOn(node.say(-2, { kind: "chunk-request", index: 0 }), -2), refused);
});

test("a peer that asks for more at a time than it may, or out of turn, is blamed and left", () => {
  const { node, contextId, blob } = startServer();
  node.open(-1, "bob");
  assert.equal(blamed(node.say(-1, { kind: "chunk-request", index: 0 })), ["bob out-of-turn"]);
  node.open(-2, "bob");
  node.say(-2, { kind: "blob-request", contextId, blob });
  assert.equal(blamed(node.say(-2, { kind: "chunk-request", index: 7 })), ["bob malformed"]);
  node.open(-3, "bob");
  node.say(-3, { kind: "blob-request", contextId, blob });
  // The disk gives nothing yet.
  const said = Array.from({ length: askedChunksMax + 1 }, (_, index) =>
    blamed(
      node.lone.give({
        kind: "stream-frame",
        stream: -3,
        frame: encodeBlobMessage({ kind: "chunk-request", index }),
      }),
    ),
  );
  assert.equal(said.flat(), ["bob over-limit"]);
});

test("streams that serve are few for one peer, few for all, and ended when they are silent", () => {
  const { node } = startServer();
  const refused = (stream: number, peer: string) => saidOn(node.open(stream, peer), stream).length > 0;
  const all = Array.from({ length: 6 }, (_, peer) =>
    Array.from({ length: 5 }, (_, nth) => Number(!refused(-(peer * 10 + nth + 1), `peer ${peer}`))),
  );
  assert.equal(
    all.map((ofPeer) => ofPeer.reduce((a, b) => a + b)),
    [4, 4, 4, 4, 0, 0],
  );
  node.pass(40_000);
  assert.is(node.lone.core.blobs.serving.count, 0);
  assert.not(refused(-100, "peer 9"));
});

test("a chunk is asked of a member, verified, kept, and given to the client", () => {
  const about = startFetcher();
  const { node } = about;
  const { opened } = ask(node, about);
  assert.equal(
    opened.map(({ peer, protocol }) => [peer, protocol]),
    [["bob", "blob"]],
  );
  const stream = opened[0]?.stream ?? 0;
  const asked = saidOn(node.say(stream, offer), stream);
  assert.equal(
    asked.map((said) => said.kind === "chunk-request" && said.index),
    [0, 1, 2, 3],
    "and some ahead",
  );
  const effects = giveChunk(node, stream, { index: 0, bytes: partOf(0) });
  assert.equal(replies(effects), [chunkBytes]);
  assert.is(node.chunks.size, 2, "the chunk, and the manifest");
});

test("who gives what is false is blamed and asked no more, and another gives the right thing", () => {
  const about = startFetcher(["bob", "eve", "joe"]);
  const { node } = about;
  const { opened } = ask(node, about);
  const [one, two, three] = opened.map(({ stream }) => stream) as [number, number, number];
  const nameOf = (stream: number) => opened.find((each) => each.stream === stream)?.peer;
  const falseManifest = encodeManifest({ ...manifest, chunks: manifest.chunks.toReversed() });
  assert.equal(blamed(node.say(one, { ...offer, manifest: falseManifest })), [`${nameOf(one)} false-blob`]);
  node.say(two, offer);
  const wrong = giveChunk(node, two, { index: 0, bytes: partOf(1) });
  assert.equal(blamed(wrong), [`${nameOf(two)} false-blob`]);
  assert.equal(replies(wrong), []);
  const asked = saidOn(node.say(three, offer), three);
  assert.ok(asked.some((said) => said.kind === "chunk-request" && said.index === 0));
  assert.equal(replies(giveChunk(node, three, { index: 0, bytes: partOf(0) })), [chunkBytes]);
  node.give({ kind: "stream-closed", stream: three });
  ask(node, about, 6);
  const later = blobStreams(node.pass(20_000)).map(({ peer }) => peer);
  assert.ok(
    later.length > 0 && later.every((peer) => peer === nameOf(three)),
    "only the honest one is asked again",
  );
});

test("a chunk that was not asked for is a mistake, and nothing of it is kept", () => {
  const about = startFetcher();
  const { node } = about;
  const stream = ask(node, about).opened[0]?.stream ?? 0;
  node.say(stream, offer);
  assert.equal(blamed(giveChunk(node, stream, { index: 6, bytes: partOf(6) })), ["bob out-of-turn"]);
  assert.equal(Array.from(node.chunks.values()), [offer.manifest]);
});

test("a peer that gives a part now and then is slow, and is not given up", () => {
  const about = startFetcher();
  const { node } = about;
  const stream = ask(node, about).opened[0]?.stream ?? 0;
  node.say(stream, offer);
  const parts = partsOf(partOf(0));
  const came = parts.map((part) => {
    const meanwhile = node.pass(8_000);
    return [...replies(meanwhile), ...replies(node.say(stream, { kind: "chunk", index: 0, ...part }))];
  });
  assert.equal(came, [...parts.slice(1).map(() => []), [chunkBytes]]);
});

test("a chunk that one peer gives too slowly is asked of another too, and taken from whoever is first", () => {
  const about = startFetcher(["bob", "joe"]);
  const { node } = about;
  const [slow = 0, quick = 0] = ask(node, about).opened.map(({ stream }) => stream);
  node.say(slow, offer);
  assert.equal(saidOn(node.say(quick, offer), quick), [], "all that is wanted is asked of the first");
  const [first, second] = partsOf(partOf(0)) as [PartOfChunk, PartOfChunk];
  node.pass(6_000);
  node.say(slow, { kind: "chunk", index: 0, ...first });
  const asked = saidOn(node.pass(5_000), quick);
  assert.equal(asked[0], { kind: "chunk-request", index: 0 });
  node.say(slow, { kind: "chunk", index: 0, ...second });
  assert.equal(replies(giveChunk(node, quick, { index: 0, bytes: partOf(0) })), [chunkBytes]);
});

test("parts are as long as they can be: nobody gives a byte at a time", () => {
  const about = startFetcher();
  const { node } = about;
  const stream = ask(node, about).opened[0]?.stream ?? 0;
  node.say(stream, offer);
  const bit = { kind: "chunk", index: 0, offset: 0, bytes: partOf(0).subarray(0, 1) } as const;
  assert.equal(blamed(node.say(stream, bit)), ["bob malformed"]);
});

test("a part that is not the next is a mistake", () => {
  const about = startFetcher();
  const { node } = about;
  const stream = ask(node, about).opened[0]?.stream ?? 0;
  node.say(stream, offer);
  const [, second] = partsOf(partOf(0));
  assert.ok(second);
  assert.equal(blamed(node.say(stream, { kind: "chunk", index: 0, ...second })), ["bob out-of-turn"]);
});

test("a silent peer is replaced, and a client that nobody answers is told so in time", () => {
  const about = startFetcher(["bob"]);
  const { node } = about;
  ask(node, about);
  const before = node.pass(29_000);
  assert.ok(blobStreams(before).length >= 1, "asked again");
  assert.equal(replies(before), []);
  const effects = node.pass(2_000);
  assert.equal(replies(effects), ["blob-unavailable"]);
  assert.is(observed(effects, "blob-unavailable"), 1);
});

test("a fetch goes on where it was after a restart, asking for nothing twice", () => {
  const about = startFetcher();
  const stream = ask(about.node, about).opened[0]?.stream ?? 0;
  about.node.say(stream, offer);
  for (const index of [0, 1]) giveChunk(about.node, stream, { index, bytes: partOf(index) });
  const { disk } = about.node.lone;
  const node = new BlobNode("ann", { disk, chunks: about.node.chunks });
  node.lone.meet("bob", about.contextId);
  assert.equal(node.read(about.contextId, about.blob, 1), partOf(1));
  const again = ask(node, about, 2).opened[0]?.stream ?? 0;
  const asked = saidOn(node.say(again, offer), again);
  assert.equal(
    asked.map((said) => said.kind === "chunk-request" && said.index),
    [2, 3, 4, 5],
  );
});

test("a disk that is full ends what clients wait for with that reason", () => {
  const about = startFetcher();
  const { node } = about;
  const stream = ask(node, about).opened[0]?.stream ?? 0;
  node.say(stream, offer);
  node.problem = "no space is left";
  assert.equal(replies(giveChunk(node, stream, { index: 0, bytes: partOf(0) })), ["cannot-store"]);
});

test.run();
