/**
 * A state that is complete and verified takes the place of the one that shows. What is little is joined in one commit.
 * Else another state is made beside it, of what was written while it came and of what shows, some each turn, while
 * deltas are applied as always; and one commit puts that in its place. What a crash leaves of it is removed. Where the
 * past closes further meanwhile, or shows to have closed, it is given up, and asked for again. Invariants 5, 6, 7 and 14.
 */

import type { Hlc } from "../../hlc.ts";
import type { ContextId, Hash, PeerId } from "../../ids.ts";
import type { Judgement, VerifiedCut } from "../../past/taking-over.ts";
import type { Crypto } from "../../ports.ts";
import type { Replica } from "../../replica.ts";
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
  /** Up to where the past was closed here when it began. */
  readonly line: Hlc | null;
  /** What was judged of it last, and of how many deltas here. */
  judged: { readonly count: number; readonly judgement: Judgement } | null;
}

export function createTakingOver(
  { peer, contextId, protocol, transfer }: ReceivingMemory & { readonly transfer: TransferMemory },
  { entities, history, bodies, heads, isWhole }: VerifiedCut,
  { closing }: Replica,
): TakingOverMemory {
  const cut = Object.freeze({ entities: Object.freeze([]), history, bodies, heads, isWhole });
  const { reached } = transfer.descent;
  const bringsAny = entities.length + history.length > 0;
  const { line } = closing.checkpoints.closed;
  const about = { peer, contextId, protocol, cut, reached, bringsAny, line };
  return { ...about, block: 0, joined: 0, judged: null };
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

/** Makes what is to take the place of the state that shows, as much as a turn may. Once it is timely, `adopt` may put it there. */
export function prepare(
  taking: TakingOverMemory,
  replica: Replica,
  { crypto, turn }: { readonly crypto: Crypto; readonly turn: Turn },
): Judgement | { readonly kind: "unfinished" } {
  const { states } = replica;
  const judged = judge(taking, replica);
  if (judged.kind !== "timely") return judged;
  if (!states.clear(turn)) return unfinished;
  const making = { shown: replica, sieve: judged.sieve };
  if (taking.block === states.stagedBlocks) return states.copy(making, turn) ? judged : unfinished;
  const { reached } = taking;
  const decode = (block: Uint8Array) => entitiesOfBlock(block, { reached, crypto });
  const entities = states.staged(taking.block, { decode, turn });
  states.take(entities, making, turn);
  taking.block += 1;
  taking.joined += entities.length;
  return unfinished;
}

const unfinished = Object.freeze({ kind: "unfinished" as const });

/** Anew whenever the graph has grown: a checkpoint may have been opened, or answered by all. O(history) then. */
function judge(taking: TakingOverMemory, replica: Replica): Judgement {
  const { line } = replica.closing.checkpoints.closed;
  // What was collected since may have been copied before.
  if (line?.ms !== taking.line?.ms || line?.counter !== taking.line?.counter) return { kind: "untimely" };
  const { count } = replica.deltas.graph;
  if (taking.judged?.count !== count) taking.judged = { count, judgement: replica.judge(taking.cut) };
  return taking.judged.judgement;
}
