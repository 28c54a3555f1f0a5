/**
 * What is verified of states that are being received, until it can be joined: entities by the hash of the subtree
 * they are all of, but for what this node had anyway. A hash means the same in every state, so what a session that
 * was cut off has brought the next one need not ask for.
 */

import type { Hash } from "../../ids.ts";
import type { Entity } from "../../state/entity.ts";
import type { Target } from "./leaves.ts";

/** What is verified of one subtree. Frozen. */
export interface Verified {
  readonly entities: readonly Entity[];
  /** Of it, too: to be asked for by their own hashes. */
  readonly later: readonly Target[];
}

export interface StagingMemory {
  readonly bySubtree: Map<Hash, Verified>;
  bytes: number;
  usedMs: number;
}

export function createStaging(nowMs: number): StagingMemory {
  return { bySubtree: new Map(), bytes: 0, usedMs: nowMs };
}

/**
 * What all stagings of a node may hold together, and so what one adoption writes in its one commit. A larger
 * difference is not taken: see docs/decisions/0016-state-sync.md.
 */
export const stagedBytesMax = 256 * 1_048_576;
/** What an entity or a delta without its body takes besides its bytes, roughly. */
export const overheadBytes = 256;

export function keepVerified(staging: StagingMemory, subtree: Hash, verified: Verified): void {
  if (staging.bySubtree.has(subtree)) return;
  staging.bySubtree.set(subtree, Object.freeze(verified));
  staging.bytes += weigh(verified);
}

/** Forgets what is not of the state that is being received. */
export function keepOnly(staging: StagingMemory, reached: ReadonlySet<Hash>): void {
  for (const [subtree, verified] of staging.bySubtree) {
    if (reached.has(subtree)) continue;
    staging.bySubtree.delete(subtree);
    staging.bytes -= weigh(verified);
  }
}

function weigh({ entities, later }: Verified): number {
  return overheadBytes + weighTargets(later) + weighEntities(entities);
}

export function weighTargets(targets: readonly Target[]): number {
  return targets.reduce((sum, { prefix }) => sum + prefix.length + overheadBytes, 0);
}

export function weighEntities(entities: readonly Entity[]): number {
  return entities.reduce((sum, { bytes }) => sum + bytes.length + overheadBytes, 0);
}
