/** Tells a context's topic, every `heartbeatMs`, where this node stands in it. */

import { topicOf } from "../ids.ts";
import type { Replica } from "../replica.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import { sealHeartbeat } from "../wire/gossip-codec.ts";

export interface HeartbeatMemory {
  /** Heartbeats sent in this incarnation. */
  counter: number;
}

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

  /** The timer is due. */
  send(replica: Replica, turn: Turn): void {
    this.#sendIn(this.#services.config.heartbeatMs, replica, turn);
    if (!replica.isInitialized) return;
    this.#memory.counter += 1;
    const draft = {
      sender: this.#services.identity.author,
      incarnation: this.#services.author.incarnation,
      counter: this.#memory.counter,
      contextId: replica.contextId,
      ...replica.standing(),
      stateRoot: replica.stateRoot(),
    };
    turn.perform({
      kind: "publish",
      topic: topicOf(replica.contextId),
      message: sealHeartbeat(draft, this.#services.identity),
    });
  }

  #sendIn(delayMs: number, replica: Replica, turn: Turn): void {
    this.#services.timers.set(timerName("heartbeat", replica.contextId), turn.now.monotonicMs + delayMs);
  }
}
