// One core without a world: a test is its driver.

import type { Application } from "../../core/app/application.ts";
import { kvStore } from "../../core/app/built-in/kv-store.ts";
import { type Config, createConfig } from "../../core/config.ts";
import type { Effect, Outcome } from "../../core/effect.ts";
import { type ContextId, type PeerId, topicOf } from "../../core/ids.ts";
import type { ClientCall, Input } from "../../core/input.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Role } from "../../core/members/membership.ts";
import { createNodeMemory, NodeCore, type NodeOptions } from "../../core/node.ts";
import type { Identity } from "../../core/ports.ts";
import type { RandomWords } from "../../core/random.ts";
import type { Replica } from "../../core/replica.ts";
import type { Codec } from "../../core/wire/codec.ts";
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from "../../core/wire/sync-message.ts";
import { SimDisk } from "../../sim/world/disk.ts";
import { authorOf, codec, identityOf } from "./authors.ts";

export interface LoneNodeOptions {
  readonly disk?: SimDisk;
  readonly config?: Partial<Config>;
  readonly codec?: Codec;
  readonly identity?: Identity;
  readonly words?: RandomWords;
  readonly applications?: readonly Application[];
}

type EffectOf<Kind extends Effect["kind"]> = Extract<Effect, { kind: Kind }>;

export class LoneNode {
  #core: NodeCore;
  readonly #options: NodeOptions;
  readonly disk: SimDisk;
  readonly identity: Identity;
  monotonicMs = 0;
  wallMs = 1_700_000_000_000;
  #gossips = 0;
  #wakeAtMs: number | null = null;

  /** Starts at once. */
  constructor(name: string, options: LoneNodeOptions = {}) {
    this.disk = options.disk ?? new SimDisk();
    this.identity = options.identity ?? identityOf(name);
    const { codec: own = codec, applications = [kvStore], words = [1, 2, 3, 4] } = options;
    const parts = { identity: this.identity, authorOf, codec: own, store: this.disk, applications };
    const config = createConfig(options.config ?? {});
    this.#options = { ...parts, config };
    this.#core = new NodeCore(this.#options, createNodeMemory([...words]));
    this.give({ kind: "start" });
  }

  get core(): NodeCore {
    return this.#core;
  }

  /** Replaces its core by one made from a copy of its memory. */
  goOnFromCopy(): void {
    this.#core = new NodeCore(this.#options, this.#core.capture());
  }

  /** Handles an input; what it commits is on the disk, not synced. */
  give(input: Input): readonly Effect[] {
    if (input.kind === "woken") this.#wakeAtMs = null;
    const effects = this.core.handle({ monotonicMs: this.monotonicMs, wallMs: this.wallMs }, input);
    for (const effect of effects) {
      if (effect.kind === "commit") this.disk.append(effect);
      if (effect.kind === "wake-at") this.#wakeAtMs = effect.monotonicMs;
    }
    return effects;
  }

  /** When it asked to be woken. */
  get wakeAtMs(): number | null {
    return this.#wakeAtMs;
  }

  /** Lets time pass, waking the node whenever it asked for it; all it did meanwhile. */
  pass(ms: number): readonly Effect[] {
    const untilMs = this.monotonicMs + ms;
    const all: Effect[] = [];
    while (this.#wakeAtMs !== null && this.#wakeAtMs <= untilMs) {
      this.#advance(Math.max(this.monotonicMs, this.#wakeAtMs));
      all.push(...this.give({ kind: "woken" }));
    }
    this.#advance(untilMs);
    return all;
  }

  call(call: ClientCall): Outcome {
    const [reply] = only(this.give({ kind: "request", request: 1, call }), "reply");
    if (reply === undefined) throw new Error("no reply");
    return reply.outcome;
  }

  execute(contextId: ContextId, method: string, args: JsonObject = {}): Outcome {
    return this.call({ kind: "execute", contextId, method, args });
  }

  /** A context in which anyone may write, unless another role is given. */
  create(application = "kv-store", others: Role | null = "member"): ContextId {
    const outcome = this.call({ kind: "create-context", application, others });
    if (outcome.kind !== "context") throw new Error(JSON.stringify(outcome));
    return outcome.contextId;
  }

  /** A message on the topic of a context; the effects, and the verdict among them. */
  gossip(from: string, contextId: ContextId, message: Uint8Array): readonly Effect[] {
    this.#gossips += 1;
    const about = { gossip: this.#gossips, from: from as PeerId, topic: topicOf(contextId) };
    return this.give({ kind: "gossip", ...about, message });
  }

  /** A peer connects and subscribes to the context's topic. */
  meet(peer: string, contextId: ContextId): readonly Effect[] {
    return [
      ...this.give({ kind: "peer-connected", peer: peer as PeerId }),
      ...this.give({ kind: "peer-subscribed", peer: peer as PeerId, topic: topicOf(contextId) }),
    ];
  }

  /** Says something to it on a stream. */
  say(stream: number, message: SyncMessage): readonly Effect[] {
    return this.give({ kind: "stream-frame", stream, frame: encodeSyncMessage(message) });
  }

  replica(contextId: ContextId): Replica {
    const replica = this.core.replicas().get(contextId);
    if (replica === undefined) throw new Error("no such context here");
    return replica;
  }

  #advance(toMs: number): void {
    this.wallMs += toMs - this.monotonicMs;
    this.monotonicMs = toMs;
  }
}

/** The effects of one kind. */
export function only<Kind extends Effect["kind"]>(
  effects: readonly Effect[],
  kind: Kind,
): readonly EffectOf<Kind>[] {
  return effects.filter((effect): effect is EffectOf<Kind> => effect.kind === kind);
}

/** What it said on a stream. */
export function said(effects: readonly Effect[], stream: number): readonly SyncMessage[] {
  return only(effects, "send")
    .filter((effect) => effect.stream === stream)
    .map(({ frame }) => {
      const message = decodeSyncMessage(frame);
      if (message.kind === "fault") throw new Error(`it said what no one understands: ${message.detail}`);
      return message;
    });
}

/** How often it counted something. */
export function observed(effects: readonly Effect[], name: string): number {
  return only(effects, "observe")
    .filter(({ observation }) => observation.name === name)
    .reduce((sum, { observation }) => sum + observation.amount, 0);
}

/** Calls on a fresh context of an application: each gives the output, or the code and message of a refusal. */
export function callsTo(application: Application): (method: string, args?: JsonObject) => Json {
  const node = new LoneNode("ann", { applications: [application] });
  const contextId = node.create(application.name);
  return (method, args = {}) => {
    const outcome = node.execute(contextId, method, args);
    if (outcome.kind === "executed") return outcome.output;
    return outcome.kind === "refused" ? `${outcome.code}: ${outcome.message}` : outcome.kind;
  };
}
