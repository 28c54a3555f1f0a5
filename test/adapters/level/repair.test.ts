// What is done for a damaged store without knowing what is in it.

import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import { LevelDb } from "../../../adapters/level/leveldb.ts";
import { writeMarker } from "../../../adapters/level/marker.ts";
import { readTable } from "../../../adapters/level/raw/table-file.ts";
import { openRemains, repairManifest } from "../../../adapters/level/repair.ts";
import { StoreError } from "../../../adapters/level/store.ts";
import { filesOf, noise, openDatabase } from "./raw/written-level.ts";
import { temporaryFolder } from "./temporary-folder.ts";

function withoutManifest(levelPath: string): void {
  for (const file of filesOf(levelPath, /^(CURRENT|MANIFEST-\d+)$/)) rmSync(file);
}

async function valueIn(levelPath: string, key: string): Promise<string> {
  const level = await openDatabase(levelPath);
  try {
    return Buffer.from(level.getSync(Buffer.from(key)) ?? "").toString();
  } finally {
    await level.close();
  }
}

/** Of a key with an old value in a table with a higher number than that with the new one, as merging made it later. */
async function mergedLate(path: string): Promise<string> {
  await writeMarker(path, { state: "ready", values: { kind: "checked" } });
  const levelPath = join(path, "level");
  const using = async (writes: Readonly<Record<string, string>>, merged: string | null) => {
    const level = await openDatabase(levelPath);
    const pairs = Object.entries(writes).map(
      ([key, value]) => [Buffer.from(key), Buffer.from(value)] as const,
    );
    await level.batch(pairs.map(([key, value]) => ({ type: "put", key, value })));
    if (merged !== null) await level.compactRange(Buffer.from(merged), Buffer.from(merged));
    await level.close();
  };
  await using({ a: "first" }, "a");
  await using({ a: "second", k: "old" }, null);
  await using({}, "k");
  await using({ k: "new" }, null);
  await using({}, "a");
  return levelPath;
}

test("once the manifest is made anew each key has its newest value, where LevelDB's repair alone shows old ones", async () => {
  const path = join(temporaryFolder(), "store");
  const levelPath = await mergedLate(path);
  withoutManifest(levelPath);
  const copy = join(temporaryFolder(), "level");
  cpSync(levelPath, copy, { recursive: true });
  await LevelDb.repair(copy);
  assert.is(await valueIn(copy, "k"), "old", "what this is about");
  assert.is(await repairManifest(path), true);
  assert.is(await valueIn(levelPath, "k"), "new");
  assert.is(await valueIn(levelPath, "a"), "second");
  assert.not(existsSync(join(path, "unmerged")));
});

test("a repair that was killed before its tables were merged is finished by the next opening", async () => {
  const path = join(temporaryFolder(), "store");
  const levelPath = await mergedLate(path);
  withoutManifest(levelPath);
  await LevelDb.repair(levelPath);
  writeFileSync(join(path, "unmerged"), "");
  assert.is(await repairManifest(path), false, "the manifest is there");
  assert.is(await valueIn(levelPath, "k"), "new");
});

async function storeOf(path: string, secret: Uint8Array | null): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    const store = await openLevelStore(path, { create: round === 0, secret });
    for (let index = 0; index < 200; index += 1)
      store.stage([[`key ${index}`, new Uint8Array(Buffer.from(noise(index * 3 + round, 300), "latin1"))]]);
    store.stage([["key 7", null]]);
    await store.flush();
    await store.close();
  }
}

function contentsOf(path: string): readonly (readonly [string, string])[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [file, readFileSync(file).toString("latin1")] as const);
}

test("what is left of a store is read as it was written, sealed or not, and the store stays as it is", async () => {
  for (const secret of [null, new Uint8Array(32).fill(3)]) {
    const path = join(temporaryFolder(), "store");
    await storeOf(path, secret);
    const before = contentsOf(path);
    const remains = await openRemains(path, secret);
    const found = new Map<string, Uint8Array>();
    for await (const [key, value] of remains.entries("key")) found.set(key, value);
    assert.is(found.size, 199);
    for (const [key, value] of found)
      assert.is(
        Buffer.from(value).toString("latin1"),
        noise(Number(key.slice(4)) * 3 + 2, 300),
        "the newest value",
      );
    assert.is(remains.get("key 7"), undefined);
    await remains.close();
    assert.equal(contentsOf(path), before);
  }
});

test("what is left of a sealed store is not taken for nothing where the key is another or none", async () => {
  const path = join(temporaryFolder(), "store");
  await storeOf(path, new Uint8Array(32).fill(3));
  for (const secret of [null, new Uint8Array(32).fill(4)]) {
    const error = await openRemains(path, secret).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.instance(error, StoreError);
    assert.is((error as StoreError).code, "store-sealed");
  }
  await (await openRemains(path, new Uint8Array(32).fill(3))).close();
});

test("what a crash left of a merge counts for nothing", async () => {
  const path = join(temporaryFolder(), "store");
  await storeOf(path, null);
  const [table = ""] = filesOf(join(path, "level"), /\.ldb$/);
  writeFileSync(join(path, "level", "000999.ldb"), readFileSync(table).subarray(0, 5_000));
  assert.is(await repairManifest(path), false);
});

/** Puts a key out of its order, in a block that is not compressed. */
function disorder(table: string): void {
  const content = readFileSync(table);
  const block = readTable(content).blocks[5];
  const { valueAt = 0, key } = block?.entries[3] ?? {};
  content[(block?.offset ?? 0) + valueAt - 9] = 1;
  assert.ok(key !== undefined && block !== undefined);
  writeFileSync(table, content);
}

test("once LevelDB has ended the process over a damaged table, the next start says which it is and what to do", async () => {
  const path = join(temporaryFolder(), "store");
  await storeOf(path, null);
  const [table = ""] = filesOf(join(path, "level"), /\.ldb$/);
  disorder(table);
  const merging = `
    import { openParts } from ${JSON.stringify(import.meta.resolve("../../../adapters/level/opening.ts"))};
    const asked = { create: false, acceptLoss: false, secret: null, told: () => {} };
    const { level } = await openParts(${JSON.stringify(path)}, asked);
    await level.compactRange(Buffer.alloc(1), Buffer.alloc(64, 0xff));
    console.log("merged");`;
  const child = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", merging], {
    encoding: "utf8",
  });
  assert.is(child.signal, "SIGABRT", child.stdout + child.stderr);
  const error = await openLevelStore(path, { create: false }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, StoreError);
  assert.match(
    (error as StoreError).message,
    /its table .*\.ldb is damaged: 1 of its .*reconverge node repair/,
  );
});

test("a store whose process was killed while it merged sound tables starts", async () => {
  const path = join(temporaryFolder(), "store");
  await storeOf(path, null);
  writeFileSync(join(path, "pid"), "999999999\n");
  appendFileSync(join(path, "level", "LOG"), "2026/01/01-00:00:00.000000 1 Compacting 4@0 + 1@1 files\n");
  await (await openLevelStore(path, { create: false })).close();
});

test.run();
