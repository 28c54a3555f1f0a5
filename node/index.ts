/** A node inside a program: `import { createNode } from "reconverge"`. */

import { type Logger, pino } from "pino";
import type { ContextNews } from "../adapters/http/api.ts";
import { toBase58 } from "../adapters/http/base58.ts";
import type { Application } from "../core/app/application.ts";
import { InvariantError, unreachable } from "../core/assert.ts";
import type { ApplicationEvent } from "../core/effect.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { checkSettings } from "./config-file.ts";
import { contextIdOf, EmbeddedContexts, refusalOf } from "./embedded-contexts.ts";
import { folderAt, makeFolder } from "./home.ts";
import { type NodeState, ReconvergeNode } from "./node.ts";
import { readApiToken, readStoreSecret } from "./secrets.ts";
import { obtainSeed } from "./seed.ts";
import { createNodeConfig, type SettingValue } from "./settings.ts";

export type { Application } from "../core/app/application.ts";
export type { Json, JsonObject } from "../core/json.ts";
export type { ContextStatus, CreateContextOptions, InviteOptions, NamedMember } from "./embedded-contexts.ts";
export { Failure } from "./failure.ts";
export type { NodeState } from "./node.ts";
export type { SettingValue } from "./settings.ts";

export interface CreateNodeOptions {
  /** Where the node keeps its key and its store; made when it is not there. */
  readonly folder: string;
  /** As in `config.toml`, by their dotted names; the defaults for the rest, but that nothing is listened on beyond this machine unless `swarm.hosts` says so. */
  readonly settings?: Readonly<Record<string, SettingValue>>;
  /** Besides the built-in ones. */
  readonly applications?: readonly Application[];
  /** Serve the HTTP API too, where `server.host` and `server.port` say. */
  readonly api?: boolean;
  /** Silent unless given. */
  readonly log?: Logger;
  /** Go on with what is left of a store whose last writes are lost. */
  readonly acceptLoss?: boolean;
}

/** What happened in a context. Ids are base58, as everywhere outside. */
export type ContextEvent =
  /** Perhaps more than once since the listener last asked: the events are those of all changes. */
  | { readonly kind: "changed"; readonly contextId: string; readonly events: readonly ApplicationEvent[] }
  /** So many events were not kept for a slow listener. */
  | { readonly kind: "missed"; readonly count: number };

/** A running node. What it refuses rejects with a `Failure`, whose message is one sentence. */
export class Node {
  readonly contexts: EmbeddedContexts;
  readonly #node: ReconvergeNode;

  constructor(node: ReconvergeNode) {
    this.#node = node;
    this.contexts = new EmbeddedContexts(node);
  }

  get state(): NodeState {
    return this.#node.state;
  }

  get peer(): string {
    return this.#node.peer;
  }

  /** Where other nodes reach it: for their `swarm.bootNodes`. */
  get addresses(): readonly string[] {
    return this.#node.addresses();
  }

  /** Resolves when all that was acknowledged is on the disk and everything is closed. */
  async stop(): Promise<void> {
    await this.#node.stop();
  }

  /** Calls a method or a view. Resolves when what it wrote is durable. */
  async execute(contextId: string, method: string, args: JsonObject = {}): Promise<Json> {
    const call = { kind: "execute", contextId: contextIdOf(contextId), method, args } as const;
    const outcome = await this.#node.api.call(call);
    if (outcome.kind === "executed") return outcome.output;
    throw refusalOf(outcome);
  }

  /** Syncs a context at once, with this peer or with all that have it; gives with how many. */
  async sync(contextId: string, peer?: string): Promise<number> {
    const call = { kind: "sync-now", contextId: contextIdOf(contextId), peer: peer ?? null } as const;
    const outcome = await this.#node.api.call(call);
    if (outcome.kind === "syncing") return outcome.peers;
    throw refusalOf(outcome);
  }

  /** Connected peers; of those that have a context, when it is named. */
  peers(contextId?: string): readonly string[] {
    const wanted = contextId === undefined ? null : contextIdOf(contextId);
    return this.#node.api
      .peers()
      .filter(({ contexts }) => wanted === null || contexts.includes(wanted))
      .map(({ peer }) => peer);
  }

  /** What changes from now on, in one context or in all, until the loop is left or the node stops. */
  events(contextId?: string): AsyncIterableIterator<ContextEvent> {
    const wanted = contextId === undefined ? null : contextIdOf(contextId);
    const heard = this.#node.events.subscribe(
      (each) => each.kind === "state-changed" && (wanted === null || each.contextId === wanted),
    );
    return {
      next: async () => {
        const { done, value } = await heard.next();
        return done ? { done, value: undefined } : { done: false, value: tell(value) };
      },
      return: async () => {
        await heard.return();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Everything an operator wants to see at a glance. */
  status(): JsonObject {
    return this.#node.api.status();
  }

  /** In Prometheus's text format. */
  metrics(): Promise<string> {
    return this.#node.api.metrics();
  }
}

/** Starts a node. Rejects with an error that says in one sentence what is in the way; then nothing is left open. */
export async function createNode(options: CreateNodeOptions): Promise<Node> {
  const folder = folderAt(options.folder);
  const settings = { "swarm.hosts": ["127.0.0.1"], "swarm.port": 0, "server.port": 0, ...options.settings };
  const config = createNodeConfig(
    checkSettings(Object.entries(settings), "the settings given to createNode"),
  );
  await makeFolder(folder);
  const node = new ReconvergeNode({
    config,
    seed: await obtainSeed(folder),
    storePath: folder.storePath,
    blobsPath: folder.blobsPath,
    storeSecret: await readStoreSecret(config.store.keyFile),
    applications: options.applications ?? [],
    log: options.log ?? pino({ level: "silent" }),
    isServed: options.api === true,
    apiToken: options.api === true ? await readApiToken(config.server) : null,
    acceptLoss: options.acceptLoss === true,
  });
  await node.start();
  return new Node(node);
}

function tell(news: ContextNews): ContextEvent {
  switch (news.kind) {
    case "missed":
      return news;
    case "state-changed":
      return { kind: "changed", contextId: toBase58(news.contextId), events: news.events };
    case "sync-changed":
      throw new InvariantError("a program was told what it did not ask for");
    default:
      return unreachable(news);
  }
}
