/**
 * A production node: a core, its driver, a store, a network and an API, put together and taken apart in order.
 *
 *   created → starting (store and network) → loading (the core reads its store) → subscribing (what the start
 *   wrote becomes durable) → running (the API answers) → stopping → stopped
 */

import type { Logger } from "pino";
import { type ChunkFiles, openChunkFiles } from "../adapters/blob-files/chunk-files.ts";
import { createNodeIdentity, publicKeyOfSeed } from "../adapters/crypto/identity.ts";
import { nodeCrypto } from "../adapters/crypto/node-crypto.ts";
import type { NodeApi } from "../adapters/http/api.ts";
import { toBase58 } from "../adapters/http/base58.ts";
import { type Server, startServer } from "../adapters/http/server.ts";
import { type DiskStore, openLevelStore } from "../adapters/level/level-store.ts";
import { type Store, StoreError } from "../adapters/level/store.ts";
import { createNetwork } from "../adapters/libp2p/network.ts";
import { peerOfPublicKey, publicKeyOfPeer } from "../adapters/libp2p/peer-name.ts";
import type { Gate, Network } from "../adapters/libp2p/port.ts";
import type { Application } from "../core/app/application.ts";
import { builtInApplications } from "../core/app/built-in/index.ts";
import type { PeerId } from "../core/ids.ts";
import { createNodeMemory, NodeCore } from "../core/node.ts";
import { UnreadableStoreError } from "../core/stored-node.ts";
import { createCodec } from "../core/wire/codec.ts";
import { createApi } from "./api.ts";
import { incompleteBlobsOf } from "./blob-views.ts";
import { contextsMax } from "./context-limit.ts";
import { Driver } from "./driver.ts";
import { Events } from "./events.ts";
import { FlightRecorder } from "./flight/recorder.ts";
import { componentLog, type LogComponent } from "./logs.ts";
import { Metrics } from "./metrics.ts";
import { randomWords } from "./random-words.ts";
import { whatIsStranded } from "./readiness.ts";
import { finishInterrupted } from "./repair/take-place.ts";
import type { NodeConfig } from "./settings.ts";
import { StoreCopy } from "./store-copy.ts";
import { isStoreGone, noteStore, storeBegunAnew, storeGone } from "./store-note.ts";
import { Watch } from "./watch.ts";

export interface NodeOptions {
  readonly config: NodeConfig;
  /** 32 secret bytes: who the node is. */
  readonly seed: Uint8Array;
  readonly storePath: string;
  /** A folder for the chunks of blobs. */
  readonly blobsPath: string;
  /** Besides the built-in ones. */
  readonly applications?: readonly Application[];
  readonly log: Logger;
  /** 32 secret bytes under which the store is sealed. */
  readonly storeSecret?: Uint8Array | null;
  /** What clients of the API have to bear; null where this machine alone may ask. */
  readonly apiToken?: string | null;
  /** Serve the HTTP API; true unless said otherwise. */
  readonly isServed?: boolean;
  /** Go on with what is left of a store whose last writes are lost, or with an empty one where it is gone. */
  readonly acceptLoss?: boolean;
  /** Where to keep a flight recording, in files of about so many bytes; none unless given. */
  readonly record?: { readonly folder: string; readonly fileBytesMax: number };
  /** The node can go on no longer; it has said nothing since, and waits to be stopped. Called once. */
  readonly failed?: (error: unknown) => void;
}

export type NodeState =
  | "created"
  | "starting"
  | "loading"
  | "subscribing"
  | "running"
  | "stopping"
  | "stopped";

interface Parts {
  store?: DiskStore;
  storeCopy?: StoreCopy;
  chunks?: ChunkFiles;
  network?: Network;
  driver?: Driver;
  recorder?: FlightRecorder;
  metrics?: Metrics;
  api?: NodeApi;
  server?: Server;
}

export class ReconvergeNode {
  readonly #options: NodeOptions;
  readonly #parts: Parts = {};
  /** What happens in contexts. */
  readonly events = new Events();
  #state: NodeState = "created";

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Known once started. */
  get peer(): string {
    return started(this.#parts.network).peer;
  }

  addresses(): readonly string[] {
    return started(this.#parts.network).addresses();
  }

  /** What clients may ask of it, once started. */
  get api(): NodeApi {
    return started(this.#parts.api);
  }

  get apiUrl(): string {
    return started(this.#parts.server).url;
  }

  /** Rejects with an adapter's error when something is in the way; then nothing is left open. */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends everything in order: the core, what it still had to write, the connections, the store. */
  async stop(): Promise<void> {
    if (this.#state === "stopping" || this.#state === "stopped") return;
    this.#enter("stopping");
    const { driver, recorder, metrics, server, network, chunks, store, storeCopy } = this.#parts;
    server?.stopTaking();
    await driver?.stop();
    recorder?.close();
    metrics?.stop();
    this.events.close();
    await Promise.all([server?.close(), network?.stop()]);
    await chunks?.close();
    await store?.close();
    await storeCopy?.ended();
    this.#enter("stopped");
  }

  /** Cuts the connections to peers it refuses, and lets none of them in. For tests of partitions. */
  setGate(gate: Gate): void {
    started(this.#parts.network).setGate(gate);
  }

  async #start(): Promise<void> {
    const { config, seed, storePath, blobsPath, log, failed } = this.#options;
    const logOf = (component: LogComponent) => componentLog(log, component, config.log.components);
    const applications = [...builtInApplications, ...(this.#options.applications ?? [])];
    const parts = this.#parts;
    this.#enter("starting");
    parts.store = await openOwnStore(this.#options, (what) => logOf("store").warn(what));
    parts.chunks = await openChunkFiles(blobsPath, logOf("blobs"));
    parts.network = await createNetwork({
      keyPair: Uint8Array.of(...seed, ...publicKeyOfSeed(seed)),
      listen: config.swarm.hosts.map((host) => listenAddress(host, config.swarm.port)),
      bootNodes: config.swarm.bootNodes,
      mdns: config.swarm.mdns,
      peerExchange: config.swarm.peerExchange,
      log: logOf("network"),
    });
    const { store, network, chunks } = parts;
    const metrics = new Metrics();
    parts.metrics = metrics;
    const storeCopy = new StoreCopy(store, storePath);
    parts.storeCopy = storeCopy;
    const watch = new Watch({ core: logOf("core"), store: logOf("store") }, metrics, {
      happened: (happening) => this.events.publish(happening),
      chunksListed: () => tellIncomplete(core, blobsPath, logOf("blobs")),
      failed: (error) => failed?.(storeTrouble(error, storePath)),
    });
    const recorder = this.#createRecorder(network.peer);
    const core = createCore({ config, seed, store, network, applications, recorder });
    const driver = new Driver({ core, store, network, chunks, watcher: watch, recorder });
    await network.start(driver.intake);
    parts.driver = driver;

    this.#enter("loading");
    startCore(driver, storePath);
    this.#enter("subscribing");
    const contexts = await driver.query(() => core.replicas().size);
    parts.api = createApi({
      ...{ node: this, core, driver, network, watch, metrics, storeCopy, config, seed, applications },
    });
    if (this.#options.isServed !== false)
      parts.server = await startServer({
        ...{ host: config.server.host, port: config.server.port, api: parts.api },
        token: this.#options.apiToken ?? null,
        failed: (error) => logOf("api").error({ err: error }, "a request failed"),
      });
    this.#enter("running");
    log.info({ peer: network.peer, api: parts.server?.url, contexts }, "ready");
    for (const [contextId, replica] of core.replicas()) {
      const why = whatIsStranded(replica);
      if (why !== null) log.warn({ context: toBase58(contextId) }, why);
    }
    if (contexts > contextsMax)
      log.warn(
        { contexts, contextsMax },
        "more contexts than peers' gossip takes: expect to hear nothing of them",
      );
  }

  #createRecorder(peer: PeerId): FlightRecorder | null {
    const { record, config, seed, log } = this.#options;
    if (record === undefined) return null;
    const { author } = createNodeIdentity(seed, peer);
    const about = { node: config.name, peer, author, config: config.core, applications: config.applications };
    const recorder = new FlightRecorder({
      ...record,
      ...{ crypto: nodeCrypto, about },
      failed: (error) => log.error({ err: error }, "the flight recording cannot be written, and ends here"),
    });
    this.#parts.recorder = recorder;
    return recorder;
  }

  #enter(state: NodeState): void {
    this.#state = state;
    this.#options.log.debug({ state }, "state");
  }
}

/** The node's store, or a new one where it has never had any. Rejects with a `StoreError`. */
async function openOwnStore(options: NodeOptions, told: (what: string) => void): Promise<DiskStore> {
  const { seed, storePath, acceptLoss = false, storeSecret = null } = options;
  const owner = { storePath, peer: peerOfPublicKey(publicKeyOfSeed(seed)) };
  if (await finishInterrupted(storePath)) told("a repair that was interrupted is finished");
  const isGone = await isStoreGone(owner);
  if (isGone && !acceptLoss) throw storeGone(storePath);
  const store = await openLevelStore(storePath, { create: true, acceptLoss, secret: storeSecret, told });
  if (isGone) told(storeBegunAnew(storePath));
  try {
    await noteStore(owner);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function createCore(about: {
  readonly config: NodeConfig;
  readonly seed: Uint8Array;
  readonly store: Store;
  readonly network: Network;
  readonly applications: readonly Application[];
  readonly recorder: FlightRecorder | null;
}): NodeCore {
  const { config, seed, store, network, applications, recorder } = about;
  const identity = createNodeIdentity(seed, network.peer);
  const options = {
    identity: recorder?.watchIdentity(identity) ?? identity,
    authorOf: publicKeyOfPeer,
    codec: createCodec(nodeCrypto),
    store: recorder?.watchStore(store) ?? store,
    applications,
    config: config.core,
  };
  const core = new NodeCore(options, createNodeMemory(randomWords()));
  recorder?.begin(core);
  return core;
}

const incompleteToldMax = 100;

/** What was put here and is not there any more may be nowhere else. */
function tellIncomplete(core: NodeCore, folder: string, log: Logger): void {
  const incomplete = incompleteBlobsOf(core);
  if (incomplete.length === 0) return;
  const blobs = incomplete.slice(0, incompleteToldMax).map(toBase58);
  const advice =
    "if it is not mounted, stop the node and mount it, else members that have them bring them again";
  log.warn(
    { folder, count: incomplete.length, blobs },
    `blobs that were put here are not whole in their folder: ${advice}`,
  );
}

/** The core says so when what is stored is not what it wrote. */
function startCore(driver: Driver, storePath: string): void {
  try {
    driver.start();
  } catch (error) {
    throw storeTrouble(error, storePath);
  }
}

/** What the core says of its store, for people; anything else as it is. */
function storeTrouble(error: unknown, storePath: string): unknown {
  if (!(error instanceof UnreadableStoreError)) return error;
  if (error.code === "version") {
    const advice =
      "run the version of reconverge that wrote it (docs/operate.md, Upgrade, has what else can be done)";
    const message = `the store at ${storePath} cannot be read: ${error.message}; ${advice}`;
    return new StoreError("store-version", message, error);
  }
  const advice =
    'put a backup back, or run "reconverge node repair", which keeps what can still be read; peers bring what they hold';
  const message = `the store at ${storePath} is damaged: ${error.message}; ${advice}`;
  return new StoreError("store-damaged", message, error);
}

function listenAddress(host: string, port: number): string {
  return `/${host.includes(":") ? "ip6" : "ip4"}/${host}/tcp/${port}`;
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the node has not been started");
  return part;
}
