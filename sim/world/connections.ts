/**
 * Connections between linked nodes: dialled, broken by cuts and crashes, and carrying, each way, an ordered and
 * reliable sequence of things. A cut holds back what arrives during it and delivers it after healing; when it
 * lasts longer than the keepalive, the connection breaks and what it carried is gone.
 */

import { present } from "../../core/assert.ts";
import type { PeerId, Topic } from "../../core/ids.ts";
import type { StreamProtocol } from "../../core/input.ts";
import type { Plan } from "../plan/plan.ts";
import { mix32 } from "../random.ts";
import type { Direction, LinkConditions } from "./conditions.ts";
import type { WorldEvent, WorldPort } from "./events.ts";

/** What travels in order on a connection. Streams are numbered by the connection. */
export type Carried =
  | { readonly kind: "subscribe" | "unsubscribe" | "graft" | "prune"; readonly topic: Topic }
  | { readonly kind: "stream-open"; readonly stream: number; readonly protocol?: StreamProtocol }
  | { readonly kind: "stream-close"; readonly stream: number }
  | { readonly kind: "stream-frame"; readonly stream: number; readonly frame: Uint8Array };

/** One connection from being established to breaking. A new one is a new object. */
export interface Connection {
  readonly link: number;
  readonly low: number;
  readonly high: number;
  isUp: boolean;
  /** Since when nothing gets through one way or both; null while it does. */
  silentSinceUs: number | null;
  /** Per direction: how many things were sent, the next to be delivered, and those that came before their turn. */
  readonly sent: [number, number];
  readonly expected: [number, number];
  readonly early: readonly [Map<number, Carried>, Map<number, Carried>];
  /** Per direction: what a cut holds back. */
  readonly held: readonly [CarriedEvent[], CarriedEvent[]];
}

type CarriedEvent = Extract<WorldEvent, { kind: "carried" }>;

/** A lost segment costs a retransmission. */
const retransmissionUs = 200_000;
/** What frames and control messages add to their content on the wire. */
const overheadBytes = 40;

export interface ConnectionListener {
  connected(connection: Connection): void;
  broken(connection: Connection): void;
  /** One end learns that its connection broke. */
  noticed(connection: Connection, node: number): void;
  arrived(from: number, to: number, carried: Carried): void;
}

export interface ConnectionsMemory {
  readonly byLink: (Connection | undefined)[];
  readonly dialling: Set<string>;
  /** Per direction, over all connections of its link: gives every carried thing its own draws. */
  readonly carriedCount: Float64Array;
}

export class Connections {
  readonly memory: ConnectionsMemory;
  readonly #world: WorldPort;
  readonly #plan: Plan;
  readonly #conditions: LinkConditions;
  readonly #listener: ConnectionListener;
  /** By node: its links, by the node at the other end. */
  readonly #links: readonly Map<number, number>[];

  constructor(
    world: WorldPort,
    plan: Plan,
    about: {
      conditions: LinkConditions;
      listener: ConnectionListener;
      memory?: ConnectionsMemory | undefined;
    },
  ) {
    this.memory = about.memory ?? {
      byLink: plan.links.map(() => undefined),
      dialling: new Set(),
      carriedCount: new Float64Array(plan.links.length * 2),
    };
    this.#world = world;
    this.#plan = plan;
    this.#conditions = about.conditions;
    this.#listener = about.listener;
    this.#links = plan.nodes.map(() => new Map<number, number>());
    plan.links.forEach(([low, high], link) => {
      this.#links[low]?.set(high, link);
      this.#links[high]?.set(low, link);
    });
  }

  /** Nodes this one is linked to, whether connected or not. */
  neighbours(node: number): Iterable<number> {
    return this.#links[node]?.keys() ?? [];
  }

  /** The connection between two nodes, while there is one. */
  between(a: number, b: number): Connection | undefined {
    const link = this.#links[a]?.get(b);
    return link === undefined ? undefined : this.memory.byLink[link];
  }

  /** The link of two nodes that have one, by its place in the plan. */
  linkBetween(a: number, b: number): number {
    return present(this.#links[a]?.get(b), "a link");
  }

  direction(connection: Connection, from: number): Direction {
    return connection.link * 2 + (from === connection.low ? 0 : 1);
  }

  /** A node dials another: two round trips, then connected or failed. */
  dial(from: number, to: number): void {
    const world = this.#world;
    const link = this.#links[from]?.get(to);
    const epoch = world.epochOf(from);
    if (link === undefined) {
      world.schedule(world.nowUs + 1_000, {
        kind: "input",
        node: from,
        epoch,
        input: { kind: "dial-failed", peer: this.peer(to) },
      });
      return;
    }
    const key = dialKey(from, to, epoch);
    if (this.memory.dialling.has(key) || this.memory.byLink[link] !== undefined) return;
    this.memory.dialling.add(key);
    const out = link * 2 + (from < to ? 0 : 1);
    const latencyUs = [0, 1, 2, 3].reduce(
      (sum, hop) => sum + this.#latencyUs(out ^ (hop % 2), this.#nth(out)),
      0,
    );
    world.schedule(world.nowUs + latencyUs, { kind: "dialled", from, link, epoch });
  }

  dialled({ from, link, epoch }: Extract<WorldEvent, { kind: "dialled" }>): void {
    const world = this.#world;
    const [low, high] = this.#plan.links[link] as readonly [number, number]; // links come from the plan
    const to = from === low ? high : low;
    this.memory.dialling.delete(dialKey(from, to, epoch));
    if (world.epochOf(from) !== epoch || this.memory.byLink[link] !== undefined) return;
    const isReachable = world.isUp(to) && !world.isPaused(to) && !this.#isCut(link);
    if (!isReachable) {
      world.deliver(from, { kind: "dial-failed", peer: this.peer(to) });
      return;
    }
    const connection: Connection = {
      link,
      low,
      high,
      isUp: true,
      silentSinceUs: null,
      sent: [0, 0],
      expected: [0, 0],
      early: [new Map(), new Map()],
      held: [[], []],
    };
    this.memory.byLink[link] = connection;
    world.deliver(low, { kind: "peer-connected", peer: this.peer(high) });
    world.deliver(high, { kind: "peer-connected", peer: this.peer(low) });
    this.#listener.connected(connection);
  }

  /** Sends something in order. Bytes are those of its content. */
  carry(connection: Connection, from: number, { carried, bytes }: { carried: Carried; bytes: number }): void {
    if (!connection.isUp) return;
    const direction = this.direction(connection, from);
    const way = (direction & 1) as 0 | 1;
    const sequence = connection.sent[way];
    connection.sent[way] += 1;
    const isCorrupt = this.#isCorrupted(direction);
    const event: CarriedEvent = { kind: "carried", connection, direction, sequence, carried, isCorrupt };
    this.#world.schedule(this.#world.nowUs + this.#carryUs(direction, bytes + overheadBytes), event);
  }

  carried(event: CarriedEvent): void {
    const { connection, direction, sequence, carried } = event;
    if (!connection.isUp) return;
    const way = (direction & 1) as 0 | 1;
    if (this.#conditions.isCut(direction)) {
      connection.held[way].push(event);
      return;
    }
    if (event.isCorrupt) return this.corrupted(connection);
    connection.early[way].set(sequence, carried);
    const [from, to] = way === 0 ? [connection.low, connection.high] : [connection.high, connection.low];
    for (;;) {
      const next = connection.early[way].get(connection.expected[way]);
      // What arrives may break the connection itself.
      if (next === undefined || !connection.isUp) return;
      connection.early[way].delete(connection.expected[way]);
      connection.expected[way] += 1;
      this.#listener.arrived(from, to, next);
    }
  }

  /** Directions were cut or healed. */
  cutsChanged(directions: readonly Direction[]): void {
    for (const direction of directions) {
      const connection = this.memory.byLink[direction >> 1];
      if (connection === undefined) continue;
      this.#listen(connection);
      if (!this.#conditions.isCut(direction)) this.#releaseHeld(connection, direction);
    }
  }

  /** A node was paused or resumed: a paused one answers no keepalive. */
  pauseChanged(node: number): void {
    for (const other of this.neighbours(node)) {
      const connection = this.between(node, other);
      if (connection !== undefined) this.#listen(connection);
    }
  }

  keepalive({ connection, silentSinceUs }: Extract<WorldEvent, { kind: "keepalive" }>): void {
    if (connection.isUp && connection.silentSinceUs === silentSinceUs) this.#break(connection, 0);
  }

  /** An end learns that its connection broke; a newer one with the same peer stands for it. */
  noticed({ connection, node, epoch }: Extract<WorldEvent, { kind: "noticed" }>): void {
    if (this.#world.epochOf(node) !== epoch) return;
    this.#listener.noticed(connection, node);
    const other = node === connection.low ? connection.high : connection.low;
    if (this.between(node, other) !== undefined) return;
    this.#world.deliver(node, { kind: "peer-disconnected", peer: this.peer(other) });
  }

  /** A node is gone: the others notice one latency later, or through a cut when the keepalive tells. */
  dropAll(node: number): void {
    for (const other of Array.from(this.neighbours(node))) {
      const connection = this.between(node, other);
      if (connection === undefined) continue;
      const direction = this.direction(connection, node);
      const latencyUs = this.#latencyUs(direction, this.#nth(direction));
      const keepaliveUs = this.#plan.network.keepaliveMs * 1_000;
      this.#break(connection, this.#conditions.isCut(direction) ? keepaliveUs : latencyUs);
    }
  }

  /** A peer hangs up. */
  hangUp(from: number, to: number): void {
    const connection = this.between(from, to);
    if (connection !== undefined) this.#break(connection, 0);
  }

  /** Damage was found in what arrived: whoever authenticates what it reads goes on reading nothing. */
  corrupted(connection: Connection): void {
    this.#world.counters.fault("corrupt");
    this.#break(connection, 0);
  }

  peer(node: number): PeerId {
    return (this.#plan.nodes[node]?.id ?? "") as PeerId;
  }

  #break(connection: Connection, noticedAfterUs: number): void {
    const world = this.#world;
    connection.isUp = false;
    this.memory.byLink[connection.link] = undefined;
    this.#listener.broken(connection);
    for (const node of [connection.low, connection.high]) {
      const event = { kind: "noticed", connection, node, epoch: world.epochOf(node) } as const;
      world.schedule(world.nowUs + noticedAfterUs, event);
    }
  }

  /** Starts or ends the count of a connection's silence. */
  #listen(connection: Connection): void {
    const world = this.#world;
    const isSilent =
      this.#isCut(connection.link) || world.isPaused(connection.low) || world.isPaused(connection.high);
    if (isSilent === (connection.silentSinceUs !== null)) return;
    connection.silentSinceUs = isSilent ? world.nowUs : null;
    if (connection.silentSinceUs === null) return;
    const dueUs = world.nowUs + this.#plan.network.keepaliveMs * 1_000;
    world.schedule(dueUs, { kind: "keepalive", connection, silentSinceUs: connection.silentSinceUs });
  }

  #releaseHeld(connection: Connection, direction: Direction): void {
    const held = connection.held[(direction & 1) as 0 | 1].splice(0);
    for (const event of held)
      this.#world.schedule(this.#world.nowUs + this.#carryUs(direction, overheadBytes), event);
  }

  #isCut(link: number): boolean {
    return this.#conditions.isCut(link * 2) || this.#conditions.isCut(link * 2 + 1);
  }

  #carryUs(direction: Direction, bytes: number): number {
    const nth = this.#nth(direction);
    const isLost =
      mix32(this.#world.seed, direction, nth, 2) < this.#conditions.loss(direction) * 0x1_0000_0000;
    if (isLost) this.#world.counters.fault("loss");
    return (
      this.#latencyUs(direction, nth) +
      this.#conditions.transmitUs(direction, bytes, this.#world.nowUs) +
      (isLost ? retransmissionUs : 0)
    );
  }

  /** A draw of its own for what was carried last. */
  #isCorrupted(direction: Direction): boolean {
    const nth = this.memory.carriedCount[direction] ?? 0;
    return mix32(this.#world.seed, direction, nth, 12) < this.#conditions.corrupt(direction) * 0x1_0000_0000;
  }

  #latencyUs(direction: Direction, nth: number): number {
    return this.#conditions.latencyUs(direction, mix32(this.#world.seed, direction, nth, 1));
  }

  #nth(direction: Direction): number {
    this.memory.carriedCount[direction] = (this.memory.carriedCount[direction] ?? 0) + 1;
    return this.memory.carriedCount[direction] ?? 0;
  }
}

function dialKey(from: number, to: number, epoch: number): string {
  return `${from}>${to}#${epoch}`;
}
