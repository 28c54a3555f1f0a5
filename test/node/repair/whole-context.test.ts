// What a repair makes of contexts that nobody else has: all of whose deltas say it, or of whose old ones only the state does.

import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import type { Store } from "../../../adapters/level/store.ts";
import { kvStore } from "../../../core/app/built-in/kv-store.ts";
import { present } from "../../../core/assert.ts";
import type { ContextId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { repairNode } from "../../../node/repair/repair.ts";
import { temporaryFolder } from "../../adapters/level/temporary-folder.ts";
import { nodeOver, StoredNode } from "./stored-history.ts";

const [writes, keys, kept] = [400, 150, 20];

/** Two contexts of some writes each, of whose deltas all but the newest have no bodies. */
async function storeCompacted(path: string): Promise<readonly [ContextId, ContextId]> {
  const store = await openLevelStore(path, { create: true });
  const node = new StoredNode(store, [kvStore], { compactAboveDeltas: kept, compactKeepDeltas: kept });
  const contextIds = [node.create(), node.create()] as const;
  for (let index = 0; index < writes; index += 1)
    for (const contextId of contextIds) node.set(contextId, `key ${index % keys}`, `${index}`);
  for (const contextId of contextIds)
    node.call({ kind: "execute", contextId, method: "remove", args: { key: "key 0" } });
  node.wake(60_000);
  for (const { deltas } of node.core.replicas().values()) assert.ok(deltas.bodyCount < 2 * kept);
  node.stop();
  await store.flush();
  await store.close();
  return contextIds;
}

const original = join(temporaryFolder(), "store");
const [damaged, whole] = await storeCompacted(original);

/** Repairs a copy from which something is taken away. */
async function repairWithout(lost: (node: StoredNode) => readonly string[]) {
  const path = join(temporaryFolder(), "store");
  cpSync(original, path, { recursive: true });
  const before = await withStore(path, (node, store) => {
    store.stage(lost(node).map((key) => [key, null]));
    return standingsOf(node);
  });
  const outcome = await repairNode(nodeOver(path), true);
  const after = await withStore(path, standingsOf);
  return { before, after, salvaged: outcome.kind === "salvaged" ? outcome.salvaged : null };
}

async function withStore<Result>(
  path: string,
  use: (node: StoredNode, store: Store) => Result,
): Promise<Result> {
  const store = await openLevelStore(path, { create: false });
  try {
    return use(new StoredNode(store), store);
  } finally {
    await store.flush();
    await store.close();
  }
}

function standingsOf(node: StoredNode) {
  const standingOf = (contextId: ContextId) => {
    const replica = present(node.core.replicas().get(contextId), "a context of the store");
    const { graph, bodyCount, stranded } = replica.deltas;
    const [count, heads, root] = [graph.count, [...replica.heads()].sort(), replica.stateRoot()];
    return { count, heads, root, bodyCount, waiting: stranded.count };
  };
  return { damaged: standingOf(damaged), whole: standingOf(whole) };
}

const deltaOf = (node: StoredNode, contextId: ContextId, fromEnd: number) => {
  const { graph } = present(node.core.replicas().get(contextId), "a context of the store").deltas;
  return graph.at(graph.count - fromEnd).id;
};

test("where bodies of deltas are lost nothing else is: the state has what they say, and their heads are kept apart", async () => {
  const { before, after, salvaged } = await repairWithout((node) =>
    [3, 4, 9].map((fromEnd) => storeKeys.delta(deltaOf(node, damaged, fromEnd))),
  );
  assert.equal(after.whole, before.whole);
  assert.equal(after.damaged, { ...before.damaged, bodyCount: before.damaged.bodyCount - 3 });
  assert.equal(salvaged?.damaged, []);
  assert.is(salvaged?.bodiless, 3);
});

for (const [what, lostOf] of [
  ["a context's record", () => storeKeys.context(damaged)],
  ["a block of its index", () => storeKeys.indexBlock(damaged, 2)],
  ["a block of heads without bodies", () => storeKeys.pastHeads(damaged, 1)],
  ["its genesis", () => `d${damaged}`],
  [
    "an entity of its state",
    (node) => {
      const [leaf] = present(node.core.replicas().get(damaged), "it").state.leaves({});
      return storeKeys.entity(`s${damaged}`, present(leaf, "an entity").hash);
    },
  ],
] satisfies readonly (readonly [string, (node: StoredNode) => string])[])
  test(`where ${what} is lost, a context is made again of deltas, and the other is what it was`, async () => {
    const { before, after, salvaged } = await repairWithout((node) => [lostOf(node)]);
    assert.equal(after.whole, before.whole);
    assert.equal(
      salvaged?.damaged.map(({ context }) => context),
      [toBase58(damaged)],
    );
    const { count, waiting } = after.damaged;
    assert.is(count + waiting, before.damaged.bodyCount - Number(what === "its genesis"));
  });

test("what a context does not need to be whole is not missed: which bodies there are, what is owed, the list of contexts", async () => {
  const { before, after, salvaged } = await repairWithout(() => [
    storeKeys.withoutBodies(damaged),
    storeKeys.owed(damaged),
    storeKeys.frontiers(damaged, 0),
    storeKeys.node,
  ]);
  assert.equal(after, before);
  assert.equal(salvaged?.damaged, []);
});

test("behind a hole in the log a context is at least what it was before, though no deltas say that any more", async () => {
  const path = join(temporaryFolder(), "store");
  const store = await openLevelStore(path, { create: true });
  const node = new StoredNode(store, [kvStore], { compactAboveDeltas: kept, compactKeepDeltas: kept });
  const contextId = node.create();
  const write = async (from: number, until: number) => {
    for (let index = from; index < until; index += 1) {
      node.set(contextId, `key ${index}`, `${index}`.repeat(50));
      await store.flush();
    }
  };
  await write(0, 200);
  node.wake(60_000);
  await write(200, 300);
  await store.close();

  const [name = ""] = readdirSync(join(path, "level")).filter((each) => each.endsWith(".log"));
  const log = readFileSync(join(path, "level", name));
  const at = Math.floor(log.length * 0.9);
  log.fill(0xa5, at, at + 200);
  writeFileSync(join(path, "level", name), log);

  const outcome = await repairNode(nodeOver(path), true);
  assert.is(outcome.kind, "salvaged", JSON.stringify(outcome));
  const [count] = await withStore(path, (again) => again.entryCounts([contextId]));
  assert.ok((count ?? 0) > 200 && (count ?? 0) < 300, `${count} of 300 entries`);
  const { waiting, damaged: told } = present(outcome.kind === "salvaged" ? outcome.salvaged : null, "it");
  assert.equal(
    told.map(({ context, from }) => [context, from]),
    [[toBase58(contextId), "before-hole"]],
  );
  assert.is((count ?? 0) + waiting, 299, "all but the one that was hit");
});

test("what is lost of the end is told, though a context looks whole without it", async () => {
  const path = join(temporaryFolder(), "store");
  const store = await openLevelStore(path, { create: true });
  const node = new StoredNode(store);
  const contextId = node.create();
  for (let index = 0; index < 50; index += 1) {
    node.set(contextId, `key ${index}`, `${index}`.repeat(50));
    await store.flush();
  }
  await store.close();
  const [name = ""] = readdirSync(join(path, "level")).filter((each) => each.endsWith(".log"));
  const log = readFileSync(join(path, "level", name));
  const [hole, end] = [Math.floor(log.length * 0.3), Math.floor(log.length * 0.8)];
  log.fill(0xa5, hole, hole + 20);
  writeFileSync(join(path, "level", name), log.subarray(0, end));
  const outcome = await repairNode(nodeOver(path), true);
  const { flushesLost } = present(outcome.kind === "salvaged" ? outcome.salvaged : null, "what was saved");
  assert.ok((flushesLost ?? 0) > 5 && (flushesLost ?? 0) < 15, `${flushesLost} of 50`);
});

test.run();
