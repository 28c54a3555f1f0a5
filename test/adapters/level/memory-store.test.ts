// The contract over the store in memory that other tests use.

import { test } from "uvu";
import { MemoryDisk, openMemoryStore } from "./memory-store.ts";
import { testStore } from "./store.contract.ts";

testStore(() => {
  const disk = new MemoryDisk();
  return async () => openMemoryStore(disk);
});

test.run();
