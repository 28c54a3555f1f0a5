/** A core over a map, whose commits are kept at once: a node without a disk, a network and a clock of its own. */

import { createNodeIdentity } from "../adapters/crypto/identity.ts";
import { nodeCrypto } from "../adapters/crypto/node-crypto.ts";
import { kvStore } from "../core/app/built-in/kv-store.ts";
import { type Config, createConfig } from "../core/config.ts";
import type { Effect } from "../core/effect.ts";
import { type ContextId, type DeltaId, type PeerId, topicOf } from "../core/ids.ts";
import type { ClientCall, Input } from "../core/input.ts";
import { createNodeMemory, NodeCore, type NodeMemory, type NodeOptions } from "../core/node.ts";
import type { Identity } from "../core/ports.ts";
import type { Replica } from "../core/replica.ts";
import { storeKeys } from "../core/store-keys.ts";
import { type Codec, createCodec } from "../core/wire/codec.ts";

export interface BenchNodeOptions {
  readonly seed: number;
  readonly config?: Partial<Config>;
  /** Real signatures unless another is given. */
  readonly codec?: Codec;
}

const firstMs = 1_767_225_600_000;

export class BenchNode {
  readonly identity: Identity;
  nowMs = firstMs;
  readonly #store: Map<string, Uint8Array>;
  readonly #options: NodeOptions;
  readonly #core: NodeCore;
  #wakeAtMs: number | null = null;

  private constructor(options: NodeOptions, store: Map<string, Uint8Array>, memory: NodeMemory) {
    this.identity = options.identity;
    this.#store = store;
    this.#options = options;
    this.#core = new NodeCore(options, memory);
  }

  static start(name: string, { seed, config = {}, codec = createCodec(nodeCrypto) }: BenchNodeOptions) {
    const store = new Map<string, Uint8Array>();
    const identity = createNodeIdentity(new Uint8Array(32).fill(seed), name as PeerId);
    const parts = {
      identity,
      authorOf: () => null,
      codec,
      store,
      applications: [kvStore],
      config: createConfig(config),
    };
    const node = new BenchNode(parts, store, createNodeMemory([seed, 2, 3, 4]));
    node.handle({ kind: "start" });
    return node;
  }

  /** A node that goes on where this one stands, apart from it. */
  fork(): BenchNode {
    const store = new Map(this.#store);
    const fork = new BenchNode({ ...this.#options, store }, store, this.#core.capture());
    fork.nowMs = this.nowMs;
    fork.#wakeAtMs = this.#wakeAtMs;
    return fork;
  }

  handle(input: Input): readonly Effect[] {
    if (input.kind === "woken") this.#wakeAtMs = null;
    const effects = this.#core.handle({ monotonicMs: this.nowMs, wallMs: this.nowMs }, input);
    for (const effect of effects) {
      if (effect.kind === "wake-at") this.#wakeAtMs = effect.monotonicMs;
      if (effect.kind !== "commit") continue;
      for (const [key, value] of effect.writes) {
        if (value === null) this.#store.delete(key);
        else this.#store.set(key, value);
      }
    }
    return effects;
  }

  /** When it asked to be woken. */
  get wakeAtMs(): number {
    return this.#wakeAtMs ?? Number.POSITIVE_INFINITY;
  }

  /** Lets time pass, waking it whenever it asked for that; all that it did. */
  pass(ms: number): readonly Effect[] {
    const effects: Effect[] = [];
    const untilMs = this.nowMs + ms;
    while (this.wakeAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.wakeAtMs);
      effects.push(...this.handle({ kind: "woken" }));
    }
    this.nowMs = untilMs;
    return effects;
  }

  create(): ContextId {
    const effects = this.#call({ kind: "create-context", application: "kv-store", others: "member" });
    const outcome = effects.flatMap((effect) => (effect.kind === "reply" ? [effect.outcome] : []))[0];
    if (outcome?.kind !== "context") throw new Error("the context was not created");
    return outcome.contextId;
  }

  /** Joins a context whose genesis another node has. */
  join(contextId: ContextId, genesis: Uint8Array): void {
    this.#call({ kind: "join-context", contextId, genesis });
  }

  /** A write a millisecond after what was before; what it publishes. */
  set(contextId: ContextId, key: string, value: string): readonly Uint8Array[] {
    this.pass(1);
    const effects = this.#call({ kind: "execute", contextId, method: "set", args: { key, value } });
    return effects.flatMap((effect) => (effect.kind === "publish" ? [effect.message] : []));
  }

  /** A delta that gossip brought. */
  hear(contextId: ContextId, message: Uint8Array): void {
    this.pass(1);
    const about = { gossip: 1, from: "another" as PeerId, topic: topicOf(contextId) };
    this.handle({ kind: "gossip", ...about, message });
  }

  replica(contextId: ContextId): Replica {
    const replica = this.#core.replicas().get(contextId);
    if (replica === undefined) throw new Error("the context is not here");
    return replica;
  }

  /** A delta as it was sealed. */
  sealed(id: DeltaId): Uint8Array {
    const sealed = this.#store.get(storeKeys.delta(id));
    if (sealed === undefined) throw new Error("the body is not here");
    return sealed;
  }

  #call(call: ClientCall): readonly Effect[] {
    return this.handle({ kind: "request", request: 0, call });
  }
}
