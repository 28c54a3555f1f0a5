/**
 * A state that is complete and verified takes the place of the one that shows. What is little is joined in one commit.
 * Else another state is made beside it, of what was written while it came and of what shows, some each turn, while
 * deltas are applied as always; and one commit puts that in its place. What a crash leaves of it is removed.
 * Invariants 5, 6, 7 and 14.
 */

import type { ContextId, Hash, PeerId } from "../../ids.ts";
import type { Crypto } from "../../ports.ts";
import type { Replica } from "../../replica.ts";
import type { VerifiedCut } from "../../states.ts";
import type { Turn } from "../../turn.ts";
import type { StateProtocol } from "../../wire/sync-message.ts";
import type { ReceivingMemory, TransferMemory } from "./receiving.ts";
import { entitiesOfBlock, type StagingMemory, takeBlocks } from "./staging.ts";

/** Plain data: part of the node's memory. */
export interface TakingOverMemory {
  readonly peer: PeerId;
  readonly contextId: ContextId;
  readonly protocol: StateProtocol;
  /** Without entities: these are written. Frozen. */
  readonly cut: VerifiedCut;
  /** The subtrees it is of. */
  readonly reached: ReadonlySet<Hash>;
  /** The next block to be joined. */
  block: number;
  /** Does it bring what was not here, besides what is written? */
  readonly bringsAny: boolean;
  /** Entities of blocks that were joined. */
  joined: number;
}

export function createTakingOver(
  { peer, contextId, protocol, transfer }: ReceivingMemory & { readonly transfer: TransferMemory },
  { entities, history, changes }: VerifiedCut,
): TakingOverMemory {
  const cut = Object.freeze({ entities: Object.freeze([]), history, changes });
  const { reached } = transfer.descent;
  const bringsAny = entities.length + history.length > 0;
  return { peer, contextId, protocol, cut, reached, block: 0, bringsAny, joined: 0 };
}

/** Writes the entities that are staged of a context. */
export function stage(
  staging: StagingMemory,
  replica: Replica,
  { pageBytes, turn }: { readonly pageBytes: number; readonly turn: Turn },
): void {
  for (const block of takeBlocks(staging, pageBytes)) replica.states.stage(block, turn);
  replica.save(turn);
}

/** Makes what is to take the place of the state that shows, as much as a turn may. True once `adopt` may put it there. */
export function prepare(
  taking: TakingOverMemory,
  replica: Replica,
  { crypto, turn }: { readonly crypto: Crypto; readonly turn: Turn },
): boolean {
  const { states } = replica;
  if (!states.clear(turn)) return false;
  if (taking.block === states.stagedBlocks) return states.copy(replica, turn);
  const { reached } = taking;
  const decode = (block: Uint8Array) => entitiesOfBlock(block, { reached, crypto });
  const entities = states.staged(taking.block, { decode, turn });
  states.take(entities, replica, turn);
  taking.block += 1;
  taking.joined += entities.length;
  return false;
}
