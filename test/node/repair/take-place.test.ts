// A repair that is killed, at whatever moment: the store is the old one or the new one, and never less than either.

import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { StoreError } from "../../../adapters/level/store.ts";
import { repairNode } from "../../../node/repair/repair.ts";
import { finishInterrupted, repairedPath } from "../../../node/repair/take-place.ts";
import { temporaryFolder } from "../../adapters/level/temporary-folder.ts";
import { startTestNode } from "../test-node.ts";
import { entriesFound, nodeOver, storeHistory } from "./stored-history.ts";

const original = join(temporaryFolder(), "store");
const history = await storeHistory(original);
const everything = history.contextIds.map(() => history.entries);

/** A store without its tables. */
function damagedStore(): string {
  const store = join(temporaryFolder(), "store");
  cpSync(original, store, { recursive: true });
  for (const file of readdirSync(join(store, "level")))
    if (file.endsWith(".ldb")) rmSync(join(store, "level", file));
  return store;
}

type Move = (store: string) => void;
const move =
  (from: string, to: string): Move =>
  (store) =>
    renameSync(join(store, from), join(store, to));

/** What a repair does to its folders once the new store is whole, one by one. */
const moves: readonly Move[] = [
  (store) => mkdirSync(join(store, "damaged-7")),
  ...["store.json", "tip", "level"].map((part) => move(part, `damaged-7/${part}`)),
  ...["level", "tip", "store.json"].map((part) => move(`repaired-7/${part}`, part)),
];

for (const made of [...moves.keys(), moves.length])
  test(`a repair that was killed after ${made} of the ${moves.length} moves with which it ends is finished`, async () => {
    const store = damagedStore();
    cpSync(original, join(store, "repaired-7"), { recursive: true });
    for (const each of moves.slice(0, made)) each(store);
    assert.ok(await finishInterrupted(store));
    assert.not(await finishInterrupted(store));
    assert.equal(await entriesFound(store, history), everything);
    assert.equal(readdirSync(join(store, "damaged-7")).sort(), ["level", "store.json", "tip"]);
    assert.not(existsSync(join(store, "repaired-7")));
  });

async function refusalOf(attempt: () => Promise<unknown>): Promise<string> {
  const said = await attempt().then(
    () => "it was not refused",
    (error: unknown) => (error instanceof StoreError ? error.message : String(error)),
  );
  return said;
}

test("what a repair had not finished counts for nothing, not even where the rest of the store is moved away", async () => {
  const { node, ...kept } = await startTestNode();
  await node.stop();
  const { storePath } = kept;
  cpSync(original, repairedPath(storePath), { recursive: true });
  assert.not(await finishInterrupted(storePath));
  renameSync(storePath, `${storePath}.away`);
  assert.match(await refusalOf(() => startTestNode({}, kept)), /is gone, though this node had one/);
  symlinkSync(join(storePath, "..", "nowhere"), storePath);
  assert.match(await refusalOf(() => startTestNode({}, kept)), /is gone, though this node had one/);
});

test("a repair begins anew what one before it had not finished, and a link to the store stays one", async () => {
  const store = damagedStore();
  cpSync(original, repairedPath(store), { recursive: true });
  const link = join(temporaryFolder(), "store");
  symlinkSync(store, link);
  const outcome = await repairNode(nodeOver(link), true);
  assert.is(outcome.kind, "salvaged", JSON.stringify(outcome));
  if (outcome.kind !== "salvaged") return;
  assert.not(existsSync(repairedPath(store)));
  assert.ok(existsSync(join(store, outcome.keptAt.slice(link.length), "level")), outcome.keptAt);
  assert.is((await repairNode(nodeOver(store), false)).kind, "whole");
});

test("a node inside a program finishes the repair, too, before it opens its store", async () => {
  const { node, ...kept } = await startTestNode();
  await node.stop();
  const whole = `${kept.storePath}.whole`;
  cpSync(kept.storePath, whole, { recursive: true });
  rmSync(join(kept.storePath, "level"), { recursive: true });
  renameSync(whole, join(kept.storePath, "repaired-7"));
  const { node: again } = await startTestNode({}, kept);
  await again.stop();
  assert.ok(existsSync(join(kept.storePath, "damaged-7", "store.json")));
});

test.run();
