/**
 * What each link does to what crosses it, in each direction, given the faults that are on: whether it is cut,
 * and with which latency, loss, duplication, reordering and bandwidth.
 */

import { createLatency } from "../distribution.ts";
import type { LatencyPlan, Plan, PlanFault } from "../plan/plan.ts";

/** A link's direction: twice the link's index, plus one from the higher node to the lower. */
export type Direction = number;

/** Faults that change links, and so go through here. */
export type LinkFault = Extract<
  PlanFault,
  {
    kind:
      | "partition"
      | "flap"
      | "oneway"
      | "loss"
      | "duplicate"
      | "reorder"
      | "corrupt"
      | "latency"
      | "bandwidth";
  }
>;

interface Conditions {
  cuts: number;
  loss: number;
  duplicate: number;
  reorder: number;
  corrupt: number;
  kbps: number;
  addedUs: number;
  latency: (uniform32: number) => number;
}

export interface ConditionsMemory {
  /** Faults that are on, in the order in which they began. */
  readonly active: Set<LinkFault>;
  /** When a core was healed: its nodes. */
  isolated: ReadonlySet<number> | null;
  /** By direction: what was queued has left by then. */
  readonly busyUntilUs: Float64Array;
}

export class LinkConditions {
  readonly memory: ConditionsMemory;
  readonly #plan: Plan;
  readonly #defaultLatency: (uniform32: number) => number;
  readonly #directions: Conditions[];
  readonly #latencies = new Map<LatencyPlan, (uniform32: number) => number>();

  constructor(plan: Plan, memory?: ConditionsMemory) {
    const busyUntilUs = new Float64Array(plan.links.length * 2);
    this.memory = memory ?? { active: new Set(), isolated: null, busyUntilUs };
    this.#plan = plan;
    this.#defaultLatency = createLatency(plan.network.latency);
    this.#directions = plan.links.flatMap(() => [this.#usual(), this.#usual()]);
    this.#applyAll();
  }

  isCut(direction: Direction): boolean {
    return this.#of(direction).cuts > 0;
  }

  loss(direction: Direction): number {
    return this.#of(direction).loss;
  }

  duplicate(direction: Direction): number {
    return this.#of(direction).duplicate;
  }

  reorder(direction: Direction): number {
    return this.#of(direction).reorder;
  }

  corrupt(direction: Direction): number {
    return this.#of(direction).corrupt;
  }

  /** One draw of the latency, in microseconds. */
  latencyUs(direction: Direction, uniform32: number): number {
    const conditions = this.#of(direction);
    return conditions.latency(uniform32) + conditions.addedUs;
  }

  /** The same without any fault. */
  usualLatencyUs(uniform32: number): number {
    return this.#defaultLatency(uniform32);
  }

  /** Queues so many bytes behind what is leaving; how long until they have left, in microseconds. */
  transmitUs(direction: Direction, bytes: number, nowUs: number): number {
    const { kbps } = this.#of(direction);
    if (kbps === Number.POSITIVE_INFINITY) return 0;
    const startUs = Math.max(nowUs, this.memory.busyUntilUs[direction] ?? 0);
    const endUs = startUs + Math.ceil((bytes * 8_000) / kbps);
    this.memory.busyUntilUs[direction] = endUs;
    return endUs - nowUs;
  }

  /** Turns a fault on or off; gives the directions whose being cut changed. O(directions × active faults). */
  set(fault: LinkFault, on: boolean): readonly Direction[] {
    return this.#change(() => {
      if (on) this.memory.active.add(fault);
      else this.memory.active.delete(fault);
    });
  }

  /** From now on nothing is wrong between these nodes, and nothing passes between them and others. As `set`. */
  isolate(nodes: ReadonlySet<number>): readonly Direction[] {
    return this.#change(() => {
      this.memory.isolated = nodes;
    });
  }

  #change(act: () => void): readonly Direction[] {
    const before = this.#directions.map(({ cuts }) => cuts > 0);
    act();
    this.#applyAll();
    return Array.from(this.#directions.keys()).filter(
      (direction) => this.isCut(direction) !== before[direction],
    );
  }

  #applyAll(): void {
    const { active, isolated } = this.memory;
    this.#directions.forEach((conditions, direction) => {
      Object.assign(conditions, this.#usual());
      for (const fault of active) this.#apply(fault, direction, conditions);
      if (isolated !== null) this.#isolate(isolated, direction, conditions);
    });
  }

  #isolate(nodes: ReadonlySet<number>, direction: Direction, conditions: Conditions): void {
    const [low, high] = this.#plan.links[direction >> 1] as readonly [number, number]; // as above
    if (nodes.has(low) !== nodes.has(high)) conditions.cuts += 1;
    else if (nodes.has(low)) Object.assign(conditions, this.#usual(), { loss: 0, duplicate: 0, reorder: 0 });
  }

  #of(direction: Direction): Conditions {
    return this.#directions[direction] as Conditions; // directions come from the plan's links
  }

  #usual(): Conditions {
    const { loss, duplicate, reorder, bandwidthKbps } = this.#plan.network;
    const kbps = bandwidthKbps ?? Number.POSITIVE_INFINITY;
    return {
      ...{ cuts: 0, loss, duplicate, reorder, corrupt: 0 },
      ...{ kbps, addedUs: 0, latency: this.#defaultLatency },
    };
  }

  #apply(fault: LinkFault, direction: Direction, conditions: Conditions): void {
    const [low, high] = this.#plan.links[direction >> 1] as readonly [number, number]; // as above
    const [from, to] = direction % 2 === 0 ? [low, high] : [high, low];
    switch (fault.kind) {
      case "partition":
      case "flap":
        conditions.cuts += Number(this.#groupOf(fault.groups, from) !== this.#groupOf(fault.groups, to));
        return;
      case "oneway":
        conditions.cuts += Number(fault.from.includes(from) && fault.to.includes(to));
        return;
    }
    if (fault.nodes !== null && !fault.nodes.includes(from) && !fault.nodes.includes(to)) return;
    switch (fault.kind) {
      case "loss":
      case "duplicate":
      case "reorder":
      case "corrupt":
        // Independent causes: what escapes one may still meet the other.
        conditions[fault.kind] = 1 - (1 - conditions[fault.kind]) * (1 - fault.rate);
        return;
      case "latency":
        conditions.addedUs += (fault.addMs ?? 0) * 1_000;
        if (fault.latency !== null) conditions.latency = this.#latencyOf(fault.latency);
        return;
      case "bandwidth":
        conditions.kbps = Math.min(conditions.kbps, fault.kbps);
        return;
    }
  }

  #latencyOf(plan: LatencyPlan): (uniform32: number) => number {
    const latency = this.#latencies.get(plan) ?? createLatency(plan);
    this.#latencies.set(plan, latency);
    return latency;
  }

  /** Nodes in none of the groups form one more together. */
  #groupOf(groups: readonly (readonly number[])[], node: number): number {
    return groups.findIndex((group) => group.includes(node));
  }
}
