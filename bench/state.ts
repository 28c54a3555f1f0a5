/**
 * A state of one flat collection in a real store: what a write hashes and costs, what an opening costs, and what the
 * memory of its index comes to.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "../adapters/crypto/node-crypto.ts";
import { openLevelStore } from "../adapters/level/level-store.ts";
import type { Store } from "../adapters/level/store.ts";
import { Cache, createCacheMemory } from "../core/cache.ts";
import type { Effect } from "../core/effect.ts";
import { byteString, type ContextId } from "../core/ids.ts";
import type { Crypto } from "../core/ports.ts";
import { createEntity, type Entity } from "../core/state/entity.ts";
import {
  type DecodedRecord,
  decodedBytesMax,
  StateRecords,
  weighRecord,
} from "../core/state/state-records.ts";
import { createStateMemory, StateStore } from "../core/state/state-store.ts";
import { StoreReader } from "../core/store-reader.ts";
import { Turn } from "../core/turn.ts";
import { row } from "./figures.ts";

const sizes = [1_000, 100_000, 1_000_000];
const writes = 5_000;
const mebibyte = 1_048_576;

export async function benchState(): Promise<void> {
  for (const size of sizes) await benchSize(size);
}

async function benchSize(size: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "reconverge-bench-"));
  try {
    const saved = await fill(join(folder, "store"), size);
    await measure(join(folder, "store"), size, saved);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(path: string, size: number): Promise<unknown> {
  const bench = new BenchState(await openLevelStore(path, { create: true }), nodeCrypto);
  for (let index = 0; index < size; index += 1) await bench.write(entityOf(index, 0));
  return await bench.close();
}

async function measure(path: string, size: number, saved: unknown): Promise<void> {
  let hashes = 0;
  const counting: Crypto = {
    ...nodeCrypto,
    sha256: (bytes) => {
      hashes += 1;
      return nodeCrypto.sha256(bytes);
    },
  };
  const store = await openLevelStore(path, { create: false });
  collectGarbage();
  const heapBytes = process.memoryUsage().heapUsed;
  const openedMs = performance.now();
  const bench = new BenchState(store, counting);
  bench.load(saved);
  bench.state.get("register", "entries", keyOf(size >> 1));
  const openMs = performance.now() - openedMs;
  const entities = Array.from({ length: writes }, (_, nth) => entityOf((nth * 7_919) % size, 1));
  const before = process.cpuUsage();
  const loopBefore = performance.eventLoopUtilization();
  hashes = 0;
  for (const entity of entities) {
    await bench.write(entity);
    bench.state.root();
  }
  const cpu = process.cpuUsage(before);
  const { active: activeMs } = performance.eventLoopUtilization(loopBefore);
  const count = size.toLocaleString("en");
  row(`${count} entities: opened and one read, ms`, openMs.toFixed(1));
  row(`${count} entities: hashes a write, its root asked for each time`, (hashes / writes).toFixed(1));
  row(`${count} entities: CPU a write, µs`, ((activeMs * 1_000) / writes).toFixed(0));
  row(
    `${count} entities: the same with other threads (compaction, collection)`,
    ((cpu.user + cpu.system) / writes).toFixed(0),
  );
  collectGarbage();
  const indexBytes = process.memoryUsage().heapUsed - heapBytes;
  const bound = decodedBytesMax / mebibyte;
  row(
    `${count} entities: memory of the index, MiB`,
    `${(indexBytes / mebibyte).toFixed(0)} (decoded: at most ${bound})`,
  );
  await bench.close();
}

/** A state over a store, without a node around it. */
class BenchState {
  readonly state: StateStore;
  readonly #store: Store;

  constructor(store: Store, crypto: Crypto) {
    this.#store = store;
    const decoded = new Cache<DecodedRecord>(createCacheMemory(), {
      weightMax: decodedBytesMax,
      weigh: weighRecord,
    });
    const space = `s${byteString<ContextId>(new Uint8Array(32))}` as const;
    const records = new StateRecords({ space, crypto, store: new StoreReader(store), decoded });
    this.state = new StateStore(createStateMemory(), records);
  }

  async write(entity: Entity): Promise<void> {
    this.state.join(entity);
    if (this.state.isFull) await this.#flush();
  }

  load(saved: unknown): void {
    this.state.load(saved, this.#turn());
  }

  /** What finds it again. */
  async close(): Promise<unknown> {
    await this.#flush();
    await this.#store.close();
    return this.state.save();
  }

  async #flush(): Promise<void> {
    const turn = this.#turn();
    this.state.flush(turn);
    for (const effect of turn.finish() as Effect[])
      if (effect.kind === "commit") this.#store.stage(effect.writes);
    await this.#store.flush();
  }

  #turn(): Turn {
    return new Turn({ monotonicMs: 0, wallMs: 0 }, this.#store);
  }
}

function keyOf(index: number): string {
  return `key ${index}`;
}

function entityOf(index: number, counter: number): Entity {
  const at = { ms: 1_767_225_600_000, counter };
  const updated = { at, hlc: at, step: 0 };
  const content = { type: "register", value: `value ${index} of some thirty characters`, updated } as const;
  return createEntity({ collection: "entries", key: keyOf(index), content, deleted: null }, nodeCrypto);
}

function collectGarbage(): void {
  globalThis.gc?.();
}
