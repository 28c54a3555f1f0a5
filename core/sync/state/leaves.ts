/** Subtrees that are asked for by their hash, and the leaves that answers tell of them. */

import { type Fault, fault, isFault } from "../../fault.ts";
import type { Hash } from "../../ids.ts";
import type { Crypto } from "../../ports.ts";
import { type Entity, openEntity } from "../../state/entity.ts";
import { idDigitsMax } from "../../state/entity-id.ts";
import type { StateStore } from "../../state/state-store.ts";
import { commonPrefix, hashOf, type Leaf, treeOf } from "../../state/tree/tree-node.ts";
import { rangeOfPrefix } from "../../state/tree/tree-walk.ts";
import { decoding } from "../../wire/cbor.ts";
import { digestsMax, type StateAnswer, type StateChild } from "../../wire/state-query.ts";

/** A subtree of the peer's that differs from the own. Frozen. */
export interface Target {
  readonly prefix: string;
  readonly hash: Hash;
  /** Entities beneath, as its parent said: not covered by a hash, so it only decides how to ask. */
  readonly count: number;
  /** Ask for whole hashes and all entities. */
  readonly isPlain: boolean;
}

/** None where there are more than that. */
export function ownLeaves(prefix: string, state: StateStore, max = digestsMax): readonly Leaf[] {
  const leaves: Leaf[] = [];
  for (const leaf of state.leaves(rangeOfPrefix(prefix))) {
    if (leaves.length === max) return [];
    leaves.push(leaf);
  }
  return leaves;
}

interface OpenedLeaves {
  readonly kind: "opened";
  readonly entities: readonly Entity[];
  /** Those that came, those that were named, and the own ones that are the same. */
  readonly leaves: readonly Leaf[];
}

/** What an answer says of leaves beneath a prefix. A fault where an honest server would not say so. */
export function openLeaves(
  answer: Extract<StateAnswer, { readonly kind: "leaves" }>,
  about: { readonly prefix: string; readonly own: readonly Leaf[]; readonly crypto: Crypto },
): OpenedLeaves | Fault {
  const { prefix, own, crypto } = about;
  const same = answer.same.map((place) => own[place]);
  if (same.includes(undefined))
    return fault("false-state", "says that something is the same of which nothing is here");
  const opened = decoding("an entity of a state", () => ({
    kind: "opened" as const,
    entities: Object.freeze(answer.entities.map((bytes) => openEntity(bytes, crypto))),
  }));
  if (isFault(opened)) return opened;
  const leaves = [...(same as readonly Leaf[]), ...opened.entities, ...answer.named].map(
    ({ id, hash }): Leaf => Object.freeze({ id, hash }),
  );
  if (leaves.some(({ id }) => !id.startsWith(prefix)))
    return fault("false-state", `a leaf that is not beneath ${prefix}`);
  return { ...opened, leaves };
}

/** The hash of the tree of some leaves, sorted by id; null where there are none, or two of one id. */
export function hashOfLeaves(leaves: readonly Leaf[], crypto: Crypto): Hash | null {
  const isOnce = leaves.every(({ id }, index) => id !== leaves[index + 1]?.id);
  return leaves.length === 0 || !isOnce ? null : hashOf(treeOf(leaves), crypto);
}

/** Single entities as subtrees. */
export function targetsOf(leaves: readonly Leaf[], crypto: Crypto): readonly Target[] {
  return leaves.map(({ id, hash }) =>
    Object.freeze({ prefix: id, hash: hashOf(treeOf([{ id, hash }]), crypto), count: 1, isPlain: false }),
  );
}

/** What children have in common after the prefix that was asked for. */
export function prefixOf(children: readonly StateChild[]): string {
  return children.map(({ rest }) => rest).reduce(commonPrefix, children[0]?.rest ?? "");
}

/**
 * Can these be all the children beneath a prefix? A branch has two at least, at places of their own, and none lies
 * deeper than ids are long: so a tree that a peer makes up comes to an end.
 */
export function areOfBranch(children: readonly StateChild[], prefix: string): boolean {
  const { length } = prefixOf(children);
  const isOnce = new Set(children.map(({ rest }) => rest[length])).size === children.length;
  return children.length >= 2 && isOnce && children.every(({ rest }) => isPlace(prefix + rest));
}

/** May an entity lie there? */
export function isPlace(prefix: string): boolean {
  return prefix.length <= idDigitsMax;
}
