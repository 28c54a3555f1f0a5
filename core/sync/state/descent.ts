/**
 * Down the tree of a peer's pinned state, only where it differs from the own: which nodes to ask for, and whether an
 * answer is what its hash says. The hash of every node comes from its parent's answer, that of the root from the
 * offer, so a lie is found in the very answer that tells it. Invariant 7.
 *
 * Short digests say what both have. Where two differ under one digest the node's hash comes out wrong: it is asked
 * for once more without digests, and only then it is the peer's mistake.
 */

import { type Fault, fault, isFault } from "../../fault.ts";
import type { Hash } from "../../ids.ts";
import type { Crypto } from "../../ports.ts";
import { type Entity, openEntity } from "../../state/entity.ts";
import type { StateStore } from "../../state/state-store.ts";
import {
  branchHash,
  commonPrefix,
  digitAt,
  digitOf,
  emptyRoot,
  hashOf,
  type Leaf,
  treeOf,
} from "../../state/tree/tree-node.ts";
import { rangeOfPrefix } from "../../state/tree/tree-walk.ts";
import { decoding } from "../../wire/cbor.ts";
import {
  digestBytes,
  digestsMax,
  leavesMax,
  noDigest,
  queriesMax,
  type StateAnswer,
  type StateOffer,
  type StateQuery,
} from "../../wire/state-message.ts";
import { keepVerified, type StagingMemory, type Verified } from "./staging.ts";

/** A subtree of the peer's that differs from the own. Frozen. */
interface Target {
  readonly prefix: string;
  readonly hash: Hash;
  /** Entities beneath, as its parent said: not covered by a hash, so it only decides how to ask. */
  readonly count: number;
  /** Ask without digests. */
  readonly isPlain: boolean;
}

/** What was asked, with what the digests stood for. Frozen. */
interface Asked {
  readonly target: Target;
  /** Of the own children by digit; empty where leaves were asked for. */
  readonly children: readonly (Hash | null)[];
  /** Own leaves; empty where children were asked for. */
  readonly leaves: readonly Leaf[];
}

export interface DescentMemory {
  /** Still to be asked for: the last first, so that little waits however large the state is. */
  readonly open: Target[];
  /** By message under way, in order. */
  readonly asked: (readonly Asked[])[];
  /** Verified subtrees of the offered state, by hash: their entities are in the staging. */
  readonly reached: Set<Hash>;
  /** The most nodes asked for at once. */
  breadth: number;
}

export function createDescent(): DescentMemory {
  return { open: [], asked: [], reached: new Set(), breadth: 0 };
}

/** Begins with what was offered: the root, and its children where it has some. A fault when they do not fit. */
export function takeRoot(
  memory: DescentMemory,
  { root: hash, children: others, entityCount: count }: StateOffer,
  parts: DescentParts,
): Fault | null {
  const { state, crypto } = parts;
  if (hash === state.root()) return null;
  if (count === 0)
    return hash === emptyRoot(crypto) ? null : fault("false-state", "a root of nothing that is not");
  const prefix = others.map(({ rest }) => rest).reduce(commonPrefix, others[0]?.rest ?? "");
  const target: Target = Object.freeze({ prefix, hash, count, isPlain: true });
  if (others.length === 0) {
    memory.open.push(Object.freeze({ ...target, isPlain: false }));
    return null;
  }
  const relative = others.map((child) => ({ ...child, rest: child.rest.slice(prefix.length) }));
  const children = Array.from({ length: 16 }, (_, digit) => state.hashBeneath(prefix + digitOf(digit)));
  const asked = { target, children, leaves: [] };
  return takeChildren(memory, asked, { ...parts, answer: { kind: "children", same: [], others: relative } });
}

/** Leaves asked for in one message: entities that may come at once. */
const leavesPerMessage = 1_000;
/** Messages under way at a time. */
const messagesMax = 4;

export interface DescentParts {
  readonly state: StateStore;
  readonly staging: StagingMemory;
  readonly crypto: Crypto;
}

/** The queries of the next message; empty when nothing is to be asked now. */
export function nextQueries(memory: DescentMemory, parts: DescentParts): readonly StateQuery[] {
  const { state, staging } = parts;
  if (memory.asked.length >= messagesMax) return [];
  const asked: Asked[] = [];
  for (let leaves = 0; asked.length < queriesMax && leaves < leavesPerMessage; ) {
    const target = memory.open.pop();
    if (target === undefined) break;
    const verified = staging.bySubtree.get(target.hash);
    if (verified !== undefined) {
      reach(memory, target, { verified, crypto: parts.crypto });
      continue;
    }
    if (isOfLeaves(target)) leaves += target.count;
    asked.push(ask(target, state));
  }
  if (asked.length === 0) return [];
  memory.asked.push(Object.freeze(asked));
  memory.breadth = Math.max(memory.breadth, asked.length);
  return asked.map(queryOf);
}

/** Is all that differs here? */
export function isDescended({ open, asked }: DescentMemory): boolean {
  return open.length === 0 && asked.length === 0;
}

/** Verifies answers to the oldest message under way, and keeps what they bring. A fault when one is a lie. */
export function takeAnswers(
  memory: DescentMemory,
  answers: readonly StateAnswer[],
  parts: DescentParts,
): Fault | null {
  const asked = memory.asked.shift();
  if (asked === undefined) return fault("out-of-turn", "an answer to nothing");
  if (answers.length === 0 || answers.length > asked.length)
    return fault("malformed", `${answers.length} answers to ${asked.length} queries`);
  for (const { target } of asked.slice(answers.length).toReversed()) memory.open.push(target);
  for (const [index, answer] of answers.entries()) {
    const each = asked[index] as Asked; // there are no more answers than queries
    if (isOfLeaves(each.target) !== (answer.kind === "leaves"))
      return fault("out-of-turn", `${answer.kind} where others were asked for`);
    const mistake =
      answer.kind === "children"
        ? takeChildren(memory, each, { answer, ...parts })
        : takeLeaves(memory, each, { answer, ...parts });
    if (mistake !== null) return mistake;
  }
  return null;
}

function isOfLeaves({ count }: Target): boolean {
  return count <= leavesMax;
}

function ask(target: Target, state: StateStore): Asked {
  const { prefix, isPlain } = target;
  const digits = isOfLeaves(target) || isPlain ? [] : Array.from({ length: 16 }, (_, digit) => digit);
  const leaves = isOfLeaves(target) && !isPlain ? ownLeaves(prefix, state) : [];
  const children = digits.map((digit) => state.hashBeneath(prefix + digitOf(digit)));
  return Object.freeze({ target, children: Object.freeze(children), leaves: Object.freeze(leaves) });
}

/** None where there are more than are told. */
function ownLeaves(prefix: string, state: StateStore): readonly Leaf[] {
  const leaves: Leaf[] = [];
  for (const leaf of state.leaves(rangeOfPrefix(prefix))) {
    if (leaves.length === digestsMax) return [];
    leaves.push(leaf);
  }
  return leaves;
}

function queryOf({ target, children, leaves }: Asked): StateQuery {
  const { prefix } = target;
  if (isOfLeaves(target))
    return { form: "leaves", prefix, digests: leaves.map(({ hash }) => digestOf(hash)).join("") };
  const digests = Array.from({ length: 16 }, (_, digit) => digestOf(children[digit] ?? null));
  return { form: "children", prefix, digests: digests.join("") };
}

export function digestOf(hash: Hash | null): string {
  return hash === null ? noDigest : hash.slice(0, digestBytes);
}

type Answer<Kind> = DescentParts & { readonly answer: Extract<StateAnswer, { readonly kind: Kind }> };

function takeChildren(
  memory: DescentMemory,
  asked: Asked,
  { answer, crypto }: Answer<"children">,
): Fault | null {
  const { target } = asked;
  const hashes = new Map<number, Hash>();
  for (const digit of answer.same) {
    const own = asked.children[digit] ?? null;
    if (own === null) return fault("false-state", "says that something is the same of which nothing is here");
    hashes.set(digit, own);
  }
  for (const { rest, hash } of answer.others) hashes.set(digitAt(rest, 0), hash);
  const children = Array.from(hashes).sort(([a], [b]) => a - b);
  if (children.length !== answer.same.length + answer.others.length)
    return fault("false-state", "two children at one digit");
  if (branchHash(children, crypto) !== target.hash) return askPlainly(memory, target, "children");
  for (const { rest, hash, count } of answer.others) {
    if (asked.children[digitAt(rest, 0)] === hash) continue;
    memory.open.push(Object.freeze({ prefix: target.prefix + rest, hash, count, isPlain: false }));
  }
  return null;
}

function takeLeaves(
  memory: DescentMemory,
  asked: Asked,
  { answer, crypto, staging }: Answer<"leaves">,
): Fault | null {
  const { target } = asked;
  const same = answer.same.map((place) => asked.leaves[place]);
  if (same.includes(undefined))
    return fault("false-state", "says that something is the same of which nothing is here");
  const opened = openAll(answer.entities, crypto);
  if (isFault(opened)) return opened;
  const leaves = [...(same as readonly Leaf[]), ...opened.entities, ...answer.named]
    .map(({ id, hash }): Leaf => Object.freeze({ id, hash }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  if (leaves.length === 0) return fault("false-state", `no leaf beneath ${target.prefix}`);
  if (leaves.some(({ id }) => !id.startsWith(target.prefix)))
    return fault("false-state", `a leaf that is not beneath ${target.prefix}`);
  // An own leaf may have been taken for another of the same digest, and be here twice.
  const isOnce = leaves.every(({ id }, index) => id !== leaves[index + 1]?.id);
  if (!isOnce || hashOf(treeOf(leaves), crypto) !== target.hash) return askPlainly(memory, target, "leaves");
  if (answer.named.length > 0 && leaves.length === 1)
    return fault("false-state", "a single leaf without its entity");
  const isNamed = ({ id }: Leaf) => answer.named.some((each) => each.id === id);
  const verified = { entities: opened.entities, named: Object.freeze(leaves.filter(isNamed)) };
  keepVerified(staging, target.hash, verified);
  reach(memory, target, { verified, crypto });
  return null;
}

/** The subtree is here, but for what of it is to be asked for one by one. */
function reach(
  memory: DescentMemory,
  { hash }: Target,
  { verified, crypto }: { readonly verified: Verified; readonly crypto: Crypto },
): void {
  memory.reached.add(hash);
  for (const leaf of verified.named) memory.open.push(single(leaf, crypto));
}

/** A single entity as a subtree. */
function single(leaf: Leaf, crypto: Crypto): Target {
  return Object.freeze({ prefix: leaf.id, hash: hashOf(treeOf([leaf]), crypto), count: 1, isPlain: false });
}

function openAll(
  all: readonly Uint8Array[],
  crypto: Crypto,
): { readonly kind: "opened"; readonly entities: readonly Entity[] } | Fault {
  return decoding("an entity of a state", () => ({
    kind: "opened",
    entities: Object.freeze(all.map((bytes) => openEntity(bytes, crypto))),
  }));
}

function askPlainly(memory: DescentMemory, target: Target, what: string): Fault | null {
  if (target.isPlain)
    return fault("false-state", `${what} beneath ${target.prefix} that do not give its hash`);
  memory.open.push(Object.freeze({ ...target, isPlain: true }));
  return null;
}
