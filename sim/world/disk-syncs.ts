/**
 * Syncs of the nodes' disks: how long each takes, whether it succeeds, and what follows when it does not. As under
 * the production driver: a sync that fails is tried again a few times, and then the node stops with nothing more kept
 * or said; whoever watches over it starts it again.
 */

import { commitRetryDelaysMs } from "../../core/commit-retry.ts";
import type { Commit } from "../../core/effect.ts";
import { mix32 } from "../random.ts";
import type { WorldPort } from "./events.ts";
import type { SimNode } from "./sim-node.ts";

/** A node that its disk stopped is started again after this. */
const reviveUs = 5_000_000;

export interface DiskSyncsAbout {
  readonly usualUs: readonly [number, number];
  /** A node is about to stop: its clients are told that it did. */
  readonly stopping: (node: SimNode) => void;
  /** It stopped, with what its disk never had. */
  readonly stopped: (node: SimNode, lost: readonly Commit[]) => void;
}

export class DiskSyncs {
  readonly #world: WorldPort;
  readonly #about: DiskSyncsAbout;

  constructor(world: WorldPort, about: DiskSyncsAbout) {
    this.#world = world;
    this.#about = about;
  }

  /** Begins a sync of all that is not synced. */
  begin(node: SimNode): void {
    const world = this.#world;
    node.disk.beginSync();
    node.syncs += 1;
    if (node.impairment.syncUs !== null) world.counters.fault("disk-slow");
    const [min, max] = node.impairment.syncUs ?? this.#about.usualUs;
    const syncUs = min + (mix32(world.seed, node.index, node.syncs, 8) % (max - min + 1));
    world.schedule(world.nowUs + syncUs, { kind: "synced", node: node.index, epoch: node.epoch });
  }

  /** A sync is over; for a paused node that waits. */
  ended(node: SimNode, epoch: number): void {
    if (node.epoch !== epoch) return;
    if (node.isPaused) node.isSyncOwed = true;
    else this.conclude(node);
  }

  conclude(node: SimNode): void {
    const trouble = this.#troubleOf(node);
    if (trouble !== null) {
      this.#world.counters.fault(trouble);
      return this.#retry(node);
    }
    node.failedSyncs = 0;
    node.synced();
    if (node.disk.unsyncedCount > 0) this.begin(node);
  }

  again(node: SimNode, epoch: number): void {
    if (node.epoch === epoch) this.begin(node);
  }

  #troubleOf(node: SimNode): "disk-full" | "disk-fail" | null {
    const { isDiskFull, failRate } = node.impairment;
    if (isDiskFull) return "disk-full";
    const draw = mix32(this.#world.seed, node.index, node.syncs, 13);
    return draw < failRate * 0x1_0000_0000 ? "disk-fail" : null;
  }

  #retry(node: SimNode): void {
    const world = this.#world;
    const delayMs = commitRetryDelaysMs[node.failedSyncs];
    node.failedSyncs += 1;
    if (delayMs !== undefined) {
      const event = { kind: "sync-again", node: node.index, epoch: node.epoch } as const;
      return world.schedule(world.nowUs + delayMs * 1_000, event);
    }
    world.counters.probe("disk-gave-up", 1);
    this.#about.stopping(node);
    this.#about.stopped(node, node.stopByDisk());
    const event = { kind: "revived", node: node.index, epoch: node.epoch } as const;
    world.schedule(world.nowUs + reviveUs, event);
  }
}
