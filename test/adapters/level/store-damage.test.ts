// Why a store cannot be used: damaged, or on a disk that has no room, with which nothing in it is lost.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { unusable, unwritable } from "../../../adapters/level/store-damage.ts";

const folder = { path: "/var/store" };

test("a disk without room is no damage: nothing is to be repaired, and whoever repairs is told to make room", () => {
  for (const reason of [
    "IO error: /var/store/level/000015.ldb: No space left on device",
    "ENOSPC: no space left on device, write",
    "IO error: /var/store/level/000015.ldb: Disk quota exceeded",
  ]) {
    const cause = new Error("Database failed to open", { cause: new Error(reason) });
    const error = unusable(folder, "LevelDB cannot open it", cause);
    assert.is(error.code, "store-full", reason);
    assert.match(
      error.message,
      /^the store at \/var\/store cannot be opened, as its disk is full: .*make room/,
    );
    assert.not.match(error.message, /repair|damaged/);
  }
});

/** What the system says, in LevelDB's words or in Node's; what it is, and what to do. */
const outside: readonly (readonly [said: string, what: RegExp, advice: RegExp])[] = [
  ["IO error: /s/level/LOCK: Read-only file system", /file system is read-only/, /mounted for writing/],
  ["EROFS: read-only file system, open '/s/pid'", /file system is read-only/, /mounted for writing/],
  ["IO error: /s/level/LOCK: Permission denied", /may not use its files/, /the user of this process/],
  ["EACCES: permission denied, open '/s/tip'", /may not use its files/, /run as the user who owns them/],
  ["EPERM: operation not permitted, open '/s/tip'", /may not use its files/, /run as the user who owns/],
  ["IO error: /s/level/000005.ldb: Input/output error", /its disk fails/, /health of the disk/],
  ["EIO: i/o error, read", /its disk fails/, /health of the disk/],
  ["IO error: /s/level/000005.ldb: Too many open files", /too many files are open/, /raise the limit/],
  ["EMFILE: too many open files, open '/s/store.json'", /too many files are open/, /raise the limit/],
  ["ENFILE: file table overflow, open '/s/store.json'", /too many files are open/, /raise the limit/],
];

test("what LevelDB found damaged when it was to write is damage, and says how to repair it", () => {
  const error = unwritable(folder, new Error("Corruption: bad block type"));
  assert.is(error.code, "store-damaged");
  assert.match(
    error.message,
    /^the store at \/var\/store is damaged: .*bad block type.*reconverge node repair/,
  );
});

test("what lies outside of a store is no damage: it says what it is and what to do, and advises no repair", () => {
  for (const [said, what, advice] of outside) {
    const cause = new Error("Database failed to open", { cause: new Error(said) });
    const error = unusable(folder, "LevelDB cannot open it", cause);
    assert.is(error.code, "store-failed", said);
    assert.match(error.message, what);
    assert.match(error.message, advice);
    assert.ok(error.message.includes(said), "what the system said is in it");
    assert.not.match(error.message, /repair|damaged|backup/);
  }
});

test("a commit that finds no room is told from one that fails for another reason", () => {
  const full = unwritable(folder, new Error("IO error: /var/store/level/1.log: No space left on device"));
  assert.is(full.code, "store-full");
  assert.match(
    full.message,
    /^the store at \/var\/store cannot be written, as its disk is full \(.*make room/,
  );
  const failed = unwritable(folder, new Error("EIO: i/o error, write"));
  assert.is(failed.code, "store-failed");
  assert.match(failed.message, /cannot be written \(EIO.*check the space and health of its disk/);
});

test("whatever else LevelDB says is damage", () => {
  const error = unusable(folder, "LevelDB cannot open it", new Error("Corruption: bad block"));
  assert.is(error.code, "store-damaged");
  assert.match(error.message, /is damaged: LevelDB cannot open it \(Corruption: bad block\);.*node repair/);
});

test.run();
