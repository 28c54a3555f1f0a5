/**
 * Down the tree of a peer's pinned state, only where it differs from the own: which nodes to ask for, and whether an
 * answer is what its hash says. The hash of every target comes from its parent's answer, that of the root from the
 * offer, so a lie is found in the very answer that tells it. Invariant 7.
 *
 * A large target of which much is here is narrowed down first (`narrowing.ts`), at the risk that short hashes hide
 * something; and digests say which entities are here. Where the target's hash does not come out, it is asked for once
 * more, plainly, and only then it is the peer's mistake.
 */

import { unreachable } from "../../assert.ts";
import { type Fault, fault, isFault } from "../../fault.ts";
import type { Hash } from "../../ids.ts";
import type { Crypto } from "../../ports.ts";
import type { StateStore } from "../../state/state-store.ts";
import { branchHash, countOf, digitAt, emptyRoot, type Leaf } from "../../state/tree/tree-node.ts";
import type { StateOffer } from "../../wire/state-message.ts";
import {
  leavesMax,
  queriesMax,
  type StateAnswer,
  type StateChild,
  type StateQuery,
} from "../../wire/state-query.ts";
import { workMax } from "./answering.ts";
import {
  areOfBranch,
  hashOfLeaves,
  openLeaves,
  ownLeaves,
  prefixOf,
  type Target,
  targetsOf,
} from "./leaves.ts";
import {
  beginTrial,
  createNarrowing,
  giveUp,
  isOnTrial,
  type Narrowed,
  type NarrowingMemory,
  questionOf,
  type Region,
  type Told,
  takeDigests,
  takeRegionChildren,
  takeRegionLeaves,
  takeSums,
} from "./narrowing.ts";
import type { ShortHash } from "./short-hash.ts";
import { heldBytesMax, keepVerified, overheadBytes, type StagingMemory, type Verified } from "./staging.ts";

/** What is to be asked for. */
type Open =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "region"; readonly region: Region };

/** What was asked, with the own leaves whose digests were sent along. Frozen. */
interface Asked {
  readonly open: Open;
  readonly form: StateQuery["form"];
  readonly leaves: readonly Leaf[];
}

export interface DescentMemory {
  /** Still to be asked for: the last first, so that little waits however large the state is. */
  readonly open: Open[];
  /** By message under way, in order. */
  readonly asked: (readonly Asked[])[];
  /** Verified subtrees of the offered state, by hash: their entities are in the staging. */
  readonly reached: Set<Hash>;
  readonly narrowing: NarrowingMemory;
  /** Answers that may still come: a tree of which one node stands in many places need never end. */
  answersLeft: number;
}

/** Of a state of so many entities, as a server says. */
export function createDescent(entityCount: number): DescentMemory {
  const answersLeft = workMax(Math.min(entityCount, entitiesMax));
  return { open: [], asked: [], reached: new Set(), narrowing: createNarrowing(), answersLeft };
}

/** No more can be staged: of each there is its hash, and more often than not several are beneath one. */
const entitiesMax = 8 * (heldBytesMax / overheadBytes);
/** Waiting to be asked for: the depth of a tree times what is under way, and far more than honest ones come to. */
const openMax = 1_048_576;

export interface DescentParts {
  readonly state: StateStore;
  readonly staging: StagingMemory;
  readonly crypto: Crypto;
  /** Under the key of the transfer. */
  readonly short: ShortHash;
  /** May large targets be narrowed down? */
  readonly narrows: boolean;
  /** What may be kept in memory of what is being narrowed down, which is verified last. */
  readonly keptMax: number;
}

/** Begins with what was offered: the root, and what is told of its children. A fault when it does not fit. */
export function takeRoot(
  memory: DescentMemory,
  { root: hash, children, nodes, entityCount: count }: StateOffer,
  parts: DescentParts,
): Fault | null {
  const { state, crypto } = parts;
  if (hash === state.root()) return null;
  if (count === 0)
    return hash === emptyRoot(crypto) ? null : fault("false-state", "a root of nothing that is not");
  const root: Target = { prefix: "", hash, count, isPlain: false };
  if (children.length === 0) {
    const [top, ...others] = nodes;
    const start = (top?.prefix.length ?? 0) + 1;
    const told = new Map(others.map((node) => [node.prefix.slice(0, start), node]));
    if (top !== undefined) told.set("", top);
    descend(memory, { target: root, told }, parts);
    return null;
  }
  if (hashOfChildren(children, "", crypto) !== hash)
    return fault("false-state", "children of the root that do not give its hash");
  const told = new Map(nodes.map((node) => [node.prefix, node]));
  return takeChildren(memory, { target: root, children, told }, parts);
}

/** Asked for in one message: what comes back is a page of entities, or many are looked at for it. */
const workPerMessage = 8_192;
/** An entity that may come, in entities that are only looked at. */
const workPerEntity = 8;
/** Messages under way at a time. */
const messagesMax = 16;

/** The queries of the next message; empty when nothing is to be asked now. */
export function nextQueries(memory: DescentMemory, parts: DescentParts): readonly StateQuery[] {
  if (memory.asked.length >= messagesMax) return [];
  const asked: Asked[] = [];
  const queries: StateQuery[] = [];
  for (let work = 0; asked.length < queriesMax && work < workPerMessage; ) {
    const open = memory.open.pop();
    if (open === undefined) break;
    const question = questionAbout(memory, open, parts);
    if (question === null) continue;
    work += question.work;
    queries.push(question.query);
    asked.push(Object.freeze({ open, form: question.query.form, leaves: Object.freeze(question.leaves) }));
  }
  if (asked.length === 0) return [];
  memory.asked.push(Object.freeze(asked));
  return queries;
}

/** Is all that differs here? */
export function isDescended({ open, asked, narrowing }: DescentMemory): boolean {
  return open.length === 0 && asked.length === 0 && narrowing.trials.size === 0;
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
  memory.open.push(
    ...asked
      .slice(answers.length)
      .map(({ open }) => open)
      .reverse(),
  );
  for (const [index, answer] of answers.entries()) {
    const each = asked[index] as Asked; // there are no more answers than queries
    if (!allowed[each.form].includes(answer.kind))
      return fault("out-of-turn", `${answer.kind} where ${each.form} were asked for`);
    const mistake =
      each.open.kind === "target"
        ? takeOfTarget(memory, each.open.target, { answer, own: each.leaves, parts })
        : takeOfRegion(memory, each.open.region, { answer, own: each.leaves, parts });
    if (mistake !== null) return mistake;
  }
  if (memory.narrowing.bytes > parts.keptMax)
    for (const target of giveUp(memory.narrowing)) pushPlain(memory, target);
  memory.answersLeft -= answers.length;
  return memory.answersLeft < 0 || memory.open.length > openMax
    ? fault("over-limit", "a tree that does not come to an end")
    : null;
}

/** A server that has more, or less, than a form is about tells its children, or all of its entities. */
const allowed: Readonly<Record<StateQuery["form"], readonly StateAnswer["kind"][]>> = {
  children: ["children", "leaves"],
  leaves: ["leaves", "children"],
  digests: ["digests", "leaves"],
  sums: ["sums", "children"],
  picks: ["leaves", "children"],
};

/** Null where nothing need be asked: it is here already, or its target was given up. */
function questionAbout(
  memory: DescentMemory,
  open: Open,
  parts: DescentParts,
): ReturnType<typeof questionOf> | null {
  if (open.kind === "region")
    return isOnTrial(memory.narrowing, open.region) ? questionOf(open.region, parts) : null;
  const { prefix, hash, count, isPlain } = open.target;
  const verified = parts.staging.bySubtree.get(hash);
  if (verified !== undefined) {
    reach(memory, open.target, { verified, parts });
    return null;
  }
  if (count > leavesMax) return { query: { form: "children", prefix }, leaves: [], work: 16 };
  const leaves = isPlain ? [] : ownLeaves(prefix, parts.state);
  const digests = leaves.map((leaf) => parts.short.digest(leaf.hash)).join("");
  return { query: { form: "leaves", prefix, digests }, leaves, work: count * workPerEntity };
}

interface Heard {
  readonly answer: StateAnswer;
  readonly own: readonly Leaf[];
  readonly parts: DescentParts;
}

function takeOfTarget(memory: DescentMemory, target: Target, { answer, own, parts }: Heard): Fault | null {
  switch (answer.kind) {
    case "children":
      return takeChildren(memory, { target, children: answer.others, told: nothingTold }, parts);
    case "leaves":
      return takeLeaves(memory, target, { answer, own, parts });
    default:
      return fault("out-of-turn", `${answer.kind} about a whole target`);
  }
}

function takeOfRegion(memory: DescentMemory, region: Region, { answer, own, parts }: Heard): Fault | null {
  const { narrowing } = memory;
  if (!isOnTrial(narrowing, region)) return null;
  switch (answer.kind) {
    case "children":
      return follow(memory, takeRegionChildren(narrowing, region, { answer, parts }), parts);
    case "leaves":
      return follow(memory, takeRegionLeaves(narrowing, region, { answer, own, parts }), parts);
    case "digests":
      return follow(memory, takeDigests(narrowing, region, { answer, parts, isTold: false }), parts);
    case "sums":
      return follow(memory, takeSums(region, { answer, parts }), parts);
    default:
      return unreachable(answer);
  }
}

/** Asks for what narrowing found to be asked for, and takes what it concluded. */
function follow(memory: DescentMemory, narrowed: Narrowed | Fault, parts: DescentParts): Fault | null {
  if (isFault(narrowed)) return narrowed;
  memory.open.push(...narrowed.open.map((region): Open => ({ kind: "region", region })));
  const { concluded } = narrowed;
  if (concluded === null) return null;
  const { target, entities, later } = concluded;
  if (!concluded.isTrue) return askPlainly(memory, target, "what is");
  const verified = keepVerified(parts.staging, target.hash, { entities, later });
  reach(memory, target, { verified, parts });
  return null;
}

function takeChildren(
  memory: DescentMemory,
  about: { readonly target: Target; readonly children: readonly StateChild[]; readonly told: Told },
  parts: DescentParts,
): Fault | null {
  const { target, children, told } = about;
  if (hashOfChildren(children, target.prefix, parts.crypto) !== target.hash)
    return askPlainly(memory, target, "children");
  for (const { rest, hash, count } of children) {
    const prefix = target.prefix + rest;
    if (parts.state.hashBeneath(prefix) === hash) continue;
    descend(memory, { target: { prefix, hash, count, isPlain: target.isPlain }, told }, parts);
  }
  return null;
}

function takeLeaves(
  memory: DescentMemory,
  target: Target,
  { answer, own, parts }: Heard & { readonly answer: Extract<StateAnswer, { readonly kind: "leaves" }> },
): Fault | null {
  const { crypto } = parts;
  const opened = openLeaves(answer, { prefix: target.prefix, own, crypto });
  if (isFault(opened)) return opened;
  const leaves = [...opened.leaves].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (hashOfLeaves(leaves, crypto) !== target.hash) return askPlainly(memory, target, "leaves");
  if (answer.named.length > 0 && leaves.length === 1)
    return fault("false-state", "a single leaf without its entity");
  const later = targetsOf(answer.named, crypto);
  const verified = keepVerified(parts.staging, target.hash, { entities: opened.entities, later });
  reach(memory, target, { verified, parts });
  return null;
}

/** The subtree is here, but for what of it is to be asked for by its hash. */
function reach(
  memory: DescentMemory,
  { hash }: Target,
  { verified, parts }: { readonly verified: Verified; readonly parts: DescentParts },
): void {
  memory.reached.add(hash);
  for (const target of verified.later) descend(memory, { target, told: nothingTold }, parts);
}

const nothingTold: Told = new Map();

/** Where less than one in so many entities is here, narrowing finds nothing. */
const scarce = 8;

function descend(
  memory: DescentMemory,
  { target: about, told }: { readonly target: Target; readonly told: Told },
  parts: DescentParts,
): void {
  const target = Object.freeze(about);
  const own = parts.state.beneath(target.prefix);
  const isMuchHere = own !== null && countOf(own) * scarce >= target.count;
  const isNarrowed = parts.narrows && !target.isPlain && target.count > leavesMax && isMuchHere;
  if (!isNarrowed || parts.staging.bySubtree.has(target.hash)) memory.open.push({ kind: "target", target });
  else follow(memory, beginTrial(memory.narrowing, { target, told }, parts), parts);
}

/** Null of what no branch has. */
function hashOfChildren(children: readonly StateChild[], prefix: string, crypto: Crypto): Hash | null {
  if (!areOfBranch(children, prefix)) return null;
  const { length } = prefixOf(children);
  const digits = children.map(({ rest, hash }) => [digitAt(rest, length), hash] as const);
  return branchHash(
    digits.sort(([a], [b]) => a - b),
    crypto,
  );
}

function askPlainly(memory: DescentMemory, target: Target, what: string): Fault | null {
  if (target.isPlain)
    return fault("false-state", `${what} beneath ${target.prefix} that do not give its hash`);
  pushPlain(memory, target);
  return null;
}

function pushPlain(memory: DescentMemory, target: Target): void {
  memory.open.push({ kind: "target", target: Object.freeze({ ...target, isPlain: true }) });
}
