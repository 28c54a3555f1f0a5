/** Turns the plan's faults on and off, each when it is due, and counts how often each was applied. */

import { present, unreachable } from "../../core/assert.ts";
import type { PlanFault } from "../plan/plan.ts";
import { mix32 } from "../random.ts";
import type { CrashedDisk } from "../scenario/scenario.ts";
import type { LinkFault } from "./conditions.ts";
import { loseEntities } from "./corruption.ts";
import type { SimNode } from "./sim-node.ts";
import type { World } from "./world.ts";

/** Joining is asked for like by any client, under request ids of its own. */
export const joinRequest = "join";

/** A fault begins or ends. */
export interface FaultChange {
  readonly timeUs: number;
  readonly fault: PlanFault;
  readonly on: boolean;
}

export interface FaultMemory {
  readonly usualDrift: Map<number, number>;
}

export class FaultInjector {
  /** `usualDrift`: by node, the drift it had before a fault changed it. */
  readonly memory: FaultMemory;
  readonly #world: World;

  constructor(world: World, memory: FaultMemory = { usualDrift: new Map() }) {
    this.memory = memory;
    this.#world = world;
  }

  schedule(): void {
    const changes = this.#world.plan.faults.flatMap((fault) => this.#changesOf(fault));
    const byTime = new Map<number, FaultChange[]>();
    for (const change of changes) byTime.set(change.timeUs, [...(byTime.get(change.timeUs) ?? []), change]);
    for (const [timeUs, together] of byTime) {
      // What ends makes room for what begins at the same moment.
      const changes = Object.freeze(together.toSorted((a, b) => Number(a.on) - Number(b.on)));
      this.#world.schedule(timeUs, { kind: "faults", changes });
    }
  }

  change({ fault, on }: FaultChange): void {
    switch (fault.kind) {
      case "partition":
      case "flap":
      case "oneway":
      case "loss":
      case "duplicate":
      case "reorder":
      case "latency":
      case "bandwidth":
        return this.#changeLinks(fault, on);
      case "crash":
        return this.#each(fault.nodes, (node) => (on ? this.#crash(node, fault.disk) : this.#restart(node)));
      case "pause":
        return this.#each(fault.nodes, (node) => (on ? this.#pause(node) : this.#resume(node)));
      case "clock-jump":
        return this.#each(fault.nodes, (node) => {
          node.clock.jump(fault.byMs);
          this.#world.counters.fault("clock-jump");
        });
      case "clock-drift":
        return this.#each(fault.nodes, (node) => this.#drift(node, on ? fault.ppm : null));
      case "join":
        return this.#each(fault.nodes, (node) => this.#join(node, fault.contexts));
      case "leave":
        return this.#each(fault.nodes, (node) => this.#leave(node));
      default:
        return unreachable(fault);
    }
  }

  #changesOf(fault: PlanFault): readonly FaultChange[] {
    const endUs = this.#world.plan.untilUs;
    const untilUs = fault.untilUs ?? Number.POSITIVE_INFINITY;
    const end: readonly FaultChange[] = untilUs <= endUs ? [{ timeUs: untilUs, fault, on: false }] : [];
    if (fault.kind !== "flap") return [{ timeUs: fault.atUs, fault, on: true }, ...end];
    // Cut for the first half of each period.
    const changes: FaultChange[] = [];
    for (let cycleUs = fault.atUs; cycleUs < Math.min(untilUs, endUs); cycleUs += fault.periodUs) {
      changes.push({ timeUs: cycleUs, fault, on: true });
      changes.push({ timeUs: cycleUs + Math.floor(fault.periodUs / 2), fault, on: false });
    }
    return [...changes.filter(({ timeUs }) => timeUs < untilUs), ...end];
  }

  #changeLinks(fault: LinkFault, on: boolean): void {
    const { conditions, connections, counters, plan } = this.#world;
    const changed = conditions.set(fault, on);
    connections.cutsChanged(changed);
    if (!on) return;
    switch (fault.kind) {
      case "partition":
      case "flap":
      case "oneway":
        return counters.fault(fault.kind, new Set(changed.map((direction) => direction >> 1)).size);
      case "latency":
      case "bandwidth": {
        const affected = plan.links.filter(
          (ends) => fault.nodes === null || ends.some((end) => fault.nodes?.includes(end)),
        );
        return counters.fault(fault.kind, affected.length);
      }
      // Counted for each message they meet.
      case "loss":
      case "duplicate":
      case "reorder":
        return;
    }
  }

  #each(nodes: readonly number[], act: (node: SimNode) => void): void {
    for (const node of nodes) act(this.#world.node(node));
  }

  #crash(node: SimNode, mode: CrashedDisk): void {
    if (node.status !== "up") return;
    this.#world.counters.fault("crash");
    // What waited in a paused process was never given to the node.
    this.#world.skipped += node.inbox.filter(({ kind }) => kind === "request").length;
    const uniform32 = mix32(this.#world.seed, node.index, node.epoch, 9);
    const lost = node.crash(mode === "corrupt" ? "keep" : mode, uniform32);
    this.#world.counters.probe("disk-batches-lost", lost.length);
    if (mode === "corrupt") this.#corrupt(node, uniform32);
    this.#world.halted(node, lost);
  }

  #corrupt(node: SimNode, seed: number): void {
    const { codec, contextIds, counters } = this.#world;
    for (const contextId of contextIds.values()) {
      const lost = loseEntities(node.disk, { contextId, codec, seed });
      counters.probe("disk-entities-lost", lost);
      if (lost > 0) node.damaged.add(contextId);
    }
  }

  #restart(node: SimNode): void {
    if (node.status === "down") this.#world.boot(node);
  }

  #pause(node: SimNode): void {
    if (node.status !== "up") return;
    this.#world.counters.fault("pause");
    node.isPaused = true;
    this.#world.connections.pauseChanged(node.index);
  }

  #resume(node: SimNode): void {
    if (!node.isPaused) return;
    node.isPaused = false;
    this.#world.connections.pauseChanged(node.index);
    if (node.isSyncOwed) {
      node.isSyncOwed = false;
      this.#world.synced(node);
    }
    for (const input of node.inbox.splice(0)) this.#world.deliver(node.index, input);
  }

  /** Null ends the fault: the clock runs as it did before. */
  #drift(node: SimNode, ppm: number | null): void {
    const { nowUs, counters } = this.#world;
    if (ppm !== null) {
      counters.fault("clock-drift");
      if (!this.memory.usualDrift.has(node.index))
        this.memory.usualDrift.set(node.index, node.clock.driftPpm);
    }
    node.clock.drift(ppm ?? this.memory.usualDrift.get(node.index) ?? 0, nowUs);
    this.#world.scheduleWake(node);
  }

  #join(node: SimNode, contexts: readonly string[]): void {
    const world = this.#world;
    world.counters.fault("join");
    world.boot(node);
    // Those who are there hear of it too, as discovery would tell them.
    for (const other of world.connections.neighbours(node.index)) {
      world.deliver(other, { kind: "peer-found", peer: world.connections.peer(node.index) });
    }
    for (const context of contexts) {
      const contextId = present(world.contextIds.get(context), "a context");
      world.deliver(node.index, {
        kind: "request",
        request: joinRequest,
        call: { kind: "join-context", contextId },
      });
    }
  }

  #leave(node: SimNode): void {
    if (node.status !== "up") return;
    this.#world.counters.fault("leave");
    if (node.isPaused) this.#resume(node);
    this.#world.deliver(node.index, { kind: "stop" });
    node.halt("left");
    this.#world.halted(node, []);
  }
}
