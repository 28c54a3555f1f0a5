/** Turns the plan's faults on and off, each when it is due, and counts how often each was applied. */

import { present, unreachable } from "../../core/assert.ts";
import type { PlanFault } from "../plan/plan.ts";
import { mix32 } from "../random.ts";
import { beingDeleted } from "./being-deleted.ts";
import type { LinkFault } from "./conditions.ts";
import { loseEntities } from "./corruption.ts";
import { impairmentOf, type NodeFault, unimpaired } from "./impairments.ts";
import { joinContexts, restart } from "./joining.ts";
import type { SimNode } from "./sim-node.ts";
import type { World } from "./world.ts";

/** A fault begins or ends; or a disk is copied for one that is to come. */
export type FaultChange =
  | { readonly timeUs: number; readonly fault: PlanFault; readonly on: boolean }
  | { readonly timeUs: number; readonly node: number; readonly copy: string };

type Crash = Extract<PlanFault, { kind: "crash" }>;

export interface FaultMemory {
  /** By node: the drift it had before a fault changed it. */
  readonly usualDrift: Map<number, number>;
  /** Of nodes, that are on. */
  readonly active: Set<NodeFault>;
}

export class FaultInjector {
  readonly memory: FaultMemory;
  readonly #world: World;

  constructor(world: World, memory: FaultMemory = { usualDrift: new Map(), active: new Set() }) {
    this.memory = memory;
    this.#world = world;
  }

  schedule(): void {
    const changes = this.#world.plan.faults.flatMap((fault) => this.#changesOf(fault));
    const byTime = new Map<number, FaultChange[]>();
    for (const change of changes) byTime.set(change.timeUs, [...(byTime.get(change.timeUs) ?? []), change]);
    for (const [timeUs, together] of byTime) {
      const changes = Object.freeze(together.toSorted((a, b) => rankOf(a) - rankOf(b)));
      this.#world.schedule(timeUs, { kind: "faults", changes });
    }
  }

  change(change: FaultChange): void {
    if ("copy" in change) return this.#world.node(change.node).disk.backUp(change.copy);
    const { fault, on } = change;
    switch (fault.kind) {
      case "partition":
      case "flap":
      case "oneway":
      case "loss":
      case "duplicate":
      case "reorder":
      case "corrupt":
      case "latency":
      case "bandwidth":
        return this.#changeLinks(fault, on);
      case "crash":
        return this.#each(fault.nodes, (node) =>
          on ? this.#crash(node, fault) : this.#restart(node, fault),
        );
      case "slow":
      case "disk-slow":
      case "disk-full":
      case "disk-fail":
      case "byzantine":
        return this.#impair(fault, on);
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

  /** Ends what is wrong with these nodes and between them, and leaves the others to themselves. */
  heal(nodes: ReadonlySet<number>): void {
    const { conditions, connections } = this.#world;
    connections.cutsChanged(conditions.isolate(nodes));
    this.#each(Array.from(nodes), (node) => {
      node.impairment = unimpaired;
      this.#resume(node);
    });
  }

  #changesOf(fault: PlanFault): readonly FaultChange[] {
    const endUs = this.#world.plan.untilUs;
    const untilUs = fault.untilUs ?? Number.POSITIVE_INFINITY;
    const end: readonly FaultChange[] = untilUs <= endUs ? [{ timeUs: untilUs, fault, on: false }] : [];
    if (fault.kind !== "flap") return [...copiesFor(fault), { timeUs: fault.atUs, fault, on: true }, ...end];
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
      case "corrupt":
        return;
    }
  }

  /** Counted when they bite. */
  #impair(fault: NodeFault, on: boolean): void {
    if (on) this.memory.active.add(fault);
    else this.memory.active.delete(fault);
    this.#each(fault.nodes, (node) => {
      node.impairment = impairmentOf(node.index, this.memory.active);
    });
  }

  #each(nodes: readonly number[], act: (node: SimNode) => void): void {
    for (const node of nodes) act(this.#world.node(node));
  }

  #crash(node: SimNode, fault: Crash): void {
    if (node.status === "absent" || node.status === "left") return;
    this.#world.counters.fault("crash");
    const uniform32 = mix32(this.#world.seed, node.index, node.epoch, 9);
    if (fault.disk === "wipe" || fault.disk === "rollback") return this.#destroy(node, fault);
    // Its disk stopped it already: it is not started again before this is over.
    if (node.status === "down") {
      node.halt("down");
      if (fault.disk === "corrupt") this.#corrupt(node, uniform32);
      return;
    }
    this.#world.dropInbox(node);
    // What a failing disk did not take is gone, however gently the process ends.
    const lost = node.isDiskFailing
      ? node.stopByDisk()
      : node.crash(fault.disk === "corrupt" ? "keep" : fault.disk, uniform32);
    this.#world.counters.probe("disk-batches-lost", lost.length);
    if (fault.disk === "corrupt") this.#corrupt(node, uniform32);
    this.#world.halted(node, lost);
  }

  #corrupt(node: SimNode, seed: number): void {
    const { codec, contextIds, counters } = this.#world;
    const deleting = beingDeleted(node.disk);
    for (const contextId of contextIds.values()) {
      if (deleting.includes(contextId)) continue;
      const lost = loseEntities(node.disk, { contextId, codec, seed });
      counters.probe("disk-entities-lost", lost);
      if (lost > 0) node.damaged.add(contextId);
    }
    this.#world.chunkDisks.damage(node, seed);
  }

  #destroy(node: SimNode, fault: Crash): void {
    const world = this.#world;
    world.dropInbox(node);
    world.destroying(node);
    node.halt("down");
    if (fault.disk === "wipe") {
      node.disk.wipe();
      node.chunks.clear();
      node.damaged.clear();
      world.halted(node, "all");
    } else {
      const lost = node.disk.rollback(copyName(fault));
      world.counters.probe("disk-batches-lost", lost.length);
      world.halted(node, lost);
    }
  }

  #restart(node: SimNode, { disk }: Crash): void {
    if (node.status !== "down") return;
    const isOther = disk === "wipe" || disk === "rollback";
    restart(this.#world, node, isOther ? "all" : "lost");
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
    this.#world.resumed(node);
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
    const joined = contexts.map((context) => present(world.contextIds.get(context), "a context"));
    joinContexts(world, node, joined);
  }

  /** Also of a node that is down: it does not come back. */
  #leave(node: SimNode): void {
    if (node.status !== "up" && node.status !== "down") return;
    this.#world.counters.fault("leave");
    if (node.isPaused) this.#resume(node);
    if (node.status === "up") this.#world.stop(node);
    node.halt("left");
    this.#world.halted(node, []);
  }
}

/** What ends makes room for what begins at the same moment; what is copied then is copied before both. */
function rankOf(change: FaultChange): number {
  return "copy" in change ? 0 : change.on ? 2 : 1;
}

function copiesFor(fault: PlanFault): readonly FaultChange[] {
  if (fault.kind !== "crash" || fault.disk !== "rollback") return [];
  const copy = copyName(fault);
  return fault.nodes.map((node, index) => ({ timeUs: fault.copiedAtUs[index] ?? fault.atUs, node, copy }));
}

/** One node does not crash twice at one time. */
function copyName({ atUs }: Crash): string {
  return String(atUs);
}
