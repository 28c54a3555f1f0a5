// How a node comes to know a history: in any order, twice, one by one or many at once, over a restart, under any clock.

import * as fc from "fast-check";
import * as assert from "uvu/assert";
import type { Application } from "../../../core/app/application.ts";
import { kvStore } from "../../../core/app/built-in/kv-store.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { PeerId } from "../../../core/ids.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { trustingCodec } from "../authors.ts";
import { deltasMessage } from "../batches.ts";
import { turnOn } from "../delta-store/waiting.ts";
import { LoneNode, only } from "../lone-node.ts";

/** What a node comes to know. */
export interface Delivered {
  readonly genesis: CausalDelta;
  /** All, the genesis first, in a causal order. */
  readonly deltas: readonly CausalDelta[];
  /** What its nodes have installed; else what every history here is of. */
  readonly applications?: readonly Application[];
}

/** How one node comes to know everything. */
export const deliveries = fc.record({
  order: fc.array(fc.nat(), { maxLength: 60 }),
  batches: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
  wallMs: fc.constantFrom<number>(0, 1_700_000_000_000, 4_000_000_000_000),
  isRestarted: fc.boolean(),
});
export type Delivery = typeof deliveries extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** A node that has the context, and nothing of it yet. */
export function joined(written: Delivered, disk = new SimDisk()): LoneNode {
  const { applications = [kvStore] } = written;
  const node = new LoneNode("node", {
    disk,
    applications,
    codec: trustingCodec,
    config: { syncSessionsMax: 1_000 },
  });
  node.call({ kind: "join-context", contextId: written.genesis.contextId });
  return node;
}

/** Every position at least once, some twice, in the drawn order. */
function arrivals({ deltas }: Delivered, { order }: Delivery): readonly CausalDelta[] {
  const drawn = order.map((draw) => deltas[draw % deltas.length] as CausalDelta);
  return [...drawn, ...deltas.toReversed()];
}

/** Opens a session as a peer would, and sends batches in it whatever the order. */
function sendInSession(
  node: LoneNode,
  written: Delivered,
  batches: readonly (readonly CausalDelta[])[],
): void {
  const { contextId } = written.genesis;
  node.give({ kind: "stream-opened", stream: -1, peer: "peer" as PeerId });
  node.say(-1, createHandshake(joined(written).replica(contextId), turnOn(new SimDisk())));
  for (const batch of batches) {
    const effects = node.say(-1, deltasMessage(batch, contextId));
    assert.equal(only(effects, "fault"), []);
  }
}

/** Runs what the turns before left over. */
function settle(node: LoneNode): void {
  node.pass(10);
}

/** Each by itself; perhaps with a restart in the middle, after which all come again. */
export function byGossip(written: Delivered, delivery: Delivery): LoneNode {
  let node = joined(written);
  node.wallMs = delivery.wallMs;
  const list = arrivals(written, delivery);
  list.forEach((delta, index) => {
    node.gossip("peer", delta.contextId, delta.sealed);
    if (delivery.isRestarted && index === Math.floor(list.length / 2)) node = joined(written, node.disk);
  });
  if (delivery.isRestarted)
    for (const delta of written.deltas) node.gossip("peer", delta.contextId, delta.sealed);
  settle(node);
  return node;
}

/** Many at once, in a session. */
export function bySession(written: Delivered, delivery: Delivery): LoneNode {
  const node = joined(written);
  node.wallMs = delivery.wallMs;
  const left = [...arrivals(written, delivery)];
  const batches: CausalDelta[][] = [];
  for (let index = 0; left.length > 0; index += 1)
    batches.push(left.splice(0, delivery.batches[index % delivery.batches.length]));
  sendInSession(node, written, batches);
  settle(node);
  return node;
}
