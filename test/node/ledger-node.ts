// A node of the ledger application on a real disk, without a network.

import { createNodeIdentity } from "../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { openLevelStore } from "../../adapters/level/level-store.ts";
import { createConfig } from "../../core/config.ts";
import type { Outcome } from "../../core/effect.ts";
import { type ContextId, type PeerId, toHex } from "../../core/ids.ts";
import type { JsonObject } from "../../core/json.ts";
import { createNodeMemory, NodeCore } from "../../core/node.ts";
import { createCodec } from "../../core/wire/codec.ts";
import { Driver } from "../../node/driver.ts";
import { ledger } from "../core/owed/ledger.ts";
import { withoutBlobs } from "./test-driver.ts";

export class LedgerNode {
  readonly driver: Driver;
  readonly core: NodeCore;
  /** Where it is asked, and where it answers. */
  readonly contextIds: readonly [ContextId, ContextId];
  readonly #close: () => Promise<void>;

  private constructor(
    driver: Driver,
    core: NodeCore,
    { contextIds, close }: Pick<LedgerNode, "contextIds"> & { readonly close: () => Promise<void> },
  ) {
    this.driver = driver;
    this.core = core;
    this.contextIds = contextIds;
    this.#close = close;
  }

  /** Opens the store at this path, or begins one, and starts a node on it. */
  static async open(path: string): Promise<LedgerNode> {
    const store = await openLevelStore(path, { create: true });
    const options = {
      identity: createNodeIdentity(new Uint8Array(32).fill(1), "me" as PeerId),
      authorOf: () => null,
      codec: createCodec(nodeCrypto),
      store,
      applications: [ledger],
      config: createConfig(),
    };
    const core = new NodeCore(options, createNodeMemory([1, 2, 3, process.pid]));
    const watcher = {
      ...{
        event: () => {},
        fault: () => {},
        observed: () => {},
        flushed: () => {},
        handled: () => {},
        filling: () => {},
      },
      ...{ retryingCommit: () => {}, failed: (error: unknown) => console.error(error) },
    };
    const driver = new Driver({ core, store, network: { perform: () => {} }, chunks: withoutBlobs, watcher });
    driver.start();
    while (core.replicas().size < 2)
      await driver.request({ kind: "create-context", application: "ledger", others: "member" });
    const [asked, answering] = Array.from(core.replicas().keys()) as [ContextId, ContextId];
    return new LedgerNode(driver, core, { contextIds: [asked, answering], close: () => store.close() });
  }

  /** Asks in one context for an answer in the other; gives when that is durable. */
  async ask(name: string): Promise<void> {
    const [asked, answering] = this.contextIds;
    await this.execute(asked, "ask", { name, to: toHex(answering) });
  }

  async execute(contextId: ContextId, method: string, args: JsonObject = {}) {
    const outcome: Outcome = await this.driver.request({ kind: "execute", contextId, method, args });
    if (outcome.kind !== "executed") throw new Error(JSON.stringify(outcome));
    return outcome.output;
  }

  async stop(): Promise<void> {
    await this.driver.stop();
    await this.#close();
  }
}
