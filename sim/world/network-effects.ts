/** What nodes ask of the network, carried out: as a driver's network does for one node. */

import { present } from "../../core/assert.ts";
import type { Effect } from "../../core/effect.ts";
import type { PeerId } from "../../core/ids.ts";
import type { Plan } from "../plan/plan.ts";
import type { ConnectionListener, Connections } from "./connections.ts";
import type { Mesh } from "./mesh.ts";
import type { Streams } from "./streams.ts";

type NetworkEffect = Extract<
  Effect,
  {
    readonly kind:
      | "publish"
      | "verdict"
      | "subscribe"
      | "unsubscribe"
      | "dial"
      | "hang-up"
      | "open-stream"
      | "send"
      | "close-stream";
  }
>;

export interface NetworkParts {
  readonly connections: Connections;
  readonly mesh: Mesh;
  readonly streams: Streams;
}

export class NetworkEffects {
  readonly #parts: NetworkParts;
  readonly #indexByPeer: ReadonlyMap<PeerId, number>;

  constructor(plan: Plan, parts: NetworkParts) {
    this.#parts = parts;
    this.#indexByPeer = new Map(plan.nodes.map(({ id }, index) => [id as PeerId, index]));
  }

  perform(node: number, effect: NetworkEffect): void {
    const { connections, mesh, streams } = this.#parts;
    switch (effect.kind) {
      case "publish":
        return mesh.publish(node, { topic: effect.topic, bytes: effect.message });
      case "verdict":
        return mesh.judged(node, Number(effect.gossip), effect.verdict);
      case "subscribe":
        return mesh.subscribe(node, effect.topic);
      case "unsubscribe":
        return mesh.unsubscribe(node, effect.topic);
      case "dial":
        return connections.dial(node, this.#indexOf(effect.peer));
      case "hang-up":
        return connections.hangUp(node, this.#indexOf(effect.peer));
      case "open-stream": {
        const { stream: id, peer, protocol } = effect;
        return streams.open(node, this.#indexOf(peer), { id, protocol });
      }
      case "send":
        return streams.send(node, effect.stream, effect.frame);
      case "close-stream":
        return streams.close(node, effect.stream);
    }
  }

  #indexOf(peer: PeerId): number {
    return present(this.#indexByPeer.get(peer), `peer ${peer}`);
  }
}

/** What connections bring, handed on. The parts are asked for when there is something: they rest on connections. */
export function listenerTo(parts: () => Pick<NetworkParts, "mesh" | "streams">): ConnectionListener {
  return {
    connected: (connection) => parts().mesh.connected(connection),
    broken: (connection) => parts().mesh.broken(connection),
    noticed: (connection, node) => parts().streams.lost(connection, node),
    arrived: (from, to, carried) => {
      switch (carried.kind) {
        case "subscribe":
        case "unsubscribe":
        case "graft":
        case "prune":
          return parts().mesh.controlled(carried.kind, { from, to, topic: carried.topic });
        default:
          return parts().streams.arrived({ from, to }, carried);
      }
    },
  };
}
