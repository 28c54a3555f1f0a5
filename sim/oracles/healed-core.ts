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
import { unsevered } from "./severed.ts";
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
      (part, index) => this.#watches[index]?.isConverged() === false && !this.#doOthersAgree(part),
    );
  }

  /** Do all agree who must, where some need not? */
  #doOthersAgree({ contextId, nodes }: CorePart): boolean {
    const replicas = nodes.flatMap((index) => {
      const { author, core } = this.#world.node(index);
      const replica = core?.replicas().get(contextId);
      return replica === undefined ? [] : [[author, replica] as const];
    });
    const others = unsevered(new Map(replicas));
    if (others.length === replicas.length) return false;
    return new Set(others.map((each) => [...each.heads(), each.stateRoot()].join(""))).size <= 1;
  }

  update(contextId: ContextId, node: number, standing: Standing): void {
    for (const watch of this.#watches) watch.update(contextId, node, standing);
  }
}
