/**
 * What is verified of states that are being received, until it can be joined: entities by the hash of the subtree
 * they are all of, but for what this node had anyway. A hash means the same in every state, so what a session that
 * was cut off has brought the next one need not ask for. What becomes much is written, in blocks, and only known by its
 * hash from then on.
 */

import { byteString, bytesOf, type DeltaId, type Hash } from "../../ids.ts";
import type { Crypto } from "../../ports.ts";
import { type Entity, openEntity } from "../../state/entity.ts";
import { decodeValue, encode } from "../../wire/cbor.ts";
import { expectBytes, expectFields, expectList } from "../../wire/expect.ts";
import type { Target } from "./leaves.ts";

/** What is verified of one subtree. Frozen. */
export interface Verified {
  /** Null once they are written. */
  readonly entities: readonly Entity[] | null;
  /** Of it, too: to be asked for by their own hashes. */
  readonly later: readonly Target[];
  /** Deltas that the entities name, in which who may write them was changed. */
  readonly rotations: readonly DeltaId[];
}

export interface StagingMemory {
  readonly bySubtree: Map<Hash, Verified>;
  /** In memory. */
  bytes: number;
  /** Of that what entities take. */
  entityBytes: number;
  writtenBytes: number;
  usedMs: number;
}

export function createStaging(nowMs: number): StagingMemory {
  return { bySubtree: new Map(), bytes: 0, entityBytes: 0, writtenBytes: 0, usedMs: nowMs };
}

/** What all contexts of a node may hold in memory together, with the histories that one commit each takes over. */
export const heldBytesMax = 256 * 1_048_576;
/** What they may have written together. */
export const writtenBytesMax = 16 * 1_024 * 1_048_576;
/** What an entity or a delta without its body takes besides its bytes, roughly. */
export const overheadBytes = 256;
/** Entities of more pages than that are written: one commit takes over what are less. */
const pagesInMemory = 128;
/** A block is as long as so many pages. */
const pagesInBlock = 16;

/** What may be kept in memory for one context of entities that are not joined yet. */
export function keptBytesMax(pageBytes: number): number {
  return pagesInMemory * pageBytes;
}

export function keepVerified(
  staging: StagingMemory,
  subtree: Hash,
  { entities, later }: { readonly entities: readonly Entity[]; readonly later: readonly Target[] },
): Verified {
  const known = staging.bySubtree.get(subtree);
  if (known !== undefined) return known;
  const rotations = Object.freeze(Array.from(new Set(entities.flatMap(rotationsOf))));
  const verified = Object.freeze({
    entities: Object.freeze(entities),
    later: Object.freeze(later),
    rotations,
  });
  staging.bySubtree.set(subtree, verified);
  staging.bytes += weigh(verified);
  staging.entityBytes += weighEntities(entities);
  return verified;
}

function rotationsOf({ content }: Entity): readonly DeltaId[] {
  return content.type === "shared" ? content.rotations.map(({ delta }) => delta as DeltaId) : [];
}

/** Forgets what is not of the state that is being received. */
export function keepOnly(staging: StagingMemory, reached: ReadonlySet<Hash>): void {
  for (const [subtree, verified] of staging.bySubtree) {
    if (reached.has(subtree)) continue;
    staging.bySubtree.delete(subtree);
    staging.bytes -= weigh(verified);
    staging.entityBytes -= weighEntities(verified.entities ?? []);
  }
}

/** Lets go of all entities in memory: they are in these blocks then. O(entities). */
export function takeBlocks(staging: StagingMemory, pageBytes: number): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let [block, weight]: [unknown[], number] = [[], 0];
  const finish = () => {
    if (block.length > 0) blocks.push(encode(block));
    [block, weight] = [[], 0];
  };
  for (const [subtree, verified] of staging.bySubtree) {
    const { entities } = verified;
    if (entities === null || entities.length === 0) continue;
    block.push([bytesOf(subtree), entities.map(({ bytes }) => bytes)]);
    weight += weighEntities(entities);
    if (weight >= pagesInBlock * pageBytes) finish();
    staging.bySubtree.set(subtree, Object.freeze({ ...verified, entities: null }));
  }
  finish();
  staging.bytes -= staging.entityBytes;
  staging.entityBytes = 0;
  staging.writtenBytes += blocks.reduce((sum, { length }) => sum + length, 0);
  return blocks;
}

/** The entities of a block that are of these subtrees. For use inside `decoding`. */
export function entitiesOfBlock(
  block: Uint8Array,
  { reached, crypto }: { readonly reached: ReadonlySet<Hash>; readonly crypto: Crypto },
): readonly Entity[] {
  const max = Number.MAX_SAFE_INTEGER;
  return expectList(decodeValue(block, max), max, (each) => {
    const [subtree, entities] = expectFields(each, 2, "a subtree of a staged state");
    return reached.has(byteString<Hash>(expectBytes(subtree, max)))
      ? expectList(entities, max, (bytes) => openEntity(expectBytes(bytes, max), crypto))
      : [];
  }).flat();
}

function weigh({ entities, later }: Verified): number {
  return overheadBytes + weighTargets(later) + weighEntities(entities ?? []);
}

export function weighTargets(targets: readonly Target[]): number {
  return targets.reduce((sum, { prefix }) => sum + prefix.length + overheadBytes, 0);
}

export function weighEntities(entities: readonly Entity[]): number {
  return entities.reduce((sum, { bytes }) => sum + bytes.length + overheadBytes, 0);
}
