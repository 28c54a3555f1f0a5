/**
 * The one order in which changes of members are gone through: causal, and else by the rank of the most senior who stands
 * behind a change or behind one above it, then by the change's own rank, its depth and its name. O(changes²), in whole
 * numbers: a context whose members exclude each other has hundreds, and each new one is settled anew.
 */

import { heapPop, heapPush } from "../heap.ts";
import type { AuthorId, DeltaId } from "../ids.ts";
import type { MembershipEvent } from "./roster.ts";

/** In order of seniority: when one came in, by which delta, at which place in it, and its name. */
export type Rank = readonly [generation: number, since: DeltaId, place: number, author: AuthorId];

export interface Ranked {
  /** In `events`, and so are the indexes below. */
  readonly index: number;
  readonly event: Pick<MembershipEvent, "id" | "generation" | "below">;
  readonly rank: Rank;
}

/** Of changes that hold what is below each of them, ascending: their indexes. Arrays are by these, with gaps. */
export function settledOrder(changes: readonly Ranked[]): readonly number[] {
  const turns = turnsOf(changes);
  const above: number[][] = [];
  const awaited = new Int32Array(turns.length);
  const isSooner = (a: number, b: number) => (turns[a] ?? 0) < (turns[b] ?? 0);
  const free: number[] = [];
  for (const { index, event } of changes) {
    above[index] = [];
    for (const lower of event.below) above[lower]?.push(index);
    awaited[index] = event.below.length;
    if (event.below.length === 0) heapPush(free, index, isSooner);
  }
  const order: number[] = [];
  for (let index = heapPop(free, isSooner); index !== undefined; index = heapPop(free, isSooner)) {
    order.push(index);
    for (const next of above[index] ?? []) {
      const left = (awaited[next] ?? 0) - 1;
      awaited[next] = left;
      if (left === 0) heapPush(free, next, isSooner);
    }
  }
  return order;
}

/** Of each change whose turn it is before others that may come next as well; all differ. */
function turnsOf(changes: readonly Ranked[]): Int32Array {
  const own = numbered(changes);
  const most = own.slice();
  for (const { index, event } of changes.toReversed()) {
    const rank = most[index] ?? 0;
    for (const lower of event.below) if (rank < (most[lower] ?? 0)) most[lower] = rank;
  }
  const sorted = changes
    .map(({ index, event }) => ({ index, event, most: most[index] ?? 0, own: own[index] ?? 0 }))
    .sort(
      (a, b) =>
        a.most - b.most ||
        a.own - b.own ||
        a.event.generation - b.event.generation ||
        (a.event.id < b.event.id ? -1 : 1),
    );
  const turns = new Int32Array(own.length);
  for (const [turn, { index }] of sorted.entries()) turns[index] = turn;
  return turns;
}

/** Ranks as whole numbers: equal ones have one. */
function numbered(changes: readonly Ranked[]): Int32Array {
  const numbers = new Int32Array(1 + changes.reduce((last, { index }) => Math.max(last, index), -1));
  let number = 0;
  let before: Rank | null = null;
  for (const { index, rank } of changes.toSorted((a, b) => compareRanks(a.rank, b.rank))) {
    if (before !== null && compareRanks(before, rank) !== 0) number += 1;
    numbers[index] = number;
    before = rank;
  }
  return numbers;
}

function compareRanks(a: Rank, b: Rank): number {
  for (const index of [0, 1, 2, 3] as const) {
    const [one, two] = [a[index], b[index]];
    if (one !== two) return one < two ? -1 : 1;
  }
  return 0;
}
