/**
 * What a node holds of states that it receives, over all contexts: in memory and on disk, from the first answer until
 * the last of it is taken over. All of it counts, so a peer that gives much in one context leaves no room in others.
 */

import type { ContextId, PeerId } from "../../ids.ts";
import type { StreamId } from "../../input.ts";
import type { ReceivingMemory, TransferMemory } from "./receiving.ts";
import { heldBytesMax, keepOnly, overheadBytes, type StagingMemory, writtenBytesMax } from "./staging.ts";
import type { TakingOverMemory } from "./taking-over.ts";
import { perPeerMax, receivingMax } from "./transfers.ts";

/** Plain data. */
export interface HeldMemory {
  readonly receiving: Map<StreamId, ReceivingMemory>;
  /** By context: what was received and not taken over yet. */
  readonly staging: Map<ContextId, StagingMemory>;
  /** By context: what is complete, and taken over in the turns that follow. */
  readonly takingOver: Map<ContextId, TakingOverMemory>;
}

/** May a state be asked for of a peer? */
export function hasRoomFor(peer: PeerId, { receiving, takingOver }: HeldMemory): boolean {
  const all = [...receiving.values(), ...takingOver.values()];
  return all.length < receivingMax && all.filter((each) => each.peer === peer).length < perPeerMax;
}

/** Does it come to more than may be held, what is of other states than the one that the context receives forgotten? */
export function isTooLarge(
  contextId: ContextId,
  { descent }: Pick<TransferMemory, "descent">,
  held: HeldMemory,
): boolean {
  const written = sum(held.staging.values(), ({ writtenBytes }) => writtenBytes);
  if (written > writtenBytesMax) return true;
  if (bytesIn(held) <= heldBytesMax) return false;
  const staging = held.staging.get(contextId);
  if (staging !== undefined) keepOnly(staging, descent.reached);
  return bytesIn(held) > heldBytesMax;
}

function bytesIn({ receiving, staging, takingOver }: HeldMemory): number {
  return (
    sum(staging.values(), ({ bytes }) => bytes) +
    sum(receiving.values(), ({ transfer }) => (transfer === null ? 0 : waitingIn(transfer))) +
    sum(takingOver.values(), ({ cut }) => cut.history.length * overheadBytes)
  );
}

function waitingIn({ past, descent }: TransferMemory): number {
  return past.staged.size * overheadBytes + descent.narrowing.bytes;
}

function sum<T>(all: Iterable<T>, weigh: (each: T) => number): number {
  return Array.from(all, weigh).reduce((weight, each) => weight + each, 0);
}
