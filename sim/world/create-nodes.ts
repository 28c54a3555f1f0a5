/** The nodes of a plan, each with a key, a clock and a disk of its own. */

import type { Application } from "../../core/app/application.ts";
import { present } from "../../core/assert.ts";
import { createConfig } from "../../core/config.ts";
import type { PeerId } from "../../core/ids.ts";
import type { Identity } from "../../core/ports.ts";
import type { Codec } from "../../core/wire/codec.ts";
import { Adversary } from "../byzantine/adversary.ts";
import type { SimCrypto } from "../crypto.ts";
import { copyShared } from "../memory.ts";
import type { Plan } from "../plan/plan.ts";
import { NodeClock } from "./clock.ts";
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
  const byzantine = new Set(plan.faults.flatMap((fault) => (fault.kind === "byzantine" ? fault.nodes : [])));
  const identities = plan.nodes.map(
    ({ id }, index) =>
      from?.identities[index] ?? crypto.identity(keySeed(crypto, `${plan.seed}/${id}`), id as PeerId),
  );
  const authors = new Map(identities.map(({ peer, author }) => [peer, author]));
  const authorOf = (peer: PeerId) => authors.get(peer) ?? null;
  return plan.nodes.map(({ id, config, clockOffsetMs, clockDriftPpm }, index) => {
    const identity = present(identities[index], "a node's identity");
    const captured = from && present(from.nodes[index], "a captured node");
    const lies = { identity, codec, seed, node: index };
    const { clock, adversary } = copyShared({
      clock: captured?.clock,
      adversary: captured?.adversary,
    });
    const parts = {
      ...{ index, id, identity, authorOf, codec, applications, seed },
      config: createConfig(config),
      clock: new NodeClock(clockOffsetMs, clockDriftPpm, clock),
      adversary: byzantine.has(index) ? new Adversary(lies, adversary ?? undefined) : null,
    };
    return new SimNode(parts, surroundings, captured);
  });
}

/** 32 bytes that depend on the run's seed and the node's name alone. */
function keySeed({ crypto }: SimCrypto, label: string): Uint8Array {
  return crypto.sha256(Uint8Array.from(label, (character) => character.charCodeAt(0) & 0xff));
}
