/**
 * Finds out what differs beneath a node of a peer's tree at little cost: by short digests of nodes, and where few
 * entities differ among many by sums of them, instead of the hashes of everything on the way. None of it proves
 * anything. The hashes that must then be the peer's are put together from below, and only if the one at the top is
 * that which was told, what came is taken. Invariant 7.
 */

import { type Fault, fault } from "../../fault.ts";
import type { Hash } from "../../ids.ts";
import type { Entity } from "../../state/entity.ts";
import { branchHash, countOf, digitAt, digitOf, type Leaf } from "../../state/tree/tree-node.ts";
import {
  digestAt,
  digestBytes,
  leavesMax,
  type NodeDigests,
  noDigest,
  type StateAnswer,
  type StateQuery,
  sumBytes,
  summedMax,
} from "../../wire/state-query.ts";
import type { DescentParts } from "./descent.ts";
import {
  areOfBranch,
  hashOfLeaves,
  isPlace,
  openLeaves,
  ownLeaves,
  prefixOf,
  type Target,
  targetsOf,
} from "./leaves.ts";
import { weighEntities, weighTargets } from "./staging.ts";
import { isLocated, type Locator, locate, sumsOf } from "./sums.ts";

/** A place beneath a target where something differs. Frozen. */
export interface Region {
  readonly prefix: string;
  /** The prefix of its target. */
  readonly target: string;
  /** Where the fork is noted whose child it is; null for the target's own place. */
  readonly above: string | null;
  /** So many sums are likely to tell what differs, as far as what was seen beside it shows; 0 where none are. */
  readonly sums: number;
  /** What is at the places where this is zero is asked for; then the others here are these. */
  readonly picks: { readonly locator: Locator; readonly kept: readonly Leaf[] } | null;
}

/** Children of which some are being found out. */
interface Fork {
  readonly above: string | null;
  /** By digit; null where nothing is, or nothing is known yet. */
  readonly hashes: (Hash | null)[];
  waiting: number;
}

/** What came of a target so far. */
interface Trial {
  readonly target: Target;
  readonly entities: Entity[];
  /** To be asked for by their hashes, once it shows that these are true. */
  readonly later: Target[];
}

/** Plain data. */
export interface NarrowingMemory {
  /** By the prefix that was asked about. */
  readonly forks: Map<string, Fork>;
  /** By the prefix of the target. */
  readonly trials: Map<string, Trial>;
  /** What came of them, as staging counts it. */
  bytes: number;
}

export function createNarrowing(): NarrowingMemory {
  return { forks: new Map(), trials: new Map(), bytes: 0 };
}

/** What an answer leads to. */
export interface Narrowed {
  readonly kind: "narrowed";
  readonly open: readonly Region[];
  /** Of a target all is here: whether it is true, with what came of it. */
  readonly concluded: (Trial & { readonly isTrue: boolean }) | null;
}

/** By the first digits that tell them apart: branches that are known before they are asked for. */
export type Told = ReadonlyMap<string, NodeDigests>;

/** Begins with a target. What is told of it already need not be asked for. */
export function beginTrial(
  memory: NarrowingMemory,
  { target, told }: { readonly target: Target; readonly told: Told },
  parts: DescentParts,
): Narrowed {
  const { prefix } = target;
  memory.trials.set(prefix, { target, entities: [], later: [] });
  const waiting = [regionOf({ prefix, target: prefix, above: null, sums: 0 })];
  const open: Region[] = [];
  for (let region = waiting.pop(); region !== undefined; region = waiting.pop()) {
    const node = told.get(region.prefix);
    if (node === undefined) {
      open.push(region);
      continue;
    }
    const rest = node.prefix.slice(region.prefix.length);
    const answer = { kind: "digests", rest, digests: node.digests } as const;
    const narrowed = takeDigests(memory, region, { answer, parts, isTold: true });
    if (narrowed.concluded !== null) return narrowed;
    waiting.push(...narrowed.open);
  }
  return opening(open);
}

/** Gives up all that is being found out: the targets. */
export function giveUp(memory: NarrowingMemory): readonly Target[] {
  const targets = Array.from(memory.trials.values(), ({ target }) => target);
  memory.trials.clear();
  memory.forks.clear();
  memory.bytes = 0;
  return targets;
}

export function isOnTrial(memory: NarrowingMemory, { target }: Region): boolean {
  return memory.trials.has(target);
}

/** What to ask about a region, with the own leaves that the question tells of, and how many entities it is about. */
export function questionOf(
  region: Region,
  parts: DescentParts,
): { readonly query: StateQuery; readonly leaves: readonly Leaf[]; readonly work: number } {
  const { prefix, picks, sums: count } = region;
  const own = countBeneath(prefix, parts);
  const about = { leaves: [], work: own };
  if (picks !== null) return { query: { form: "picks", prefix, locator: picks.locator }, ...about };
  const isSummed = count > 0 && own <= summedMax;
  if (isSummed && (own <= leavesMax || count <= sumsOfManyMax))
    return { query: { form: "sums", prefix, count }, ...about };
  if (own <= leavesMax) {
    const leaves = ownLeaves(prefix, parts.state);
    const digests = leaves.map(({ hash }) => parts.short.digest(hash)).join("");
    return { query: { form: "leaves", prefix, digests }, leaves, work: own };
  }
  return { query: { form: "digests", prefix }, leaves: [], work: 16 };
}

/**
 * Sums that hardly ever do not suffice, by how many of 16 children differ: where differences lie by chance, so many
 * children are met by 16 · −ln(1 − n / 16) of them, and each child by few more than its share. None where all differ.
 */
const sumsBySixteenths = [0, 5, 5, 5, 7, 7, 7, 7, 7, 9, 9, 9, 11, 11, 13, 15, 0] as const;
/** Where more are needed, another level of digests tells the differences of many entities apart at less cost. */
const sumsOfManyMax = 11;
/** A question that sums answer must be followed by another one: so much cheaper has it to be. */
const cheaperBy = 1.5;
/** Of a question and its answer, besides the sums. */
const questionBytes = 12;

function sumsFor(differing: number, nodes: number): number {
  return sumsBySixteenths[Math.ceil((16 * differing) / nodes)] ?? 0;
}

/**
 * What follows sums is a round trip further, as the leaves of entities too many for one answer are. What the offer
 * told has saved one already; beneath that it would be one more for the whole transfer.
 */
function areSumsWorth(sums: number, entities: number, isTold: boolean): boolean {
  if (entities > leavesMax) return true;
  return isTold && cheaperBy * (sumBytes * sums + questionBytes) < digestBytes * entities;
}

export interface Heard<Kind extends StateAnswer["kind"]> {
  readonly answer: Extract<StateAnswer, { readonly kind: Kind }>;
  readonly parts: DescentParts;
}

/** Of the children those that differ are regions; the hashes of the others are the own ones. */
export function takeDigests(
  memory: NarrowingMemory,
  region: Region,
  { answer: { rest, digests }, parts, isTold }: Heard<"digests"> & { readonly isTold: boolean },
): Narrowed {
  const base = region.prefix + rest;
  // Of no branch: what is put together from it is not the target's hash, and is looked at plainly then.
  if (!isPlace(base) || countDigests(digests) < 2) return resolve(memory, region, null, parts);
  const hashes: (Hash | null)[] = [];
  const differing: number[] = [];
  let nodes = 0;
  for (let digit = 0; digit < 16; digit += 1) {
    const own = parts.state.hashBeneath(base + digitOf(digit));
    const theirs = digestAt(digests, digit);
    nodes += Number(own !== null || theirs !== noDigest);
    const isSame = theirs === parts.short.digest(own);
    hashes.push(isSame ? own : null);
    if (!isSame && theirs !== noDigest) differing.push(digit);
  }
  if (differing.length === 0) return resolve(memory, region, branchOfHashes(hashes, parts), parts);
  memory.forks.set(region.prefix, { above: region.above, hashes, waiting: differing.length });
  const likely = sumsFor(differing.length, nodes);
  const { prefix: above, target } = region;
  const regions = differing.map((digit) => {
    const prefix = base + digitOf(digit);
    const isWorth = areSumsWorth(likely, countBeneath(prefix, parts), isTold);
    return regionOf({ prefix, target, above, sums: isWorth ? likely : 0 });
  });
  return opening(regions);
}

function countDigests(digests: string): number {
  const all = Array.from({ length: 16 }, (_, digit) => digestAt(digests, digit));
  return all.filter((digest) => digest !== noDigest).length;
}

/** The places that differ are asked for; where they cannot be told, it is looked at more closely. */
export function takeSums(region: Region, { answer, parts }: Heard<"sums">): Narrowed | Fault {
  if (answer.sums.length !== region.sums)
    return fault("malformed", `${answer.sums.length} sums, not as many as were asked for`);
  const leaves = ownLeaves(region.prefix, parts.state, summedMax);
  const summands = leaves.map((leaf) => ({
    place: parts.short.place(leaf.id),
    value: parts.short.value(leaf),
  }));
  const locator = locate(sumsOf(summands, answer.sums.length), answer.sums);
  if (locator === null || locator.length === 0) return opening([Object.freeze({ ...region, sums: 0 })]);
  const kept = leaves.filter((_, index) => !isLocated(locator, summands[index]?.place ?? 0));
  return opening([
    Object.freeze({ ...region, picks: Object.freeze({ locator, kept: Object.freeze(kept) }) }),
  ]);
}

/** What is beneath a region is these entities, and those of the own leaves that are the same. */
export function takeRegionLeaves(
  memory: NarrowingMemory,
  region: Region,
  { answer, parts, own }: Heard<"leaves"> & { readonly own: readonly Leaf[] },
): Narrowed | Fault {
  const opened = openLeaves(answer, { prefix: region.prefix, own, crypto: parts.crypto });
  if (opened.kind === "fault") return opened;
  const kept = region.picks?.kept ?? [];
  const leaves = [...kept, ...opened.leaves].sort((a, b) => (a.id < b.id ? -1 : 1));
  const later = targetsOf(answer.named, parts.crypto);
  const trial = memory.trials.get(region.target);
  trial?.entities.push(...opened.entities);
  trial?.later.push(...later);
  memory.bytes += weighEntities(opened.entities) + weighTargets(later);
  return resolve(memory, region, hashOfLeaves(leaves, parts.crypto), parts);
}

/** There is more than was asked for: its children are asked for by their hashes, later. */
export function takeRegionChildren(
  memory: NarrowingMemory,
  region: Region,
  { answer: { others }, parts }: Heard<"children">,
): Narrowed | Fault {
  const base = prefixOf(others);
  const hashes: (Hash | null)[] = Array.from({ length: 16 }, () => null);
  for (const { rest, hash } of others) hashes[digitAt(rest, base.length)] = hash;
  if (!areOfBranch(others, region.prefix))
    return fault("false-state", `no children beneath ${region.prefix}`);
  const differing = others
    .map(({ rest, hash, count }): Target => ({ prefix: region.prefix + rest, hash, count, isPlain: false }))
    .filter(({ prefix, hash }) => parts.state.hashBeneath(prefix) !== hash);
  memory.trials.get(region.target)?.later.push(...differing.map((target) => Object.freeze(target)));
  memory.bytes += weighTargets(differing);
  return resolve(memory, region, branchOfHashes(hashes, parts), parts);
}

/** A region's hash is known: with that of its siblings the one above them follows. */
function resolve(
  memory: NarrowingMemory,
  { prefix, above, target }: Region,
  hash: Hash | null,
  parts: DescentParts,
): Narrowed {
  let [place, key, found] = [prefix, above, hash];
  while (key !== null) {
    const fork = memory.forks.get(key);
    if (fork === undefined) return opening([]);
    fork.hashes[digitAt(place, place.length - 1)] = found;
    fork.waiting -= 1;
    if (fork.waiting > 0) return opening([]);
    memory.forks.delete(key);
    found = branchOfHashes(fork.hashes, parts);
    [place, key] = [key, fork.above];
  }
  const trial = memory.trials.get(target);
  memory.trials.delete(target);
  memory.bytes -= weighEntities(trial?.entities ?? []) + weighTargets(trial?.later ?? []);
  return trial === undefined
    ? opening([])
    : { kind: "narrowed", open: [], concluded: { ...trial, isTrue: found === trial.target.hash } };
}

function branchOfHashes(hashes: readonly (Hash | null)[], { crypto }: DescentParts): Hash {
  const children = hashes.flatMap((hash, digit) => (hash === null ? [] : [[digit, hash] as const]));
  return branchHash(children, crypto);
}

function countBeneath(prefix: string, { state }: DescentParts): number {
  const node = state.beneath(prefix);
  return node === null ? 0 : countOf(node);
}

function regionOf(about: Omit<Region, "picks">): Region {
  return Object.freeze({ ...about, picks: null });
}

function opening(open: readonly Region[]): Narrowed {
  return { kind: "narrowed", open, concluded: null };
}
