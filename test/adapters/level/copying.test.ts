// A store that is copied while it is open.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import { StoreError } from "../../../adapters/level/store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const secret = new Uint8Array(32).fill(9);

for (const sealedWith of [null, secret])
  test(`a copy is a store of what was durable, and is written on like any${sealedWith === null ? "" : ", sealed as it was"}`, async () => {
    const [path, to] = [join(temporaryFolder(), "store"), join(temporaryFolder(), "copy")];
    const store = await openLevelStore(path, { create: true, secret: sealedWith });
    for (let index = 0; index < 2_000; index += 1) store.stage([[`key ${index}`, bytes("v".repeat(5_000))]]);
    await store.flush();
    store.stage([["key 7", null]]);
    await store.flush();
    const copying = store.copyTo(to);
    store.stage([["key 0", bytes("later")]]);
    store.stage([["new", bytes("later")]]);
    await store.flush();
    assert.is(await copying, 1_999);
    assert.is(String(Buffer.from(store.get("key 0") ?? [])), "later", "the original goes on");
    await store.close();

    const copy = await openLevelStore(to, { create: false, secret: sealedWith });
    assert.is(copy.get("key 0")?.length, 5_000);
    assert.equal([copy.get("key 7"), copy.get("new")], [undefined, undefined]);
    copy.stage([["key 7", bytes("again")]]);
    await copy.flush();
    await copy.close();
    const again = await openLevelStore(to, { create: false, secret: sealedWith });
    assert.equal(again.get("key 7"), bytes("again"));
    await again.close();
    if (sealedWith === null) return;
    const refusal = await openLevelStore(to, { create: false }).catch((error: unknown) => error);
    assert.ok(refusal instanceof StoreError && refusal.code === "store-sealed");
  });

test("a store with a value that is not what was written is not copied, and says so of itself", async () => {
  const [path, to] = [join(temporaryFolder(), "store"), join(temporaryFolder(), "copy")];
  const store = await openLevelStore(path, { create: true });
  for (let index = 0; index < 100; index += 1) {
    store.stage([[`key ${index}`, crypto.getRandomValues(new Uint8Array(60_000))]]);
    await store.flush();
  }
  await store.close();
  // A table may not have been finished, and count for nothing then. When it is opened LevelDB makes another of its logs.
  await (await openLevelStore(path, { create: false })).close();
  const tables = readdirSync(join(path, "level")).filter((name) => name.endsWith(".ldb"));
  assert.ok(tables.length > 0, "LevelDB has a table");
  for (const table of tables) {
    const content = readFileSync(join(path, "level", table));
    const middle = Math.floor(content.length / 2);
    content.fill(0xa5, middle, middle + 8);
    writeFileSync(join(path, "level", table), content);
  }
  const opened = await openLevelStore(path, { create: false });
  const refusal = await opened.copyTo(to).catch((error: unknown) => error);
  await opened.close();
  assert.ok(refusal instanceof StoreError && refusal.code === "store-damaged", String(refusal));
  assert.match(refusal.message, `the store at ${path} is damaged`);
  for (const create of [false, true]) {
    const unfinished = await openLevelStore(to, { create }).catch((error: unknown) => error);
    assert.ok(unfinished instanceof StoreError, "half a copy is no store");
    assert.match(unfinished.message, "a copy that was broken off: remove it");
  }
});

test.run();
