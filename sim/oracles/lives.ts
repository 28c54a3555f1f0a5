/**
 * From one start to the next a node writes under an incarnation of its own: what is counted by author and incarnation
 * must not go on from where it stood when some of it was lost. Under one incarnation its clock only ascends.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import { compareHlc, type Hlc } from "../../core/hlc.ts";
import type { Incarnation } from "../../core/ids.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { Found } from "./oracles.ts";

interface Life {
  readonly epoch: number;
  /** Its clock at the last of these writes. */
  hlc: Hlc;
}

export interface LivesMemory {
  /** By node: what it wrote under, and from which start on. */
  readonly lives: readonly Map<Incarnation, Life>[];
}

export class Lives {
  readonly memory: LivesMemory;
  readonly #report: (found: Found) => void;

  constructor(nodes: number, report: (found: Found) => void, memory?: LivesMemory) {
    this.#report = report;
    this.memory = memory ?? { lives: Array.from({ length: nodes }, () => new Map()) };
  }

  /** A node commits a delta that nobody has committed before. */
  wrote(node: SimNode, { author, incarnation, hlc, content }: CausalDelta): void {
    const lives = this.memory.lives[node.index];
    // Contexts are founded before a run: a node that has one in it was given it again.
    if (lives === undefined || author !== node.author || content.kind === "genesis") return;
    const life = lives.get(incarnation) ?? { epoch: node.epoch, hlc };
    if (life.epoch !== node.epoch) this.#find(node, "it writes on under the incarnation of an earlier life");
    else if (life.hlc !== hlc && compareHlc(hlc, life.hlc) <= 0)
      this.#find(node, "it writes with a clock that does not ascend");
    lives.set(incarnation, { epoch: life.epoch, hlc });
  }

  #find(node: SimNode, message: string): void {
    this.#report({ oracle: "one-life", invariant: 5, node: node.id, message });
  }
}
