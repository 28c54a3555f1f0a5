/** Watches for the first moment, from a given time on, at which some members of some contexts have converged. */

import type { ContextId, DeltaId, Hash } from "../../core/ids.ts";
import type { Replica } from "../../core/replica.ts";
import type { SimNode } from "../world/sim-node.ts";
import { ConvergenceTracker, isSettled, type Standing, type TrackerMemory } from "./convergence.ts";
import type { Kept } from "./kept.ts";
import { isAstray } from "./severed.ts";

export interface WatchOptions {
  readonly contexts: readonly ContextId[];
  /** Null: every node that is live. */
  readonly nodes: readonly number[] | null;
  /** Convergence before this does not count. */
  readonly fromUs: number;
  /** What disks keep. */
  readonly kept: Kept;
  readonly memory?: WatchMemory | undefined;
  /** Does a node owe the others what it alone keeps of a context? What nobody owes is not waited for. */
  readonly isKeeper: (node: SimNode, contextId: ContextId) => boolean;
}

export interface WatchMemory {
  readonly convergedAtUs: number | null;
  readonly trackers: readonly TrackerMemory[];
}

export class ConvergenceWatch {
  readonly fromUs: number;
  convergedAtUs: number | null = null;
  readonly #trackers: ReadonlyMap<ContextId, ConvergenceTracker>;
  readonly #nodes: readonly SimNode[];
  readonly #kept: Kept;
  readonly #isKeeper: WatchOptions["isKeeper"];

  constructor(nodes: readonly SimNode[], options: WatchOptions) {
    const { contexts, nodes: watched, fromUs, kept, isKeeper, memory } = options;
    this.convergedAtUs = memory?.convergedAtUs ?? null;
    this.#kept = kept;
    this.#isKeeper = isKeeper;
    const isWatched = watched === null ? () => true : (node: number) => watched.includes(node);
    this.fromUs = fromUs;
    this.#nodes = nodes;
    this.#trackers = new Map(
      contexts.map((contextId, index) => [
        contextId,
        new ConvergenceTracker(contextId, isWatched, memory?.trackers[index]),
      ]),
    );
  }

  /** All that changes. */
  get memory(): WatchMemory {
    const trackers = Array.from(this.#trackers.values(), ({ memory }) => memory);
    return { convergedAtUs: this.convergedAtUs, trackers };
  }

  update(contextId: ContextId, node: number, standing: Standing): void {
    this.#trackers.get(contextId)?.update(node, standing);
  }

  /** How many members of the first context stand on the heads most of them stand on. */
  largestGroup(): number {
    const [first] = this.#trackers.values();
    return first?.largestGroup ?? 0;
  }

  /** Of the context with most: how many different sets of heads its members stand on. */
  groupCount(): number {
    return Math.max(0, ...Array.from(this.#trackers.values(), ({ groupCount }) => groupCount));
  }

  /** Are all watched members of all contexts equal and settled now? O(contexts), and O(members) once they are equal. */
  isConverged(): boolean {
    for (const tracker of this.#trackers.values()) if (!tracker.isEqual) return false;
    for (const tracker of this.#trackers.values()) {
      const roots = new Set<Hash>();
      for (const member of tracker.members) {
        const replica = this.#nodes[member]?.core?.replicas().get(tracker.contextId);
        if (replica === undefined) continue;
        if (!isSettled(replica) && !this.#isOrphaned(replica)) return false;
        if (roots.add(replica.stateRoot()).size > 1) return false;
      }
    }
    return true;
  }

  /** Does everything that waits here wait for what is gone with its last holder, who left or is no member any more? */
  #isOrphaned(replica: Replica): boolean {
    const { contextId } = replica;
    // What only those who are astray keep is refused by all others.
    const isApart = (other: Replica | undefined) => other !== undefined && isAstray(other);
    const staying = this.#nodes.filter(
      (node) =>
        (node.status === "up" || node.status === "down") &&
        this.#isKeeper(node, contextId) &&
        !isApart(node.core?.replicas().get(contextId)),
    );
    const isGone = (id: DeltaId) => staying.every(({ disk }) => !this.#kept.has(disk, contextId, id));
    return replica.deltas.readyCount === 0 && replica.deltas.missing().every(isGone);
  }

  /** Notes the moment, if this is it. */
  check(nowUs: number): void {
    if (this.convergedAtUs === null && nowUs >= this.fromUs && this.isConverged()) this.convergedAtUs = nowUs;
  }
}
