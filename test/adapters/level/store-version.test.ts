// Stores of the previous version are brought to this one, stores are sealed from now on, and a crash at any
// moment of that is no trouble.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import { StoreError } from "../../../adapters/level/store.ts";
import { storeFormat } from "../../../core/store-keys.ts";
import { repairNode } from "../../../node/repair/repair.ts";
import { entriesFound, nodeOver, storeHistory } from "../../node/repair/stored-history.ts";
import { unpackPrevious } from "./previous-store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const secret = new Uint8Array(32).fill(1);
const other = new Uint8Array(32).fill(2);

function copyOf(store: string): string {
  const copy = join(temporaryFolder(), "store");
  cpSync(store, copy, { recursive: true });
  return copy;
}

const markerOf = (store: string) => JSON.parse(readFileSync(join(store, "store.json"), "utf8"));

/** The message of the `StoreError` with this code. */
async function refusal(attempt: () => Promise<unknown>, code: string): Promise<string> {
  const error = await attempt().then(
    () => null,
    (thrown) => thrown,
  );
  assert.instance(error, StoreError);
  assert.is(error.code, code, error.message);
  assert.not.match(error.message, "\n");
  return error.message;
}

test("a store of the previous version is brought to this one with all that is in it", async () => {
  const store = join(temporaryFolder(), "store");
  const previous = unpackPrevious(store);
  assert.is(previous.format, storeFormat, "what the core keeps has changed: npm run previous-store");
  assert.is(markerOf(store).version, previous.version);
  const everything = previous.contextIds.map(() => previous.entries);
  assert.equal(await entriesFound(store, previous), everything);
  assert.is(markerOf(store).version, 2);
  assert.equal(await entriesFound(store, previous), everything);
  assert.is((await repairNode(nodeOver(store), false)).kind, "whole");
});

test("what the core of another version keeps is refused with one sentence, and left alone", async () => {
  const store = join(temporaryFolder(), "store");
  const opened = await openLevelStore(store, { create: true });
  // [format 99, …], as the core's record begins in every version.
  opened.stage([["n", Uint8Array.of(0x83, 0x18, 99, 0x40, 0x80)]]);
  await opened.flush();
  await opened.close();
  const about = { contextIds: [], entries: 0 };
  const error = await entriesFound(store, about).then(
    () => null,
    (thrown) => thrown,
  );
  assert.match(error?.message, `the store has format 99, expected ${storeFormat}`);
});

test("a store is sealed from the start, or from now on, and then opens under its key only", async () => {
  const sealed = join(temporaryFolder(), "store");
  const history = await storeHistory(sealed, secret);
  const plain = join(temporaryFolder(), "store");
  await storeHistory(plain);
  for (const store of [sealed, plain]) {
    const about = store === sealed ? history : { contextIds: [], entries: 0 };
    await entriesFound(store, about, secret);
    assert.is(markerOf(store).values.kind, "encrypted");
    assert.match(await refusal(() => entriesFound(store, about), "store-sealed"), "no key was given");
    const message = await refusal(() => entriesFound(store, about, other), "store-sealed");
    assert.match(message, "another one");
    assert.match(message, "store.keyFile");
    assert.not(readsAnywhere(store, "kv-store"), "the name of an application is in every genesis");
  }
  assert.equal(await entriesFound(sealed, history, secret), [100, 100]);
  assert.is((await repairNode(nodeOver(sealed, secret), false)).kind, "whole");
});

/** Does the text stand in any of LevelDB's files? */
function readsAnywhere(store: string, text: string): boolean {
  return readdirSync(join(store, "level")).some((name) =>
    readFileSync(join(store, "level", name)).includes(text),
  );
}

test("a process killed while it rewrites a store leaves one that the next goes on with", async () => {
  const original = join(temporaryFolder(), "store");
  const history = await storeHistory(original);
  let interrupted = 0;
  for (const delayMs of [0, 0, 5, 10, 20]) {
    const store = copyOf(original);
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", rewriter, store], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    while (markerOf(store).state === "ready") await setTimeout(1);
    await setTimeout(delayMs);
    child.kill("SIGKILL");
    await once(child, "close");
    if (markerOf(store).state === "rewriting") interrupted += 1;
    assert.equal(await entriesFound(store, history, secret), [100, 100]);
    assert.is(markerOf(store).state, "ready");
  }
  assert.ok(interrupted > 0, "at least one was interrupted");
});

const rewriter = `
  const { openLevelStore } = await import(${JSON.stringify(new URL("../../../adapters/level/level-store.ts", import.meta.url).href)});
  await openLevelStore(process.argv[1], { create: false, secret: new Uint8Array(32).fill(1) });
  setInterval(() => {}, 1000);
`;

test("a key for the store comes from a file or the environment, and a bad one is named but not shown", async () => {
  const { readStoreSecret } = await import("../../../node/secrets.ts");
  const storeKeyVariable = "RECONVERGE_STORE_KEY";
  const folder = temporaryFolder();
  const good = join(folder, "good");
  writeFileSync(good, `${"01".repeat(32)}\n`);
  const bad = join(folder, "bad");
  writeFileSync(bad, "hunter2");
  assert.equal(await readStoreSecret(good), secret);
  assert.is(await readStoreSecret(""), null);
  const errors = await Promise.all(
    [bad, join(folder, "none")].map((path) => readStoreSecret(path).then(String, (error) => error.message)),
  );
  for (const message of errors) assert.match(message, "expected 64 hexadecimal digits");
  assert.not.match(errors.join(" "), "hunter2");
  process.env[storeKeyVariable] = "02".repeat(32);
  assert.equal(await readStoreSecret(good), other);
  delete process.env[storeKeyVariable];
});

test.run();
