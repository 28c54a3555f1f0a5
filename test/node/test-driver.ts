// A driver around a real core, with a store whose disk can be made slow or broken, and a network that only listens.

import { createNodeIdentity } from "../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import type { NetworkEffect } from "../../adapters/libp2p/port.ts";
import { kvStore } from "../../core/app/built-in/kv-store.ts";
import { createConfig } from "../../core/config.ts";
import type { ChunkEffect, Outcome } from "../../core/effect.ts";
import type { ContextId, PeerId } from "../../core/ids.ts";
import type { Json } from "../../core/json.ts";
import { createNodeMemory, NodeCore } from "../../core/node.ts";
import { createCodec } from "../../core/wire/codec.ts";
import { Driver } from "../../node/driver.ts";
import { type MemoryDisk, openMemoryStore } from "../adapters/level/memory-store.ts";

export interface TestDriver {
  readonly driver: Driver;
  readonly core: NodeCore;
  /** What the network was told, in order. */
  readonly performed: NetworkEffect[];
  /** What the driver gave up with. */
  readonly failures: unknown[];
  readonly retries: unknown[];
  readonly fillings: number[];
}

let starts = 0;
const running = new Set<Driver>();

/** Stops what a test that failed left behind, which would keep its process from ending. */
export function stopTestDrivers(): void {
  for (const driver of running) void driver.stop();
  running.clear();
}

/** Starts a driver on this disk. `performing` is called before an effect is recorded. */
export function startTestDriver(
  disk: MemoryDisk,
  performing: (effect: NetworkEffect) => void = () => {},
): TestDriver {
  starts += 1;
  const store = openMemoryStore(disk);
  const options = {
    identity: createNodeIdentity(new Uint8Array(32).fill(1), "me" as PeerId),
    authorOf: () => null,
    codec: createCodec(nodeCrypto),
    store,
    applications: [kvStore],
    config: createConfig(),
  };
  const core = new NodeCore(options, createNodeMemory([1, 2, 3, starts]));
  const performed: NetworkEffect[] = [];
  const [failures, retries, fillings]: [unknown[], unknown[], number[]] = [[], [], []];
  const driver = new Driver({
    core,
    store,
    network: {
      perform: (effect) => {
        performing(effect);
        performed.push(effect);
      },
    },
    chunks: withoutBlobs,
    watcher: {
      event: () => {},
      fault: () => {},
      observed: () => {},
      flushed: () => {},
      handled: () => {},
      filling: (length) => fillings.push(length),
      retryingCommit: (error) => retries.push(error),
      failed: (error) => failures.push(error),
    },
  });
  running.add(driver);
  driver.start();
  return { driver, core, performed, failures, retries, fillings };
}

export async function createTestContext(driver: Driver): Promise<ContextId> {
  const outcome = await driver.request({ kind: "create-context", application: "kv-store", others: "member" });
  if (outcome.kind !== "context") throw new Error(JSON.stringify(outcome));
  return outcome.contextId;
}

export function setKey(
  driver: Driver,
  contextId: ContextId,
  [key, value]: readonly [string, Json],
): Promise<Outcome> {
  return driver.request({ kind: "execute", contextId, method: "set", args: { key, value } });
}

export async function readEntries(driver: Driver, contextId: ContextId): Promise<Json> {
  const outcome = await driver.request({ kind: "execute", contextId, method: "entries", args: {} });
  if (outcome.kind !== "executed") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

/** A door that is shut until it is opened: for a disk's flushes. */
export class Door {
  #open: (() => void) | null = null;
  #way: Promise<void> = Promise.resolve();

  shut(): void {
    if (this.#open !== null) return;
    this.#way = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open?.();
    this.#open = null;
  }

  pass = async (): Promise<void> => await this.#way;
}

/** Lets everything that can happen now happen. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** For drivers whose cores are never asked for blobs. */
export const withoutBlobs = {
  perform: ({ kind }: ChunkEffect) => {
    throw new Error(`${kind} without blobs`);
  },
};
