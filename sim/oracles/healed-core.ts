/**
 * The nodes that a run is healed for when its plan's time is over, and how far they are from having converged. See
 * `final-liveness.ts` for who they are and how long they may take.
 */

import type { ContextId } from "../../core/ids.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { World } from "../world/world.ts";
import type { Standing } from "./convergence.ts";
import { boundUs, type CorePart, coreOf } from "./final-liveness.ts";
import type { Kept } from "./kept.ts";
import { ConvergenceWatch, type WatchMemory } from "./watch.ts";

export interface HealedCoreMemory {
  readonly parts: readonly CorePart[];
  readonly allowedUs: number;
  /** One for each part. */
  readonly watches: readonly WatchMemory[];
}

export class HealedCore {
  readonly allowedUs: number;
  readonly #parts: readonly CorePart[];
  readonly #watches: readonly ConvergenceWatch[];
  readonly #world: World;

  /** Without a memory: of the nodes as they are now. They still have to be healed. */
  constructor(world: World, kept: Kept, memory?: HealedCoreMemory) {
    this.#world = world;
    this.#parts = memory?.parts ?? coreOf(world);
    this.allowedUs = memory?.allowedUs ?? boundUs(world, this.#parts);
    this.#watches = this.#parts.map(({ contextId, nodes }, index) => {
      const isKeeper = ({ index: node }: SimNode) => nodes.includes(node);
      const about = { contexts: [contextId], nodes, fromUs: 0, kept, isKeeper };
      return new ConvergenceWatch(world.nodes, { ...about, memory: memory?.watches[index] });
    });
  }

  /** All that changes. */
  get memory(): HealedCoreMemory {
    const { allowedUs } = this;
    return { allowedUs, parts: this.#parts, watches: this.#watches.map(({ memory }) => memory) };
  }

  get nodes(): ReadonlySet<number> {
    return new Set(this.#parts.flatMap(({ nodes }) => nodes));
  }

  /** Parts that have not converged. */
  get stuck(): readonly CorePart[] {
    return this.#parts.filter(
      (part, index) => this.#watches[index]?.isConverged() === false && !this.#isSevered(part),
    );
  }

  /**
   * Did the past close without what somebody here has, or does that wait for the word of one who is not here? Then what is
   * above it need not come to all. docs/decisions/0034-collecting.md.
   */
  #isSevered({ contextId, nodes }: CorePart): boolean {
    return nodes.some((node) => {
      const replica = this.#world.node(node).core?.replicas().get(contextId);
      if (replica === undefined) return false;
      return replica.closing.checkpoints.closed.isAstray || replica.deltas.pending.holdsAny;
    });
  }

  update(contextId: ContextId, node: number, standing: Standing): void {
    for (const watch of this.#watches) watch.update(contextId, node, standing);
  }
}
