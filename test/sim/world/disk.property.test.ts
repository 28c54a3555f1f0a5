// A simulated disk: what was synced stays, and a crash takes a suffix of the rest, batch by batch.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Commit } from "../../../core/effect.ts";
import { type CrashMode, SimDisk } from "../../../sim/world/disk.ts";
import { holds } from "../../laws.ts";

const keys = ["a", "b", "c"];
const commits = fc
  .array(fc.tuple(fc.constantFrom(...keys), fc.option(fc.nat(255))), { minLength: 1, maxLength: 3 })
  .map((writes): Commit => {
    const bytes = (byte: number | null) => (byte === null ? null : Uint8Array.of(byte));
    return { kind: "commit", writes: writes.map(([key, byte]) => [key, bytes(byte)]) };
  });
const modes = fc.constantFrom<CrashMode>("keep", "lose-unsynced", "torn");
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("append" as const), commit: commits }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("begin" as const, "end" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("crash" as const), mode: modes, draw: fc.nat(0xffff_ffff) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom("back-up" as const, "rollback" as const),
        name: fc.constantFrom("one", "other"),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("wipe" as const) }) },
  ),
  { maxLength: 40 },
);

function contentOf(disk: SimDisk): readonly (number | undefined)[] {
  return keys.map((key) => disk.get(key)?.[0]);
}

function folded(list: readonly Commit[]): readonly (number | undefined)[] {
  const content = new Map<string, number | undefined>();
  for (const { writes } of list) for (const [key, value] of writes) content.set(key, value?.[0]);
  return keys.map((key) => content.get(key));
}

test("a disk holds what its batches say, after a crash what a prefix says, all synced ones included, after a rollback what was synced at the copy", () => {
  holds(
    fc.property(steps, (list) => {
      const disk = new SimDisk();
      let history: readonly Commit[] = [];
      let [synced, syncing] = [0, 0];
      const copies = new Map<string, number>();
      const becomes = (kept: readonly Commit[]) => {
        history = kept;
        [synced, syncing] = [history.length, 0];
        for (const [name, length] of copies) copies.set(name, Math.min(length, kept.length));
      };
      for (const step of list) {
        if (step.kind === "append") {
          disk.append(step.commit);
          history = [...history, step.commit];
        } else if (step.kind === "crash") {
          const unsynced = history.length - synced;
          const lost = disk.countLost(step.mode, step.draw);
          assert.ok(lost >= 0 && lost <= unsynced);
          if (step.mode === "keep") assert.is(lost, 0);
          if (step.mode === "torn" && unsynced > 0) assert.ok(lost >= 1);
          assert.equal(disk.crash(lost), history.slice(history.length - lost));
          becomes(history.slice(0, history.length - lost));
        } else if (step.kind === "back-up") {
          // What is not synced is not in it.
          disk.backUp(step.name);
          copies.set(step.name, synced);
        } else if (step.kind === "rollback") {
          const copy = copies.get(step.name);
          if (copy === undefined) continue;
          assert.equal(disk.rollback(step.name), history.slice(copy));
          becomes(history.slice(0, copy));
        } else if (step.kind === "wipe") {
          disk.wipe();
          becomes([]);
        } else if (step.kind === "begin") {
          if (disk.isSyncing) continue;
          disk.beginSync();
          syncing = history.length - synced;
        } else {
          // It covers what was there when it began, not what came since.
          assert.is(disk.endSync(), syncing);
          synced += syncing;
          syncing = 0;
        }
        assert.is(disk.unsyncedCount, history.length - synced);
        assert.is(disk.isSyncing, syncing > 0);
        assert.equal(contentOf(disk), folded(history));
      }
    }),
  );
});

test("a crash may take any number of unsynced batches, from none to all", () => {
  const lost = { "lose-unsynced": new Set<number>(), torn: new Set<number>(), keep: new Set<number>() };
  const disk = new SimDisk();
  for (let batch = 0; batch < 3; batch += 1)
    disk.append({ kind: "commit", writes: [["a", Uint8Array.of(batch)]] });
  for (const mode of ["lose-unsynced", "torn", "keep"] as const)
    for (let draw = 0; draw < 50; draw += 1) lost[mode].add(disk.countLost(mode, draw));
  assert.equal(lost["lose-unsynced"], new Set([0, 1, 2, 3]));
  assert.equal([...lost.torn].sort(), [1, 2, 3]);
  assert.equal(lost.keep, new Set([0]));
});

test.run();
