/**
 * What is said on a context's topic, and heard there: sealed under the context's key, so that only members read it.
 * Invariant 13.
 */

import { Backoff, type BackoffMemory, createBackoffMemory } from "../backoff.ts";
import type { CausalDelta } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import { type Fault, fault, isFault } from "../fault.ts";
import { type ContextId, type DeltaId, type PeerId, topicOf } from "../ids.ts";
import { type Services, timerName } from "../services.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { decodeEnvelope, isEnvelope } from "../wire/envelope.ts";
import type { Members } from "./members.ts";
import { TopicKeys } from "./topic-keys.ts";

export interface TopicMemory {
  /** When this node last told others of removals, because they took it for no member. */
  protestedMs: number | null;
  /** Since members last changed: by who took it for none, when that one is told again. */
  readonly protests: Map<PeerId, BackoffMemory>;
  /** How many changes of members there were then. */
  protestedOn: number;
}

export function createTopicMemory(): TopicMemory {
  return { protestedMs: null, protests: new Map(), protestedOn: 0 };
}

/** Removals told again at once: the newest. */
const repeatedMax = 16;
/** The longest wait before one who was told is told again, and how many are remembered: beyond it the first goes. */
const protestWaitMaxMs = 300_000;
const protestsMax = 1_024;

/** A message on the topic, as this node may read it. */
export type Unsealed =
  | { readonly kind: "content"; readonly content: Uint8Array }
  /** Sealed with a key this node does not have. */
  | { readonly kind: "unreadable" }
  /** Not sealed, where all is. */
  | { readonly kind: "plain"; readonly content: Uint8Array };

interface TopicParts {
  readonly contextId: ContextId;
  readonly services: Services;
  readonly graph: Graph;
  readonly members: Members;
}

export class Topic {
  readonly #memory: TopicMemory;
  readonly #parts: TopicParts;
  readonly #keys: TopicKeys;
  readonly #backoff: Backoff;

  constructor(memory: TopicMemory, parts: TopicParts) {
    this.#memory = memory;
    this.#parts = parts;
    this.#backoff = new Backoff(parts.services.random, protestWaitMaxMs);
    this.#keys = new TopicKeys(parts.members, parts.services.codec, topicOf(parts.contextId));
  }

  /** Did somebody take this node for no member since it started? */
  get hasProtested(): boolean {
    return this.#memory.protestedMs !== null;
  }

  /**
   * Tells the topic of an own delta. What rotates the key is told on streams alone, which prove who listens, and so is
   * all that follows a removal until the rotation has come: the topic carries the one sooner than streams the other.
   */
  publish(delta: CausalDelta, turn: Turn): void {
    const { content } = delta;
    const isRotation = content.kind === "membership" && content.change.kind === "rotate";
    if (isRotation || this.#parts.members.isOverheard(delta.parents)) this.announce(turn);
    else this.say(delta.sealed, delta, turn);
  }

  /** Says something on the topic, sealed with the key above these deltas. */
  say(content: Uint8Array, { parents }: Pick<CausalDelta, "parents">, turn: Turn): void {
    const topic = topicOf(this.#parts.contextId);
    turn.perform({ kind: "publish", topic, message: this.seal(content, parents) });
  }

  /** What is said on the topic above these deltas, as others are to find it there; above none: the genesis. */
  seal(content: Uint8Array, above: readonly DeltaId[]): Uint8Array {
    return this.#keys.seal(content, above.length > 0 ? above : [this.#parts.graph.at(0).id]);
  }

  /** Reads what was said on the topic. A fault: no one could read it. */
  unseal(message: Uint8Array): Unsealed | Fault {
    const { services, contextId } = this.#parts;
    const isOpen = !this.#parts.members.isInitialized || this.#parts.members.others !== null;
    if (!isEnvelope(message)) return { kind: isOpen ? "content" : "plain", content: message };
    const envelope = decodeEnvelope(message);
    if (isFault(envelope)) return envelope;
    const key = this.#parts.members.isInitialized ? this.#keys.find(envelope.keyName) : null;
    if (key === null) return { kind: "unreadable" };
    const content = services.codec.openEnvelope(message, envelope, { key, topic: topicOf(contextId) });
    return content === null
      ? fault("bad-signature", "a message not sealed with the key it names")
      : { kind: "content", content };
  }

  /** Sessions with those who do not stand where this node stands, soon. */
  announce(turn: Turn): void {
    const { services, contextId } = this.#parts;
    services.timers.setEarlier(timerName("announce", contextId), turn.now.monotonicMs);
  }

  /**
   * A peer took this node for no member. Where members removed each other, neither knowing of the other, that peer may
   * have heard one side only: it is told the other, at most once every `syncFrequencyMs` and ever more seldom, for it may
   * be right; but not what somebody else who was removed could read: that goes on streams alone, as in `publish`.
   */
  protest(peer: PeerId, turn: Turn): void {
    const { services, contextId } = this.#parts;
    if (!this.#takeTurn(peer, turn.now.monotonicMs)) return;
    if (this.#parts.members.roleNow(services.identity.author) === null) return;
    const removals = this.#parts.members.events.filter(({ change }) => change.kind === "remove");
    for (const { id } of removals.slice(-repeatedMax)) {
      const sealed = turn.read(storeKeys.delta(id));
      const delta = sealed === undefined ? null : services.codec.openStored(sealed);
      if (delta === null || isFault(delta) || this.#parts.members.isOverheard(delta.parents)) continue;
      this.say(delta.sealed, delta, turn);
      turn.observe("removal-repeated", { contextId });
    }
  }

  /** Is it this peer's turn to be told? Then it counts as told. */
  #takeTurn(peer: PeerId, nowMs: number): boolean {
    const { services, members } = this.#parts;
    const memory = this.#memory;
    const lastMs = memory.protestedMs;
    if (lastMs !== null && nowMs - lastMs < services.config.syncFrequencyMs) return false;
    if (memory.protestedOn !== members.events.length) memory.protests.clear();
    memory.protestedOn = members.events.length;
    const told = memory.protests.get(peer) ?? createBackoffMemory();
    if (!this.#backoff.isDue(told, nowMs)) return false;
    const [first] = memory.protests.keys();
    if (first !== undefined && memory.protests.size >= protestsMax) memory.protests.delete(first);
    this.#backoff.attempted(told, nowMs);
    memory.protests.set(peer, told);
    memory.protestedMs = nowMs;
    return true;
  }
}
