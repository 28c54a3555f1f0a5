// A store in memory whose disk outlives it, and which can be told to fail: for tests of whatever uses a store.

import { type Store, StoreError } from "../../../adapters/level/store.ts";
import type { Commit } from "../../../core/effect.ts";

export class MemoryDisk {
  readonly durable = new Map<string, Uint8Array>();
  /** Commits per flush that succeeded, in order. */
  readonly flushes: number[] = [];
  /** Called at the start of each flush: what it awaits delays the flush, what it throws fails it. */
  beforeFlush: () => Promise<void> = async () => {};
  crashes = 0;

  /** What is not durable is lost; the stores that were open never write again. */
  crash(): void {
    this.crashes += 1;
  }
}

export function openMemoryStore(disk: MemoryDisk): Store {
  const staged: Commit["writes"][] = [];
  const bytes = () => staged.flat().reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0), 0);
  const crashesBefore = disk.crashes;
  let isOpen = true;
  return {
    get stagedBytes() {
      return bytes();
    },
    get: (key) => {
      const write = staged.flat().findLast(([name]) => name === key);
      return write === undefined ? disk.durable.get(key) : (write[1] ?? undefined);
    },
    stage: (writes) => {
      staged.push(writes);
    },
    flush: async () => {
      const count = staged.length;
      await disk.beforeFlush();
      if (disk.crashes !== crashesBefore) return await new Promise<never>(() => {});
      if (!isOpen) throw new StoreError("store-failed", "the store is closed");
      for (const [key, value] of staged.slice(0, count).flat()) {
        if (value === null) disk.durable.delete(key);
        else disk.durable.set(key, value);
      }
      staged.splice(0, count);
      if (count > 0) disk.flushes.push(count);
      return count;
    },
    close: async () => {
      isOpen = false;
    },
  };
}
