/**
 * Gossip crossing single links: lost, doubled, reordered, delayed and swallowed by cuts, each copy by draws that
 * depend on the link, the content and its purpose alone.
 */

import type { Topic } from "../../core/ids.ts";
import { mix32 } from "../random.ts";
import type { LinkConditions } from "./conditions.ts";
import type { Connection, Connections } from "./connections.ts";
import type { WorldPort } from "./events.ts";

/** A message on its way through a topic, shared by all copies. */
export interface Message {
  readonly number: number;
  readonly topic: Topic;
  readonly bytes: Uint8Array;
  /** A hash of the content: gives each message draws of its own. */
  readonly content32: number;
  /** By node: the epoch in which it has seen the message. */
  readonly seenIn: Uint16Array;
}

/** One copy crossing one link. */
export interface GossipCopy {
  readonly connection: Connection;
  readonly from: number;
  readonly to: number;
  readonly message: Message;
  /** Damaged on its way. */
  readonly isCorrupt: boolean;
}

const overheadBytes = 64;
/** A message crosses a link once on its own account; each time it is asked for has draws of its own. */
export const eager = 0;

export class GossipLinks {
  /** Counts the messages made, to name them. */
  readonly memory: { messages: number };
  readonly #world: WorldPort;
  readonly #connections: Connections;
  readonly #conditions: LinkConditions;
  readonly #nodes: number;

  constructor(
    world: WorldPort,
    about: { connections: Connections; conditions: LinkConditions; nodes: number },
    memory: { messages: number },
  ) {
    this.memory = memory;
    this.#world = world;
    this.#connections = about.connections;
    this.#conditions = about.conditions;
    this.#nodes = about.nodes;
  }

  createMessage(topic: Topic, bytes: Uint8Array): Message {
    this.memory.messages += 1;
    let content32 = 0x811c_9dc5;
    for (const byte of bytes) content32 = Math.imul(content32 ^ byte, 0x0100_0193);
    return {
      number: this.memory.messages,
      topic,
      bytes,
      content32: content32 >>> 0,
      seenIn: new Uint16Array(this.#nodes),
    };
  }

  /** Is the way from this end of a connection cut now? */
  isCut(connection: Connection, from: number): boolean {
    return this.#conditions.isCut(this.#connections.direction(connection, from));
  }

  /** Sends a control message about messages: an offer of them, or a wish for them. */
  exchange(
    kind: "ihave" | "iwant",
    connection: Connection,
    about: { from: number; to: number; messages: readonly Message[] },
  ): void {
    const world = this.#world;
    world.counters.message(kind);
    const first = about.messages[0]?.content32 ?? 0;
    const direction = this.#connections.direction(connection, about.from);
    const draw = mix32(
      world.seed,
      direction,
      mix32(first, about.messages.length, world.nowUs, 0),
      kind === "ihave" ? 5 : 6,
    );
    const latencyUs = this.#conditions.latencyUs(direction, draw);
    world.counters.bytes.gossip += overheadBytes + 20 * about.messages.length;
    world.schedule(world.nowUs + latencyUs, { kind, connection, ...about });
  }

  /** Sends a copy of a message. `purpose` is `eager`, or when it was asked for. */
  transmit(from: number, to: number, { message, purpose }: { message: Message; purpose: number }): void {
    const world = this.#world;
    const connection = this.#connections.between(from, to);
    if (connection === undefined) return;
    const direction = this.#connections.direction(connection, from);
    const { seed, nowUs, counters } = world;
    const key = mix32(message.content32, purpose, 0, 0);
    const bytes = message.bytes.length + overheadBytes;
    counters.message("gossip");
    counters.bytes.gossip += bytes;
    if (this.#conditions.isCut(direction)) return;
    const leaveUs = nowUs + this.#conditions.transmitUs(direction, bytes, nowUs);
    const isCorrupt = isHit(mix32(seed, direction, key, 12), this.#conditions.corrupt(direction));
    const event = { kind: "gossip", copy: { connection, from, to, message, isCorrupt } } as const;
    if (isHit(mix32(seed, direction, key, 1), this.#conditions.duplicate(direction))) {
      counters.fault("duplicate");
      world.schedule(leaveUs + this.#conditions.latencyUs(direction, mix32(seed, direction, key, 2)), event);
    }
    if (isHit(mix32(seed, direction, key, 3), this.#conditions.loss(direction))) {
      counters.fault("loss");
      return;
    }
    let arrivalUs = leaveUs + this.#conditions.latencyUs(direction, mix32(seed, direction, key, 5));
    if (isHit(mix32(seed, direction, key, 4), this.#conditions.reorder(direction))) {
      counters.fault("reorder");
      arrivalUs += this.#conditions.latencyUs(direction, mix32(seed, direction, key, 6));
    }
    world.schedule(arrivalUs, event);
  }
}

/** Does a uniform draw fall under this rate, from 0 to 1? */
function isHit(uniform32: number, rate: number): boolean {
  return uniform32 < rate * 0x1_0000_0000;
}
