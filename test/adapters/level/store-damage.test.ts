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
