/**
 * Tells a context's topic, every `heartbeatMs`, where this node stands in it; unless enough others have just said
 * the same (Trickle's suppression, RFC 6206), so that a thousand members that agree do not all say so to all.
 */

import type { AuthorId, ContextId } from "../ids.ts";
import type { Replica } from "../replica.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import { sealHeartbeat } from "../wire/gossip-codec.ts";

export interface HeartbeatMemory {
  /** Heartbeats sent in this incarnation. */
  counter: number;
  /** By context: who has said the same since this node's last turn to send one. */
  readonly agreeing: Map<ContextId, Agreement>;
}

interface Agreement {
  /** The heads, joined; others than this node's by now say nothing of where it stands. */
  readonly heads: string;
  readonly senders: Set<AuthorId>;
}

export function createHeartbeatMemory(): HeartbeatMemory {
  return { counter: 0, agreeing: new Map() };
}

/** So many others make a heartbeat of this node's superfluous: one may be lost, or have lied. */
const agreeingEnough = 3;

export class HeartbeatSender {
  readonly #memory: HeartbeatMemory;
  readonly #services: Services;

  constructor(memory: HeartbeatMemory, services: Services) {
    this.#memory = memory;
    this.#services = services;
  }

  /** The first heartbeat comes at a random moment of the first period, so that nodes started together spread out. */
  start(replica: Replica, turn: Turn): void {
    this.#sendIn(this.#services.random.between(1, this.#services.config.heartbeatMs), replica, turn);
  }

  /** Another member's heartbeat said what this node's would say now. */
  heardAgreeing(replica: Replica, sender: AuthorId): void {
    const { agreeing } = this.#memory;
    const heads = replica.heads().join("");
    const known = agreeing.get(replica.contextId);
    if (known?.heads !== heads) agreeing.set(replica.contextId, { heads, senders: new Set([sender]) });
    else if (known.senders.size < agreeingEnough) known.senders.add(sender);
  }

  /** The context is on this node no more. */
  left(contextId: ContextId): void {
    this.#memory.agreeing.delete(contextId);
  }

  /** The timer is due. */
  send(replica: Replica, turn: Turn): void {
    this.#sendIn(this.#services.config.heartbeatMs, replica, turn);
    if (!replica.isInitialized) return;
    const agreement = this.#memory.agreeing.get(replica.contextId);
    this.#memory.agreeing.delete(replica.contextId);
    if (agreement?.heads === replica.heads().join("") && agreement.senders.size >= agreeingEnough) {
      turn.observe("heartbeat-suppressed", { contextId: replica.contextId });
      return;
    }
    this.#memory.counter += 1;
    const draft = {
      sender: this.#services.identity.author,
      incarnation: this.#services.author.incarnation,
      counter: this.#memory.counter,
      contextId: replica.contextId,
      ...replica.standing(),
      stateRoot: replica.stateRoot(),
    };
    replica.governance.topic.say(
      sealHeartbeat(draft, this.#services.identity),
      { parents: replica.heads() },
      turn,
    );
  }

  #sendIn(delayMs: number, replica: Replica, turn: Turn): void {
    this.#services.timers.set(timerName("heartbeat", replica.contextId), turn.now.monotonicMs + delayMs);
  }
}
