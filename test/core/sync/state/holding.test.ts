// What a node holds of states that it receives is bounded over all its contexts, whatever became of the transfers.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { PeerId } from "../../../../core/ids.ts";
import { createDescent } from "../../../../core/sync/state/descent.ts";
import { type HeldMemory, hasRoomFor, isTooLarge } from "../../../../core/sync/state/holding.ts";
import { createPast } from "../../../../core/sync/state/past.ts";
import type { ReceivingMemory, TransferMemory } from "../../../../core/sync/state/receiving.ts";
import {
  createStaging,
  heldBytesMax,
  overheadBytes,
  writtenBytesMax,
} from "../../../../core/sync/state/staging.ts";
import type { TakingOverMemory } from "../../../../core/sync/state/taking-over.ts";
import { perPeerMax, receivingMax } from "../../../../core/sync/state/transfers.ts";
import type { PastDelta } from "../../../../core/wire/delta-head.ts";
import { idOf } from "../../dag/histories.ts";

const contextOf = (index: number) => idOf(index) as string as TakingOverMemory["contextId"];
const peerOf = (index: number) => `peer ${index}` as PeerId;
const offer = {} as TransferMemory["offer"];

function nothing(): HeldMemory {
  return { receiving: new Map(), staging: new Map(), takingOver: new Map() };
}

function transferOf(): TransferMemory {
  return { offer, past: createPast(), descent: createDescent(1) };
}

function receive(held: HeldMemory, index: number, peer: PeerId): TransferMemory {
  const transfer = transferOf();
  const about = {
    stream: index,
    contextId: contextOf(index),
    protocol: "snapshot",
    key: "",
    pace: {},
  } as const;
  held.receiving.set(index, { ...about, peer, transfer } as ReceivingMemory);
  held.staging.set(contextOf(index), createStaging(0));
  return transfer;
}

/** Deltas that nothing is known of but how many they are. */
function takeOver(held: HeldMemory, index: number, { peer, deltas }: { peer: PeerId; deltas: number }): void {
  const contextId = contextOf(index);
  const history = Array<PastDelta>(deltas);
  const cut = { entities: [], history, bodies: new Map(), heads: [], isWhole: false };
  const progress = {
    block: 0,
    bringsAny: true,
    joined: 0,
    reached: new Set<never>(),
    line: null,
    judged: null,
  };
  held.takingOver.set(contextId, { peer, contextId, protocol: "snapshot", cut, ...progress });
  held.staging.set(contextId, createStaging(0));
}

test("what two contexts have written counts together", () => {
  const held = nothing();
  const transfer = receive(held, 1, peerOf(1));
  receive(held, 2, peerOf(2));
  for (const staging of held.staging.values()) staging.writtenBytes = writtenBytesMax / 2;
  assert.not(isTooLarge(contextOf(1), transfer, held));
  for (const staging of held.staging.values()) staging.writtenBytes += 1;
  assert.ok(isTooLarge(contextOf(1), transfer, held));
});

test("histories count, those that come elsewhere and those that are taken over", () => {
  const held = nothing();
  const transfer = receive(held, 1, peerOf(1));
  takeOver(held, 2, { peer: peerOf(2), deltas: heldBytesMax / overheadBytes - 3 });
  const other = receive(held, 3, peerOf(3));
  assert.not(isTooLarge(contextOf(1), transfer, held));
  for (const [part, at] of [transfer, other].entries())
    for (let index = 0; index < 2; index += 1) at.past.staged.set(idOf(2 * part + index), {} as PastDelta);
  assert.ok(isTooLarge(contextOf(1), transfer, held));
  held.takingOver.clear();
  assert.not(isTooLarge(contextOf(1), transfer, held));
});

test("what is taken over is no room for another, of its peer or at all", () => {
  const held = nothing();
  for (let index = 0; index < perPeerMax; index += 1) takeOver(held, index, { peer: peerOf(0), deltas: 1 });
  assert.not(hasRoomFor(peerOf(0), held));
  assert.ok(hasRoomFor(peerOf(1), held));
  for (let index = perPeerMax; index < receivingMax; index += 1) receive(held, index, peerOf(index));
  assert.not(hasRoomFor(peerOf(receivingMax), held));
});

test.run();
