// No interleaving of writes, flushes, disk failures, crashes and restarts loses an acknowledged write. Invariant 5.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { StoreError } from "../../adapters/level/store.ts";
import { MemoryDisk } from "../adapters/level/memory-store.ts";
import {
  createTestContext,
  Door,
  readEntries,
  setKey,
  startTestDriver,
  stopTestDrivers,
  turns,
} from "./test-driver.ts";

const step = fc.constantFrom("write", "write", "write", "shut", "open", "fail-once", "crash", "rest");

test("what was acknowledged is there after any number of crashes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const disk = new MemoryDisk();
      const door = new Door();
      let failing = 0;
      disk.beforeFlush = async () => {
        await door.pass();
        if (failing === 0) return;
        failing -= 1;
        throw new StoreError("store-failed", "planted");
      };
      let { driver } = startTestDriver(disk);
      const contextId = await createTestContext(driver);
      const acknowledged = new Set<string>();
      const assertKept = async () => {
        const promised = [...acknowledged];
        const found = (await readEntries(driver, contextId)) as Record<string, unknown>;
        for (const key of promised) assert.ok(key in found, `${key} was acknowledged and is gone`);
      };
      const acts: Readonly<Record<(typeof steps)[number], (index: number) => Promise<void> | void>> = {
        write: (index) => {
          void setKey(driver, contextId, [`key ${index}`, index]).then(
            () => acknowledged.add(`key ${index}`),
            () => {}, // Refused because of a crash: nothing was promised.
          );
        },
        shut: () => door.shut(),
        open: () => door.open(),
        "fail-once": () => {
          failing = Math.min(failing + 1, 3);
        },
        rest: () => turns(3),
        crash: async () => {
          disk.crash();
          void driver.stop();
          door.open();
          ({ driver } = startTestDriver(disk));
          await assertKept();
        },
      };
      try {
        for (const [index, name] of steps.entries()) await acts[name](index);
        door.open();
        await assertKept();
      } finally {
        door.open();
        failing = 0;
        await driver.stop();
      }
    }),
    { numRuns: 60 },
  );
});

test.after.each(stopTestDrivers);

test.run();
