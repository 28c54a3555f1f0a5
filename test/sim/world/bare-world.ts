// The simulated network without nodes: a test says what they do, and sees what reaches them.

import type { Input } from "../../../core/input.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import type { Plan } from "../../../sim/plan/plan.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { LinkConditions, type LinkFault } from "../../../sim/world/conditions.ts";
import { type Carried, type Connection, Connections } from "../../../sim/world/connections.ts";
import { EventQueue } from "../../../sim/world/event-queue.ts";
import { Counters, type WorldEvent, type WorldPort } from "../../../sim/world/events.ts";
import { Mesh } from "../../../sim/world/mesh.ts";
import { Streams } from "../../../sim/world/streams.ts";

export interface Delivered {
  readonly timeUs: number;
  readonly node: number;
  readonly input: Input;
}

export class BareWorld implements WorldPort {
  readonly plan: Plan;
  readonly seed: number;
  readonly counters = new Counters();
  readonly conditions: LinkConditions;
  readonly connections: Connections;
  readonly streams: Streams;
  readonly mesh: Mesh;
  readonly delivered: Delivered[] = [];
  readonly down = new Set<number>();
  readonly paused = new Set<number>();
  nowUs = 0;
  /** Called for everything delivered. By default nodes accept all gossip, at once. */
  onInput: (node: number, input: Input) => void = (node, input) => {
    if (input.kind === "gossip") this.mesh.judged(node, Number(input.gossip), "accept");
  };
  readonly #queue: EventQueue<WorldEvent>;

  constructor(scenario: Omit<Scenario, "name">, seed = 1) {
    this.plan = planOf({ name: "bare", ...scenario }, seed);
    this.seed = seed;
    this.#queue = new EventQueue<WorldEvent>("random", seed);
    this.conditions = new LinkConditions(this.plan);
    const { conditions } = this;
    this.connections = new Connections(this, this.plan, { conditions, listener: this.#listener() });
    this.streams = new Streams(this, this.connections, { nodes: this.plan.nodes.length });
    const about = { connections: this.connections, conditions, knobs: this.plan.network.gossip };
    this.mesh = new Mesh(this, { ...about, nodes: this.plan.nodes.length });
  }

  schedule(timeUs: number, event: WorldEvent): void {
    if (timeUs < this.nowUs) throw new Error(`an event in the past: ${event.kind}`);
    this.#queue.push(timeUs, event);
  }

  deliver(node: number, input: Input): void {
    if (!this.isUp(node)) return;
    this.delivered.push({ timeUs: this.nowUs, node, input });
    this.onInput(node, input);
  }

  isUp(node: number): boolean {
    return !this.down.has(node);
  }

  isPaused(node: number): boolean {
    return this.paused.has(node);
  }

  epochOf(): number {
    return 1;
  }

  /** Handles all that is due until so much later. */
  pass(ms: number): void {
    const untilUs = this.nowUs + ms * 1_000;
    while (this.#queue.nextTimeUs <= untilUs) {
      this.nowUs = this.#queue.nextTimeUs;
      const event = this.#queue.pop();
      if (event !== undefined) this.#happen(event);
    }
    this.nowUs = untilUs;
  }

  /** Connects every link of the plan. */
  connectAll(): void {
    for (const [low, high] of this.plan.links) this.connections.dial(low, high);
    this.pass(60_000);
  }

  /** Turns a fault of links on or off. */
  set(fault: LinkFault, on: boolean): void {
    this.connections.cutsChanged(this.conditions.set(fault, on));
  }

  /** What reached a node, of some kinds. */
  reached<Kind extends Input["kind"]>(
    node: number,
    ...kinds: readonly Kind[]
  ): readonly Extract<Input, { kind: Kind }>[] {
    return this.delivered.flatMap(({ node: to, input }) =>
      to === node && (kinds as readonly string[]).includes(input.kind)
        ? [input as Extract<Input, { kind: Kind }>]
        : [],
    );
  }

  #happen(event: WorldEvent): void {
    switch (event.kind) {
      case "input":
        return this.deliver(event.node, event.input);
      case "dialled":
        return this.connections.dialled(event);
      case "carried":
        return this.connections.carried(event);
      case "noticed":
        return this.connections.noticed(event);
      case "keepalive":
        return this.connections.keepalive(event);
      case "gossip":
        return this.mesh.arrived(event.copy);
      case "ihave":
        return this.mesh.ihave(event);
      case "iwant":
        return this.mesh.iwant(event);
      case "mesh-heartbeat":
        return this.mesh.heartbeat(event);
      default:
        throw new Error(`nobody asked for ${event.kind}`);
    }
  }

  #listener() {
    return {
      connected: (connection: Connection) => this.mesh.connected(connection),
      broken: (connection: Connection) => this.mesh.broken(connection),
      noticed: (connection: Connection, node: number) => this.streams.lost(connection, node),
      arrived: (from: number, to: number, carried: Carried) => {
        if ("topic" in carried) this.mesh.controlled(carried.kind, { from, to, topic: carried.topic });
        else this.streams.arrived({ from, to }, carried);
      },
    };
  }
}

/** A cut between two nodes, both ways or one. */
export function cut(from: number, to: number, { isOneWay = false } = {}): LinkFault {
  const times = { atUs: 0, untilUs: null };
  return isOneWay
    ? { ...times, kind: "oneway", from: [from], to: [to] }
    : { ...times, kind: "partition", groups: [[from], [to]] };
}
