/** How many deltas one node applies a second, in the core alone: real signatures, commits handed to memory. */

import { createNodeIdentity } from "../adapters/crypto/identity.ts";
import { nodeCrypto } from "../adapters/crypto/node-crypto.ts";
import { kvStore } from "../core/app/built-in/kv-store.ts";
import { createConfig } from "../core/config.ts";
import type { Effect } from "../core/effect.ts";
import { type ContextId, type PeerId, topicOf } from "../core/ids.ts";
import type { Input } from "../core/input.ts";
import { createNodeMemory, NodeCore } from "../core/node.ts";
import { createCodec } from "../core/wire/codec.ts";
import { row, spread } from "./figures.ts";

const deltas = 10_000;
const rounds = 5;

/** A core over a map, whose commits are kept at once. */
class BenchNode {
  readonly #store = new Map<string, Uint8Array>();
  readonly #core: NodeCore;
  #timeMs = 1_767_225_600_000;

  constructor(name: string, seed: number) {
    this.#core = new NodeCore(
      {
        identity: createNodeIdentity(new Uint8Array(32).fill(seed), name as PeerId),
        codec: createCodec(nodeCrypto),
        store: this.#store,
        applications: [kvStore],
        config: createConfig(),
      },
      createNodeMemory([seed, 2, 3, 4]),
    );
    this.handle({ kind: "start" });
  }

  handle(input: Input): readonly Effect[] {
    this.#timeMs += 1;
    const effects = this.#core.handle({ monotonicMs: this.#timeMs, wallMs: this.#timeMs }, input);
    for (const effect of effects) {
      if (effect.kind !== "commit") continue;
      for (const [key, value] of effect.writes) {
        if (value === null) this.#store.delete(key);
        else this.#store.set(key, value);
      }
    }
    return effects;
  }
}

export function benchApply(): void {
  const authored: number[] = [];
  const applied: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const author = new BenchNode("author", 1);
    const created = author.handle({
      kind: "request",
      request: 0,
      call: { kind: "create-context", application: "kv-store" },
    });
    const { contextId, genesis } = readCreation(created);
    const messages: Uint8Array[] = [];
    authored.push(
      rate(() => {
        for (let nth = 0; nth < deltas; nth += 1) messages.push(...write(author, contextId, nth));
      }),
    );
    const reader = new BenchNode("reader", 2);
    reader.handle({ kind: "request", request: 0, call: { kind: "join-context", contextId, genesis } });
    const topic = topicOf(contextId);
    applied.push(
      rate(() => {
        messages.forEach((message, gossip) => {
          reader.handle({ kind: "gossip", gossip, from: "author" as PeerId, topic, message });
        });
      }),
    );
  }
  row("deltas a node makes, signs and applies, a second", spread(authored));
  row("received deltas a node verifies and applies, a second", spread(applied));
}

function write(author: BenchNode, contextId: ContextId, nth: number): readonly Uint8Array[] {
  const args = { key: `k${nth % 2_000}`, value: `value ${nth} of thirty-two characters` };
  const call = { kind: "execute", contextId, method: "set", args } as const;
  const effects = author.handle({ kind: "request", request: nth, call });
  return effects.flatMap((effect) => (effect.kind === "publish" ? [effect.message] : []));
}

function readCreation(effects: readonly Effect[]): {
  readonly contextId: ContextId;
  readonly genesis: Uint8Array;
} {
  const outcome = effects.flatMap((effect) => (effect.kind === "reply" ? [effect.outcome] : []))[0];
  if (outcome?.kind !== "context") throw new Error("the context was not created");
  const { contextId } = outcome;
  const writes = effects.flatMap((effect) => (effect.kind === "commit" ? effect.writes : []));
  const genesis = writes.find(([key]) => key === `d${contextId}`)?.[1] ?? undefined;
  if (genesis === undefined) throw new Error("the genesis was not committed");
  return { contextId, genesis };
}

/** Deltas a second. */
function rate(work: () => void): number {
  const startMs = performance.now();
  work();
  return (deltas / (performance.now() - startMs)) * 1_000;
}
