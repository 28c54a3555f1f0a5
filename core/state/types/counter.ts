/**
 * A counter, growing only or both ways (Shapiro et al., 2011, specs. 6 and 7), that can be reset. Each (author,
 * incarnation) has a tally of its own totals since the latest deletion it knew of (`since`).
 *
 * Merge law, contributor by contributor: the tally with the later `since` wins; of equal ones the maxima of plus
 * and minus. (A lexicographic product of a total order and a lattice, so a join.) The value sums the tallies whose
 * `since` is not below the floor: what a deletion ended is gone whole and counted never again, and nothing is
 * counted twice. Increments concurrent with a deletion go with it. docs/decisions/0010-counters-since-deletion.md.
 */

import { type AuthorId, bytesOf, type Incarnation, incarnationBytes } from "../../ids.ts";
import { actionsMax } from "../../limits.ts";
import { refuse } from "../../wire/cbor.ts";
import { expectByteString, expectFields, expectInteger, expectList } from "../../wire/expect.ts";
import { compareMoments, decodeMoment, encodeMoment, type Moment } from "../moment.ts";
import type { EntityType, Origin } from "./entity-type.ts";

export interface Tally {
  readonly author: AuthorId;
  readonly incarnation: Incarnation;
  /** The latest deletion its author knew of; null where there was none. */
  readonly since: Moment | null;
  /** Totals since then: whole numbers. */
  readonly plus: number;
  readonly minus: number;
}

export interface CounterContent {
  readonly type: "counter";
  /** Sorted by contributor, one each. */
  readonly tallies: readonly Tally[];
}

/** A deletion made earlier in the same delta, by its index: its moment is not known when it is written. */
export interface OwnDeletion {
  readonly own: number;
}

export type CounterChange =
  | {
      readonly kind: "count";
      readonly since: Moment | OwnDeletion | null;
      readonly plus: number;
      readonly minus: number;
    }
  | { readonly kind: "remove" };

export const counter: EntityType<CounterContent, CounterChange> = {
  code: 2,
  nothing: null,
  said(change, { origin }) {
    if (change.kind === "remove") return { content: { type: "counter", tallies: [] }, deleted: origin.at };
    const since = resolveSince(change.since, origin);
    if (since === undefined) return null;
    const { author, incarnation } = origin;
    const tally = { author, incarnation, since, plus: change.plus, minus: change.minus };
    return { content: { type: "counter", tallies: [tally] }, deleted: null };
  },
  join(a, b) {
    const tallies = joinTallies(a.tallies, b.tallies);
    if (isSame(tallies, a.tallies)) return a;
    return isSame(tallies, b.tallies) ? b : { type: "counter", tallies };
  },
  isLive: ({ tallies }, floor) => tallies.some(({ since }) => compareMoments(since, floor) >= 0),
  encode: ({ tallies }) =>
    tallies.map(({ author, incarnation, since, plus, minus }) => [
      bytesOf(author),
      bytesOf(incarnation),
      encodeMoment(since),
      plus,
      minus,
    ]),
  decode: (value) => ({ type: "counter", tallies: expectList(value, Number.MAX_SAFE_INTEGER, decodeTally) }),
  encodeChange: (change) =>
    change.kind === "remove" ? [] : [encodeSince(change.since), change.plus, change.minus],
  decodeChange(fields) {
    if (fields.length === 0) return { kind: "remove" };
    const [since, plus, minus] = expectFields(fields, 3, "a tally");
    return { kind: "count", since: decodeSince(since), plus: expectTotal(plus), minus: expectTotal(minus) };
  },
};

const valueMax = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * The sum of what no deletion ended, within ±(2⁵³ − 1): several who count at once may pass that together, and the
 * counter then stands at the bound until they have counted back.
 */
export function counterValue({ tallies }: CounterContent, floor: Moment | null): number {
  const total = tallies
    .filter(({ since }) => compareMoments(since, floor) >= 0)
    .reduce((sum, { plus, minus }) => sum + BigInt(plus) - BigInt(minus), 0n);
  return Number(total > valueMax ? valueMax : total < -valueMax ? -valueMax : total);
}

/** Undefined for a deletion that is not before the change: nobody may count past deletions to come. */
function resolveSince(since: Moment | OwnDeletion | null, origin: Origin): Moment | null | undefined {
  if (since === null) return null;
  const moment = "own" in since ? { ...origin.at, step: since.own } : since;
  return compareMoments(moment, origin.at) < 0 ? moment : undefined;
}

function joinTallies(a: readonly Tally[], b: readonly Tally[]): readonly Tally[] {
  const joined = new Map(a.map((tally) => [contributor(tally), tally]));
  for (const tally of b) {
    const other = joined.get(contributor(tally));
    joined.set(contributor(tally), other === undefined ? tally : joinTally(other, tally));
  }
  return Array.from(joined)
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([, tally]) => tally);
}

function joinTally(a: Tally, b: Tally): Tally {
  const bySince = compareMoments(a.since, b.since);
  if (bySince !== 0) return bySince > 0 ? a : b;
  if (a.plus >= b.plus && a.minus >= b.minus) return a;
  if (b.plus >= a.plus && b.minus >= a.minus) return b;
  return { ...a, plus: Math.max(a.plus, b.plus), minus: Math.max(a.minus, b.minus) };
}

function contributor({ author, incarnation }: Tally): string {
  return author + incarnation;
}

function isSame(a: readonly Tally[], b: readonly Tally[]): boolean {
  return a.length === b.length && a.every((tally, index) => tally === b[index] || isEqual(tally, b[index]));
}

function isEqual(a: Tally, b: Tally | undefined): boolean {
  return (
    b !== undefined &&
    contributor(a) === contributor(b) &&
    compareMoments(a.since, b.since) === 0 &&
    a.plus === b.plus &&
    a.minus === b.minus
  );
}

function encodeSince(since: Moment | OwnDeletion | null): readonly number[] {
  return since !== null && "own" in since ? [since.own] : encodeMoment(since);
}

function decodeSince(value: unknown): Moment | OwnDeletion | null {
  if (!Array.isArray(value)) return refuse("malformed", "a deletion is not an array");
  return value.length === 1 ? { own: expectInteger(value[0], actionsMax) } : decodeMoment(value);
}

function decodeTally(value: unknown): Tally {
  const [author, incarnation, since, plus, minus] = expectFields(value, 5, "a stored tally");
  return {
    author: expectByteString(author),
    incarnation: expectByteString(incarnation, incarnationBytes),
    since: decodeMoment(since),
    plus: expectTotal(plus),
    minus: expectTotal(minus),
  };
}

function expectTotal(value: unknown): number {
  return expectInteger(value, Number.MAX_SAFE_INTEGER);
}
