// No interleaving of writes, flushes, disk failures, crashes and restarts loses an acknowledged write. Invariant 5.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { StoreError } from "../../adapters/level/store.ts";
import { MemoryDisk } from "../adapters/level/memory-store.ts";
import { createTestContext, Door, readEntries, setKey, startTestDriver, turns } from "./test-driver.ts";

const step = fc.constantFrom("write", "write", "write", "shut", "open", "fail-once", "crash", "rest");

test("what was acknowledged is there after any number of crashes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const disk = new MemoryDisk();
      const acknowledged = new Set<string>();
      let door = new Door();
      let failing = 0;
      let dead = false;
      /** The flushes of one start; after its crash they must not reach the disk. */
      const diskOf = (thisDoor: Door) => async () => {
        await thisDoor.pass();
        if (thisDoor !== door || dead) await new Promise(() => {});
        if (failing === 0) return;
        failing -= 1;
        throw new StoreError("store-failed", "planted");
      };
      disk.beforeFlush = diskOf(door);
      let { driver } = startTestDriver(disk);
      const contextId = await createTestContext(driver);
      for (const [index, kind] of steps.entries()) {
        if (kind === "write") {
          const key = `key ${index}`;
          const writer = driver;
          void setKey(writer, contextId, [key, index]).then(
            () => acknowledged.add(key),
            () => {}, // Refused because the node stopped: not acknowledged, so nothing was promised.
          );
        } else if (kind === "shut") door.shut();
        else if (kind === "open") door.open();
        else if (kind === "fail-once") failing += 1;
        else if (kind === "rest") await turns(3);
        else {
          dead = true;
          await turns(1);
          const kept = new Map(disk.durable);
          const promised = [...acknowledged];
          door = new Door();
          dead = false;
          disk.beforeFlush = diskOf(door);
          ({ driver } = startTestDriver(disk));
          assert.is(disk.durable.size >= kept.size, true);
          const found = (await readEntries(driver, contextId)) as Record<string, unknown>;
          for (const key of promised) assert.ok(key in found, `${key} was acknowledged and is gone`);
        }
      }
      door.open();
      const found = (await readEntries(driver, contextId)) as Record<string, unknown>;
      for (const key of acknowledged) assert.ok(key in found, `${key} was acknowledged and is gone`);
      await driver.stop();
    }),
    { numRuns: 60 },
  );
});

test.run();
