// What every implementation of `Store` must do.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Store } from "../../../adapters/level/store.ts";

/** Opens the store of a fresh disk; called again, opens the same disk again. */
export type OpenStore = () => Promise<Store>;

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) =>
  value === undefined ? undefined : new TextDecoder().decode(value);

export function testStore(freshDisk: () => OpenStore): void {
  test("what is staged is seen at once, newest first, and what was never put is undefined", async () => {
    const store = await freshDisk()();
    store.stage([["k", bytes("1")]]);
    store.stage([
      ["k", bytes("2")],
      ["l", bytes("3")],
    ]);
    assert.equal([store.get("k"), store.get("l"), store.get("m")].map(text), ["2", "3", undefined]);
    await store.close();
  });

  test("a flush makes all that is staged durable and says how many commits that were", async () => {
    const open = freshDisk();
    const store = await open();
    store.stage([["a", bytes("1")]]);
    store.stage([["b", bytes("2")]]);
    assert.ok(store.stagedBytes > 0);
    assert.is(await store.flush(), 2);
    assert.is(store.stagedBytes, 0);
    assert.is(await store.flush(), 0);
    await store.close();
    const again = await open();
    assert.equal([again.get("a"), again.get("b")].map(text), ["1", "2"]);
    await again.close();
  });

  test("what was staged and not flushed is gone after the next start, and nothing else", async () => {
    const open = freshDisk();
    const store = await open();
    store.stage([["kept", bytes("1")]]);
    await store.flush();
    store.stage([
      ["kept", bytes("2")],
      ["lost", bytes("2")],
    ]);
    await store.close();
    const again = await open();
    assert.equal([again.get("kept"), again.get("lost")].map(text), ["1", undefined]);
    await again.close();
  });

  test("what is staged during a flush waits for the next, and is seen meanwhile", async () => {
    const open = freshDisk();
    const store = await open();
    store.stage([["k", bytes("1")]]);
    const flush = store.flush();
    store.stage([["k", bytes("2")]]);
    assert.is(await flush, 1);
    assert.is(text(store.get("k")), "2");
    assert.ok(store.stagedBytes > 0);
    assert.is(await store.flush(), 1);
    await store.close();
    const again = await open();
    assert.is(text(again.get("k")), "2");
    await again.close();
  });

  test("a flush that fails leaves everything staged", async () => {
    const store = await freshDisk()();
    store.stage([["k", bytes("1")]]);
    await store.close();
    const error = await store.flush().then(
      () => null,
      (thrown) => thrown,
    );
    assert.is(error?.code, "store-failed");
    assert.ok(store.stagedBytes > 0);
    assert.is(text(store.get("k")), "1");
  });

  test("keys are byte strings, told apart in every byte", async () => {
    const open = freshDisk();
    const store = await open();
    const keys = Array.from({ length: 256 }, (_, byte) => `k${String.fromCharCode(byte)}`);
    store.stage(keys.map((key, index) => [key, Uint8Array.of(index)]));
    await store.flush();
    await store.close();
    const again = await open();
    for (const [index, key] of keys.entries()) assert.equal(again.get(key), Uint8Array.of(index));
    await again.close();
  });

  test("an empty value is a value", async () => {
    const open = freshDisk();
    const store = await open();
    store.stage([["k", new Uint8Array()]]);
    await store.flush();
    await store.close();
    const again = await open();
    assert.is(again.get("k")?.length, 0);
    await again.close();
  });

  test("any order of commits, flushes and restarts leaves a store equal to its model", async () => {
    const value = fc.option(fc.uint8Array({ maxLength: 40 }));
    const commit = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), value), {
      minLength: 1,
      maxLength: 4,
    });
    const step = fc.oneof(commit, fc.constant("flush" as const), fc.constant("restart" as const));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const open = freshDisk();
        let store = await open();
        let durable = new Map<string, Uint8Array>();
        let seen = new Map<string, Uint8Array>();
        for (const step of steps) {
          if (step === "flush") {
            await store.flush();
            durable = new Map(seen);
          } else if (step === "restart") {
            await store.close();
            store = await open();
            seen = new Map(durable);
          } else {
            store.stage(step);
            for (const [key, value] of step) {
              if (value === null) seen.delete(key);
              else seen.set(key, value);
            }
          }
          for (const key of ["a", "b", "c", "d"]) {
            const [found, expected] = [store.get(key), seen.get(key)];
            assert.equal(found && Uint8Array.from(found), expected && Uint8Array.from(expected));
          }
        }
        await store.close();
      }),
      { numRuns: 25 },
    );
  });
}
