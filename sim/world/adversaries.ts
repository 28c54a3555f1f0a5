/** Has what byzantine nodes say edited, and says what is made up: at once, since nothing of it is kept. */

import type { Commit, Effect } from "../../core/effect.ts";
import type { Connections } from "./connections.ts";
import type { WorldPort } from "./events.ts";
import type { Mesh } from "./mesh.ts";
import type { SimNode } from "./sim-node.ts";

export interface AdversariesAbout {
  readonly connections: Connections;
  readonly mesh: Mesh;
  readonly perform: (node: SimNode, effect: Exclude<Effect, Commit>) => void;
}

export class Adversaries {
  readonly #world: WorldPort;
  readonly #about: AdversariesAbout;

  constructor(world: WorldPort, about: AdversariesAbout) {
    this.#world = world;
    this.#about = about;
  }

  /** What a node does in the place of what its core decided: the same, unless it is byzantine now. */
  edit(node: SimNode, effects: readonly Effect[]): readonly Effect[] {
    const { adversary, core, impairment } = node;
    if (adversary === null || core === null || impairment.behaviours.length === 0) return effects;
    const { connections, mesh, perform } = this.#about;
    const { counters, nowUs } = this.#world;
    const peers = Array.from(connections.neighbours(node.index), (other) => connections.peer(other));
    const edited = adversary.edit(effects, { behaviours: impairment.behaviours, core, peers, nowUs });
    for (const [behaviour, count] of edited.counts) {
      counters.fault("byzantine", count);
      counters.fault(`byzantine-${behaviour}`, count);
    }
    for (const said of edited.madeUp) {
      if (said.kind !== "publish-to") perform(node, said);
      else
        mesh.publish(
          node.index,
          { topic: said.topic, bytes: said.message },
          (other) => other % 2 === said.half,
        );
    }
    return edited.effects;
  }
}
