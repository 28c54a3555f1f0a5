// A running node's copy of its store.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openLevelStore } from "../../adapters/level/level-store.ts";
import { copyBeside, StoreCopy } from "../../node/store-copy.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";

async function storeOf(count: number) {
  const path = join(temporaryFolder(), "store");
  const store = await openLevelStore(path, { create: true });
  for (let index = 0; index < count; index += 1)
    store.stage([[`key ${index}`, crypto.getRandomValues(new Uint8Array(60_000))]]);
  await store.flush();
  return { path, store };
}

test("one copy is made at a time, and each takes the place of the last", async () => {
  const { path, store } = await storeOf(10);
  const copy = new StoreCopy(store, path);
  assert.is(copy.state.state, "none");
  for (const key of ["later", "last"]) {
    store.stage([[key, Uint8Array.of(1)]]);
    await store.flush();
    copy.begin();
    copy.begin();
    assert.is(copy.state.state, "copying");
    await copy.ended();
    assert.is(copy.state.state, "copied");
    const copied = await openLevelStore(copyBeside(path), { create: false });
    assert.equal(copied.get(key), Uint8Array.of(1));
    await copied.close();
  }
  await store.close();
});

test("whoever asks while a copy is made has one with what was written by then", async () => {
  const { path, store } = await storeOf(100);
  const copy = new StoreCopy(store, path);
  copy.begin();
  while (!existsSync(copyBeside(path))) await new Promise(setImmediate);
  store.stage([["meanwhile", Uint8Array.of(1)]]);
  await store.flush();
  assert.is(copy.state.state, "copying");
  copy.begin();
  await copy.ended();
  const copied = await openLevelStore(copyBeside(path), { create: false });
  assert.equal(copied.get("meanwhile"), Uint8Array.of(1));
  await copied.close();
  await store.close();
});

test("a store that is closed ends the copy, which can then not be taken for whole", async () => {
  const { path, store } = await storeOf(500);
  const copy = new StoreCopy(store, path);
  copy.begin();
  while (!existsSync(join(copyBeside(path), "level", "CURRENT")) && copy.state.state === "copying")
    await new Promise(setImmediate);
  await store.close();
  await copy.ended();
  assert.is(copy.state.state, "failed", JSON.stringify(copy.state));
  const refusal = await openLevelStore(copyBeside(path), { create: false }).catch((error: unknown) => error);
  assert.match(String(refusal), "a copy that was broken off");
});

test.run();
