// The store of a node of this format, kept as it was written, opens with all that is in it and is gone on with. A test
// that fails here says that users' stores do not open any more: CONTRIBUTING.md says what to do.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInApplications } from "../../../core/app/built-in/index.ts";
import { bytesOf, type ContextId } from "../../../core/ids.ts";
import { storeFormat, storeKeys } from "../../../core/store-keys.ts";
import { UnreadableStoreError } from "../../../core/stored-node.ts";
import { decodeCanonical, encode } from "../../../core/wire/cbor.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { LoneNode, only, said } from "../lone-node.ts";
import { Link } from "../sync/link.ts";
import { openKept, otherNode, readKept, sharedContext, standingOf } from "./kept-store.ts";

const kept = readKept();
/** The first whose key begins so. */
function recordOf(disk: SimDisk, prefix: string): Uint8Array {
  for (const [key, value] of disk.memory.entries) if (key.startsWith(prefix)) return value;
  throw new Error(`no record under ${prefix}`);
}
const answerOf = (node: LoneNode, contextId: ContextId, key: string) => {
  const outcome = node.execute(contextId, "get", { key });
  return outcome.kind === "executed" ? outcome.output : outcome.kind;
};

test("the kept store is of the present format, and has a record of every kind that lasts", () => {
  assert.is(kept.format, storeFormat, "the format was raised: npm run kept-store, and see CONTRIBUTING.md");
  const kinds = new Set(kept.keys.map((key) => String.fromCharCode(Number.parseInt(key.slice(0, 2), 16))));
  assert.is([...kinds].sort().join(""), "abcdefhilnopqtx");
});

test("it opens with the roots, heads, members, checkpoints and values it was left with", async () => {
  const node = await openKept(kept);
  assert.equal(standingOf(node), kept.expected);
  const contextId = sharedContext(node);
  const [blob] = node.lone.core.blobs.shelf.all().keys();
  assert.equal(blob && node.read(contextId, blob), new Uint8Array(5_000).fill(7));
});

test("it is written on, closed and opened again, and a peer is brought all of it", async () => {
  const node = await openKept(kept);
  const { lone } = node;
  const contextId = sharedContext(node);
  const link = new Link([lone, otherNode()]);
  const [, other] = link.nodes;
  assert.is(lone.execute(contextId, "set", { key: "after", value: 1 }).kind, "executed");
  other.call({ kind: "join-context", contextId });
  link.meet(contextId);
  for (let round = 0; round < 10; round += 1) link.pass(1_000);
  assert.is(other.replica(contextId).stateRoot(), lone.replica(contextId).stateRoot());
  assert.equal([answerOf(other, contextId, "after"), answerOf(other, contextId, "k8")], [1, null]);
  assert.is(other.execute(contextId, "set", { key: "back", value: 2 }).kind, "executed");
  for (let round = 0; round < 20; round += 1) link.pass(1_000);
  assert.is(answerOf(lone, contextId, "back"), 2);
  assert.equal(lone.replica(contextId).heads(), other.replica(contextId).heads());
  const root = lone.replica(contextId).stateRoot();
  const again = new LoneNode("a", { disk: lone.disk });
  assert.is(again.replica(contextId).stateRoot(), root);
});

// By the names that stand in users' stores, so that another name, under which nothing would be found, is seen.

test("its clock goes on from where it was, and not from what the machine says", async () => {
  const { lone } = await openKept(kept);
  const [ms, counter] = decodeCanonical(recordOf(lone.disk, "h"), 64) as readonly number[];
  assert.equal(lone.core.capture().author.hlc, { ms, counter });
});

test("what it had in common with a peer is named to that peer in the next session", async () => {
  const node = await openKept(kept);
  const contextId = sharedContext(node);
  const stored = recordOf(node.lone.disk, `f${contextId}`);
  const [peer, frontiers] = decodeCanonical(stored, stored.length) as [string, [Uint8Array, ...unknown[]][]];
  const effects = [...node.lone.meet(peer, contextId), ...node.lone.pass(20_000)];
  const named = only(effects, "open-stream").flatMap(({ stream }) =>
    said(effects, stream).flatMap((message) => (message.kind === "handshake" ? message.frontiers : [])),
  );
  assert.ok(frontiers.length > 0);
  for (const [name] of frontiers) assert.ok(named.some((each) => Buffer.from(bytesOf(each)).equals(name)));
});

test("a context that it was deleting when it stopped is removed to its last record", async () => {
  const node = await openKept(kept);
  const contextId = sharedContext(node);
  const { disk } = node.lone;
  const left = () => Array.from(disk.memory.entries.keys()).filter((key) => key.includes(contextId));
  node.lone.call({ kind: "delete-context", contextId });
  assert.equal(recordOf(disk, "g"), encode([bytesOf(contextId)]));
  assert.ok(left().length > 50);
  const again = new LoneNode("a", { disk, applications: builtInApplications });
  again.pass(60_000);
  assert.equal([left(), disk.get("g")], [[], undefined]);
});

test("a store of an older or a newer format is refused by name, with the way out", () => {
  for (const [format, says] of [
    [
      storeFormat - 1,
      `the store has format ${storeFormat - 1}, expected ${storeFormat}: an older version wrote it`,
    ],
    [
      storeFormat + 1,
      `the store has format ${storeFormat + 1}, expected ${storeFormat}: a newer version wrote it`,
    ],
    ["x", "the store has format x"],
  ] as const) {
    const disk = new SimDisk();
    const record = encode([format, bytesOf("12345678"), []]);
    disk.append({ kind: "commit", writes: [[storeKeys.node, record]] });
    let refused: unknown = null;
    try {
      new LoneNode("a", { disk });
    } catch (error) {
      refused = error;
    }
    assert.instance(refused, UnreadableStoreError);
    assert.match((refused as UnreadableStoreError).message, says);
    assert.is((refused as UnreadableStoreError).code, "version");
  }
});

test.run();
