// The lock among processes where its folder is not what it must be: what is in the way is said, and the lock given back.

import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ProcessLock } from "../../../adapters/level/process-lock.ts";
import { StoreError } from "../../../adapters/level/store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

async function taken(path: string): Promise<ProcessLock> {
  const attempt = await ProcessLock.attempt(path, "somebody");
  if (attempt.kind === "held") throw new Error("it was left held");
  return attempt.lock;
}

async function expectUnusable(path: string, trying: Promise<unknown>): Promise<void> {
  const error = await trying.then(
    () => null,
    (thrown) => thrown,
  );
  assert.instance(error, StoreError);
  assert.is(error.code, "store-failed");
  assert.ok(error.message.startsWith(`the lock at ${path} cannot be used (`), error.message);
  assert.match(error.message, "if it is damaged, remove it while no process uses it");
}

test("where its note can be neither read nor written, whoever tries the lock hears so, holds nothing, and can try again", async () => {
  const path = join(temporaryFolder(), "lock");
  const note = join(path, "holder");
  mkdirSync(note, { recursive: true });
  await expectUnusable(path, ProcessLock.attempt(path, "somebody"));
  rmdirSync(note);
  const lock = await taken(path);
  rmSync(note);
  mkdirSync(note);
  await expectUnusable(path, ProcessLock.attempt(path, "somebody"));
  rmdirSync(note);
  await lock.release();
});

test("a lock whose note cannot be removed is given back nevertheless", async () => {
  const path = join(temporaryFolder(), "lock");
  const lock = await taken(path);
  rmSync(join(path, "holder"));
  mkdirSync(join(path, "holder"));
  await expectUnusable(path, lock.release());
  rmdirSync(join(path, "holder"));
  await (await taken(path)).release();
});

test("a folder that is damaged is no lock", async () => {
  const path = join(temporaryFolder(), "lock");
  mkdirSync(join(path, "level", "CURRENT"), { recursive: true });
  await expectUnusable(path, ProcessLock.attempt(path, "somebody"));
});

test.run();
