/**
 * A model of the gossipsub mesh (gossipsub v1.1: mesh, fan-out, no flood publishing, graft and prune with back-off,
 * IHAVE and IWANT), with the knobs of the real one. Messages are lost, doubled, reordered and swallowed by cuts;
 * control messages about the mesh itself travel in order on connections, as they do on a real stream.
 */

import type { Topic } from "../../core/ids.ts";
import type { GossipPlan } from "../plan/plan.ts";
import { mix32 } from "../random.ts";
import type { LinkConditions } from "./conditions.ts";
import type { Connection, Connections } from "./connections.ts";
import type { WorldEvent, WorldPort } from "./events.ts";
import { eager, type GossipCopy, GossipLinks, type Message } from "./gossip-links.ts";

interface TopicState {
  /** Connected neighbours that subscribe. */
  readonly subscribers: Set<number>;
  readonly mesh: Set<number>;
  /** By neighbour: not grafted again before this. */
  readonly backoffUntilUs: Map<number, number>;
  /** Messages of the latest heartbeat periods, newest first. */
  history: Message[][];
  isSubscribed: boolean;
}

const pruneBackoffUs = 60_000_000;
/** Periods whose messages are kept to answer IWANT, and those of them that are offered with IHAVE. */
const historyPeriods = 5;
const offeredPeriods = 3;

const none: ReadonlySet<number> = new Set();

export interface MeshMemory {
  readonly nodes: readonly Map<Topic, TopicState>[];
  /** Messages given to a node whose verdict is still out, with who relayed them. */
  readonly awaiting: Map<string, { readonly message: Message; readonly from: number }>;
  readonly links: { messages: number };
}

export interface MeshOptions {
  readonly connections: Connections;
  readonly conditions: LinkConditions;
  readonly knobs: GossipPlan;
  readonly nodes: number;
  readonly memory?: MeshMemory | undefined;
}

export class Mesh {
  readonly memory: MeshMemory;
  readonly #world: WorldPort;
  readonly #connections: Connections;
  readonly #links: GossipLinks;
  readonly #knobs: GossipPlan;

  constructor(world: WorldPort, about: MeshOptions) {
    this.memory = about.memory ?? {
      nodes: Array.from({ length: about.nodes }, () => new Map()),
      awaiting: new Map(),
      links: { messages: 0 },
    };
    this.#world = world;
    this.#connections = about.connections;
    this.#links = new GossipLinks(world, about, this.memory.links);
    this.#knobs = about.knobs;
  }

  /** A node started: its heartbeat begins at a moment of its own. */
  start(node: number): void {
    this.memory.nodes[node]?.clear();
    const world = this.#world;
    const phaseUs = mix32(world.seed, node, world.epochOf(node), 11) % (this.#knobs.heartbeatMs * 1_000);
    world.schedule(world.nowUs + phaseUs, {
      kind: "mesh-heartbeat",
      node,
      epoch: world.epochOf(node),
      nth: 0,
    });
  }

  subscribe(node: number, topic: Topic): void {
    this.#topic(node, topic).isSubscribed = true;
    this.#tellNeighbours(node, "subscribe", topic);
    this.#graftMissing(node, topic, 0);
  }

  unsubscribe(node: number, topic: Topic): void {
    const state = this.#topic(node, topic);
    for (const other of state.mesh) this.#control(node, other, "prune", topic);
    state.mesh.clear();
    state.isSubscribed = false;
    this.#tellNeighbours(node, "unsubscribe", topic);
  }

  /** Both ends tell the other what they subscribe to. */
  connected(connection: Connection): void {
    for (const [node, other] of [
      [connection.low, connection.high],
      [connection.high, connection.low],
    ] as const) {
      for (const [topic, state] of this.memory.nodes[node] ?? []) {
        if (state.isSubscribed) this.#control(node, other, "subscribe", topic);
      }
    }
  }

  broken({ low, high }: Connection): void {
    for (const [node, other] of [
      [low, high],
      [high, low],
    ] as const) {
      for (const state of this.memory.nodes[node]?.values() ?? []) {
        state.subscribers.delete(other);
        state.mesh.delete(other);
      }
    }
  }

  /** A control message of the mesh arrived. */
  controlled(
    kind: "subscribe" | "unsubscribe" | "graft" | "prune",
    { from, to, topic }: { from: number; to: number; topic: Topic },
  ): void {
    const state = this.#topic(to, topic);
    switch (kind) {
      case "subscribe":
        state.subscribers.add(from);
        this.#world.deliver(to, { kind: "peer-subscribed", peer: this.#connections.peer(from), topic });
        return;
      case "unsubscribe":
        state.subscribers.delete(from);
        state.mesh.delete(from);
        this.#world.deliver(to, { kind: "peer-unsubscribed", peer: this.#connections.peer(from), topic });
        return;
      case "graft": {
        const isWelcome =
          state.isSubscribed && state.mesh.size < this.#knobs.dHigh && !this.#isBackedOff(state, from);
        if (isWelcome) state.mesh.add(from);
        else this.#control(to, from, "prune", topic);
        return;
      }
      case "prune":
        state.mesh.delete(from);
        state.backoffUntilUs.set(from, this.#world.nowUs + pruneBackoffUs);
        return;
    }
  }

  /**
   * A node publishes: along its mesh; while that is empty, to as many subscribers as a mesh would have. A byzantine
   * one may choose whom it leaves out.
   */
  publish(
    node: number,
    { topic, bytes }: { readonly topic: Topic; readonly bytes: Uint8Array },
    isAddressed: (other: number) => boolean = () => true,
  ): void {
    const message = this.#links.createMessage(topic, bytes);
    message.seenIn[node] = this.#world.epochOf(node);
    const state = this.#topic(node, topic);
    this.#remember(state, message);
    const fanOut = () =>
      this.#draw(node, Array.from(state.subscribers), message.number).slice(0, this.#knobs.d);
    const targets = state.mesh.size > 0 ? state.mesh : fanOut();
    for (const other of targets)
      if (isAddressed(other)) this.#links.transmit(node, other, { message, purpose: eager });
  }

  arrived({ connection, from, to, message, isCorrupt }: GossipCopy): void {
    const world = this.#world;
    if (!connection.isUp || !world.isUp(to)) return;
    if (this.#links.isCut(connection, from)) return;
    if (isCorrupt) return this.#connections.corrupted(connection);
    if (message.seenIn[to] === world.epochOf(to)) {
      world.counters.message("gossip-duplicate");
      return;
    }
    message.seenIn[to] = world.epochOf(to);
    this.memory.awaiting.set(`${to}:${message.number}`, { message, from });
    const peer = this.#connections.peer(from);
    world.deliver(to, {
      kind: "gossip",
      gossip: message.number,
      from: peer,
      topic: message.topic,
      message: message.bytes,
    });
  }

  /** A node's verdict on a message it was given: what it accepts it forwards along its mesh. */
  judged(node: number, number: number, verdict: "accept" | "ignore" | "reject"): void {
    const awaiting = this.memory.awaiting.get(`${node}:${number}`);
    this.memory.awaiting.delete(`${node}:${number}`);
    if (awaiting === undefined || verdict !== "accept") return;
    const { message, from } = awaiting;
    const state = this.#topic(node, message.topic);
    this.#remember(state, message);
    for (const other of state.mesh)
      if (other !== from) this.#links.transmit(node, other, { message, purpose: eager });
  }

  heartbeat({ node, epoch, nth }: Extract<WorldEvent, { kind: "mesh-heartbeat" }>): void {
    const world = this.#world;
    if (world.epochOf(node) !== epoch || !world.isUp(node)) return;
    world.schedule(world.nowUs + this.#knobs.heartbeatMs * 1_000, {
      kind: "mesh-heartbeat",
      node,
      epoch,
      nth: nth + 1,
    });
    if (world.isPaused(node)) return;
    for (const [topic, state] of this.memory.nodes[node] ?? []) {
      if (!state.isSubscribed) continue;
      this.#graftMissing(node, topic, nth);
      this.#pruneExcess(node, topic, nth);
      this.#offer(node, topic, nth);
      state.history = [[], ...state.history.slice(0, historyPeriods - 1)];
    }
  }

  /** A neighbour offers messages: those not seen are asked for. */
  ihave({ connection, from, to, messages }: Extract<WorldEvent, { kind: "ihave" }>): void {
    const world = this.#world;
    if (!connection.isUp || !world.isUp(to) || this.#links.isCut(connection, from)) return;
    const wanted = messages.filter((message) => message.seenIn[to] !== world.epochOf(to));
    if (wanted.length > 0)
      this.#links.exchange("iwant", connection, { from: to, to: from, messages: wanted });
  }

  iwant({ connection, from, to, messages }: Extract<WorldEvent, { kind: "iwant" }>): void {
    if (!connection.isUp || !this.#world.isUp(to) || this.#links.isCut(connection, from)) return;
    for (const message of messages) this.#links.transmit(to, from, { message, purpose: this.#world.nowUs });
  }

  /** Connected neighbours in a node's mesh for a topic. */
  meshOf(node: number, topic: Topic): ReadonlySet<number> {
    return this.memory.nodes[node]?.get(topic)?.mesh ?? none;
  }

  #topic(node: number, topic: Topic): TopicState {
    const topics = this.memory.nodes[node] as Map<Topic, TopicState>; // nodes come from the plan
    let state = topics.get(topic);
    if (state === undefined) {
      state = {
        subscribers: new Set(),
        mesh: new Set(),
        backoffUntilUs: new Map(),
        history: [[]],
        isSubscribed: false,
      };
      topics.set(topic, state);
    }
    return state;
  }

  #tellNeighbours(node: number, kind: "subscribe" | "unsubscribe", topic: Topic): void {
    for (const other of this.#connections.neighbours(node)) this.#control(node, other, kind, topic);
  }

  #control(
    node: number,
    other: number,
    kind: "subscribe" | "unsubscribe" | "graft" | "prune",
    topic: Topic,
  ): void {
    const connection = this.#connections.between(node, other);
    if (connection === undefined) return;
    this.#world.counters.message(kind);
    this.#connections.carry(connection, node, { carried: { kind, topic }, bytes: topic.length });
  }

  #graftMissing(node: number, topic: Topic, nth: number): void {
    const state = this.#topic(node, topic);
    if (state.mesh.size >= this.#knobs.dLow) return;
    const candidates = Array.from(state.subscribers).filter(
      (other) => !state.mesh.has(other) && !this.#isBackedOff(state, other),
    );
    for (const other of this.#draw(node, candidates, nth).slice(0, this.#knobs.d - state.mesh.size)) {
      state.mesh.add(other);
      this.#control(node, other, "graft", topic);
    }
  }

  #pruneExcess(node: number, topic: Topic, nth: number): void {
    const state = this.#topic(node, topic);
    if (state.mesh.size <= this.#knobs.dHigh) return;
    for (const other of this.#draw(node, Array.from(state.mesh), nth).slice(this.#knobs.d)) {
      state.mesh.delete(other);
      state.backoffUntilUs.set(other, this.#world.nowUs + pruneBackoffUs);
      this.#control(node, other, "prune", topic);
    }
  }

  #offer(node: number, topic: Topic, nth: number): void {
    const state = this.#topic(node, topic);
    const messages = state.history.slice(0, offeredPeriods).flat();
    if (messages.length === 0) return;
    const candidates = Array.from(state.subscribers).filter((other) => !state.mesh.has(other));
    for (const other of this.#draw(node, candidates, nth).slice(0, this.#knobs.dLazy)) {
      const connection = this.#connections.between(node, other);
      if (connection !== undefined)
        this.#links.exchange("ihave", connection, { from: node, to: other, messages });
    }
  }

  #remember(state: TopicState, message: Message): void {
    state.history[0]?.push(message);
  }

  #isBackedOff(state: TopicState, other: number): boolean {
    return (state.backoffUntilUs.get(other) ?? 0) > this.#world.nowUs;
  }

  /** The nodes in an order drawn anew at each heartbeat. */
  #draw(node: number, others: readonly number[], nth: number): readonly number[] {
    const key = (other: number) =>
      mix32(this.#world.seed, mix32(node, other, nth, 0), this.#world.epochOf(node), 7);
    return others
      .map((other) => [key(other), other] as const)
      .sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .map(([, other]) => other);
  }
}
