/** The nodes of a plan, each with a key, a clock and a disk of its own. */

import type { Application } from "../../core/app/application.ts";
import { present } from "../../core/assert.ts";
import { createConfig } from "../../core/config.ts";
import type { PeerId } from "../../core/ids.ts";
import type { Identity } from "../../core/ports.ts";
import type { Codec } from "../../core/wire/codec.ts";
import type { SimCrypto } from "../crypto.ts";
import type { Plan } from "../plan/plan.ts";
import { type ClockMemory, NodeClock } from "./clock.ts";
import { type NodeSurroundings, SimNode, type SimNodeMemory } from "./sim-node.ts";

export interface NodesOptions {
  readonly crypto: SimCrypto;
  readonly codec: Codec;
  readonly applications: readonly Application[];
  readonly seed: number;
  readonly surroundings: NodeSurroundings;
  /** Of a run to go on with. Identities are costly to make. */
  readonly from?: CapturedNodes | undefined;
}

export interface CapturedNodes {
  readonly identities: readonly Identity[];
  readonly nodes: readonly SimNodeMemory[];
}

export function createNodes(
  plan: Plan,
  { crypto, codec, applications, seed, surroundings, from }: NodesOptions,
): readonly SimNode[] {
  return plan.nodes.map(
    ({ id, config, clockOffsetMs, clockDriftPpm }, index) =>
      new SimNode(
        {
          index,
          id,
          identity:
            from?.identities[index] ?? crypto.identity(keySeed(crypto, `${plan.seed}/${id}`), id as PeerId),
          codec,
          config: createConfig(config),
          applications,
          clock: new NodeClock(clockOffsetMs, clockDriftPpm, from && { ...clockOf(from, index) }),
          seed,
        },
        surroundings,
        from?.nodes[index],
      ),
  );
}

function clockOf({ nodes }: CapturedNodes, index: number): ClockMemory {
  return present(nodes[index], "a captured node").clock;
}

/** 32 bytes that depend on the run's seed and the node's name alone. */
function keySeed({ crypto }: SimCrypto, label: string): Uint8Array {
  return crypto.sha256(Uint8Array.from(label, (character) => character.charCodeAt(0) & 0xff));
}
