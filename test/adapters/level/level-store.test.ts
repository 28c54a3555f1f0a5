// The contract over LevelDB, and what can be wrong with a folder: each trouble has its code, and none loses data.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import { findHole } from "../../../adapters/level/raw/log-file.ts";
import { StoreError, type StoreErrorCode } from "../../../adapters/level/store.ts";
import { testStore } from "./store.contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

testStore(() => {
  const path = join(temporaryFolder(), "store");
  return () => openLevelStore(path, { create: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);

async function assertRefused(
  path: string,
  code: StoreErrorCode,
  options = { create: true },
): Promise<StoreError> {
  const error = await openLevelStore(path, options).then(
    () => null,
    (thrown) => thrown,
  );
  assert.instance(error, StoreError);
  assert.is(error.code, code, error.message);
  assert.match(error.message, path);
  assert.not.match(error.message, "\n");
  return error;
}

/** A closed store in which each of `count` flushes wrote its own key. */
async function storeOf(count: number): Promise<string> {
  const path = join(temporaryFolder(), "store");
  const store = await openLevelStore(path, { create: true });
  for (let index = 0; index < count; index += 1) {
    store.stage([[`key ${index}`, bytes(`value ${index}`.padEnd(100, "."))]]);
    await store.flush();
  }
  await store.close();
  return path;
}

function logOf(path: string): string {
  const name = readdirSync(join(path, "level")).find((file) => file.endsWith(".log"));
  assert.ok(name, "LevelDB has a log");
  return join(path, "level", name);
}

test("what is kept in memory of a small value that was a view of much is the value alone", async () => {
  const store = await openLevelStore(join(temporaryFolder(), "store"), { create: true });
  const much = new Uint8Array(1_000_000).fill(7);
  store.stage([["small", much.subarray(10, 20)]]);
  await store.flush();
  const found = store.get("small");
  assert.equal(found, new Uint8Array(10).fill(7));
  assert.is(found?.buffer.byteLength, 10);
  await store.close();
});

test("where nothing is, a store is made only when asked for", async () => {
  const path = join(temporaryFolder(), "store");
  await assertRefused(path, "store-missing", { create: false });
  await (await openLevelStore(path, { create: true })).close();
  await (await openLevelStore(path, { create: false })).close();
});

test("a folder that holds other things, a file, and another program's marker are refused untouched", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "letter.txt"), "dear");
  await assertRefused(folder, "store-foreign");
  assert.equal(readdirSync(folder), ["letter.txt"]);
  await assertRefused(join(folder, "letter.txt"), "store-foreign");
  for (const content of ["not JSON", "null", '{"kind":"other"}']) {
    const other = temporaryFolder();
    writeFileSync(join(other, "store.json"), content);
    await assertRefused(other, "store-foreign");
  }
});

test("a store of another version is refused", async () => {
  const path = await storeOf(1);
  writeFileSync(join(path, "store.json"), '{"kind":"reconverge-store","version":3,"state":"ready"}');
  const error = await assertRefused(path, "store-version");
  assert.match(error.message, "version 3");
});

test("a store that is open cannot be opened again by the same process, and stays locked for others", async () => {
  const path = await storeOf(1);
  const store = await openLevelStore(path, { create: false });
  await assertRefused(path, "store-locked");
  await assertRefused(`${path}/../store`, "store-locked").catch(() => {});
  assert.match(
    await openInOtherProcess(path),
    `store-locked: the store at ${path} is in use by process ${process.pid}`,
  );
  await store.close();
  assert.is(await openInOtherProcess(path), "opened");
});

test("a holder that was killed leaves no lock", async () => {
  const path = await storeOf(1);
  const holder = spawnOpener(path, "hold");
  await once(holder.stdout, "data");
  const error = await assertRefused(path, "store-locked");
  assert.match(error.message, `process ${holder.pid}`);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await (await openLevelStore(path, { create: false })).close();
});

test("without LevelDB's CURRENT the store is damaged, and nothing in it is replaced", async () => {
  const path = await storeOf(3);
  rmSync(join(path, "level", "CURRENT"));
  const before = readdirSync(join(path, "level"))
    .filter((name) => !name.startsWith("LOG"))
    .sort();
  await assertRefused(path, "store-damaged");
  assert.equal(
    readdirSync(join(path, "level"))
      .filter((name) => !name.startsWith("LOG"))
      .sort(),
    before,
  );
});

test("without LevelDB's folder, or without the tip file, the store is damaged", async () => {
  const withoutLevel = await storeOf(3);
  rmSync(join(withoutLevel, "level"), { recursive: true });
  await assertRefused(withoutLevel, "store-damaged");
  const withoutTip = await storeOf(3);
  rmSync(join(withoutTip, "tip"));
  await assertRefused(withoutTip, "store-damaged");
});

test("a tip file that says nothing is damage, not a promise of nothing, and one can go on with what is left", async () => {
  const spoilings: readonly ((tip: string) => void)[] = [
    (tip) => truncateSync(tip, 0),
    (tip) => writeFileSync(tip, Buffer.alloc(64)),
    (tip) => writeFileSync(tip, Buffer.alloc(64, 0xff)),
    (tip) => rmSync(tip),
  ];
  for (const spoil of spoilings) {
    const path = await storeOf(20);
    const log = logOf(path);
    truncateSync(log, Math.floor(statSync(log).size / 2));
    spoil(join(path, "tip"));
    const error = await assertRefused(path, "store-damaged");
    assert.match(error.message, join(path, "tip"));
    assert.match(error.message, "nothing says whether its last confirmed writes are there");
    assert.match(error.message, "--accept-loss");
    const rest = await openLevelStore(path, { create: false, acceptLoss: true });
    assert.ok(rest.get("key 0") !== undefined && rest.get("key 19") === undefined);
    await rest.close();
    await (await openLevelStore(path, { create: false })).close();
  }
});

test("one slot of the tip file is enough: a torn write leaves the other", async () => {
  for (const slot of [0, 1]) {
    const path = await storeOf(20);
    const tip = readFileSync(join(path, "tip"));
    tip.fill(0xff, slot * 32, slot * 32 + 20);
    writeFileSync(join(path, "tip"), tip);
    await (await openLevelStore(path, { create: false })).close();
  }
  const fresh = await storeOf(0);
  await (await openLevelStore(fresh, { create: false })).close();
});

test("a log that lost its end is found, and one can go on with what is left", async () => {
  const path = await storeOf(20);
  const log = logOf(path);
  truncateSync(log, Math.floor(statSync(log).size / 2));
  const error = await assertRefused(path, "store-damaged");
  assert.match(error.message, /its last \d+ confirmed writes are gone/);
  const rest = await openLevelStore(path, { create: false, acceptLoss: true });
  assert.ok(rest.get("key 0") !== undefined && rest.get("key 19") === undefined);
  rest.stage([["after", bytes("1")]]);
  await rest.flush();
  await rest.close();
  const again = await openLevelStore(path, { create: false });
  assert.ok(again.get("after") !== undefined);
  await again.close();
});

test("a log damaged in its middle is found, although what follows is there", async () => {
  const path = await storeOf(400);
  const log = logOf(path);
  const content = readFileSync(log);
  content.fill(0xff, 40_000, 40_200);
  writeFileSync(log, content);
  const error = await assertRefused(path, "store-damaged");
  assert.match(error.message, /\.log is damaged at byte \d+, and more follows/);
  assert.match(error.message, "--accept-loss");
  await assertRefused(path, "store-damaged");
  const rest = await openLevelStore(path, { create: false, acceptLoss: true });
  const found = Array.from({ length: 400 }, (_, index) => rest.get(`key ${index}`) !== undefined);
  const kept = found.indexOf(false);
  assert.ok(kept > 100 && kept < 400, `${kept} writes are left`);
  assert.not(found.includes(true, kept), "what is left is a prefix");
  rest.stage([["after", bytes("1")]]);
  await rest.flush();
  await rest.close();
  const again = await openLevelStore(path, { create: false });
  assert.ok(again.get("after") !== undefined);
  await again.close();
});

test("a log that merely ends early, wherever that is, has no hole; one with a spoilt byte has it before that byte", async () => {
  const log = readFileSync(logOf(await storeOf(600)));
  assert.ok(log.length > 3 * 32_768, "it has several blocks");
  for (let end = 0; end <= log.length; end += 4_001)
    assert.is(findHole(log.subarray(0, end), "next-block"), null);
  for (let at = 0; at < log.length - 2 * 32_768; at += 4_999) {
    const spoilt = Buffer.from(log);
    spoilt.writeUInt8(spoilt.readUInt8(at) ^ 0x10, at);
    const hole = findHole(spoilt, "next-block");
    assert.ok(hole !== null && hole <= at && hole > at - 400, `spoilt at ${at}, found at ${hole}`);
    assert.is(findHole(spoilt.subarray(0, hole), "next-block"), null);
  }
});

test("a database of another history than the tip file is found", async () => {
  const [path, other] = [await storeOf(5), await storeOf(6)];
  writeFileSync(join(path, "tip"), readFileSync(join(other, "tip")));
  await assertRefused(path, "store-damaged");
  const shorter = await storeOf(4);
  const store = await openLevelStore(shorter, { create: false });
  store.stage([["another fifth", bytes("1")]]);
  await store.flush();
  await store.close();
  const five = await storeOf(5);
  writeFileSync(join(five, "tip"), readFileSync(join(shorter, "tip")));
  await assertRefused(five, "store-damaged");
});

test("a tip file that is a little behind is no trouble: it is written after the store", async () => {
  const path = await storeOf(5);
  const older = readFileSync(join(path, "tip"));
  const store = await openLevelStore(path, { create: false });
  store.stage([["more", bytes("1")]]);
  await store.flush();
  await store.close();
  writeFileSync(join(path, "tip"), older);
  await (await openLevelStore(path, { create: false })).close();
});

test("a creation that was interrupted begins anew", async () => {
  const path = await storeOf(0);
  writeFileSync(join(path, "store.json"), '{"kind":"reconverge-store","version":1,"state":"creating"}');
  rmSync(join(path, "level", "CURRENT"));
  rmSync(join(path, "tip"));
  const store = await openLevelStore(path, { create: false });
  store.stage([["k", bytes("1")]]);
  await store.flush();
  await store.close();
  await (await openLevelStore(path, { create: false })).close();
});

const opener = `
  const { openLevelStore } = await import(${JSON.stringify(new URL("../../../adapters/level/level-store.ts", import.meta.url).href)});
  const [path, mode] = process.argv.slice(1);
  try {
    const store = await openLevelStore(path, { create: false });
    console.log("opened");
    if (mode === "hold") setInterval(() => {}, 1000);
    else await store.close();
  } catch (error) {
    console.log(error.code + ": " + error.message);
  }
`;

function spawnOpener(path: string, mode: "close" | "hold") {
  const args = ["--import", "tsx", "--input-type=module", "-e", opener, path, mode];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

async function openInOtherProcess(path: string): Promise<string> {
  const child = spawnOpener(path, "close");
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await once(child, "close");
  return output.trim();
}

test.run();
