/**
 * What a set of heads comes to by what was written below it, for the naive model: deltas in causal order, each with
 * the moment that orders its writes, derived anew from clocks and parents. Written from the protocol, without the
 * core's own derivation.
 */

import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { AuthorId, DeltaId } from "../../../core/ids.ts";
import type { Action } from "../../../core/state/action.ts";

/** Derived ms and counter, the author's ms and counter, the place in the delta. Compared from the left. */
export type Time = readonly number[];

/** One action, with all that decides what it means. */
export interface Write {
  readonly action: Action;
  readonly time: Time;
  readonly author: AuthorId;
  /** Author and incarnation: who counts and adds. */
  readonly contributor: string;
  readonly delta: DeltaId;
  readonly index: number;
}

export interface Step {
  readonly delta: CausalDelta;
  readonly writes: readonly Write[];
}

const dayMs = 86_400_000;
const counterMax = 0xffff;

/** Never is below every time. */
export function compareTimes(a: Time | null, b: Time | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  for (let place = 0; place < 5; place += 1) {
    const difference = (a[place] ?? 0) - (b[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function later(a: Time | null, b: Time | null): Time | null {
  return compareTimes(a, b) >= 0 ? a : b;
}

/** Everything at or below the heads, parents first; null where a delta of it is not known. O(deltas log deltas). */
export function historyOf(
  heads: readonly DeltaId[],
  deltas: ReadonlyMap<DeltaId, CausalDelta>,
): readonly Step[] | null {
  const order = causalOrder(heads, deltas);
  if (order === null) return null;
  const derived = new Map<DeltaId, readonly [ms: number, counter: number]>();
  return order.map((delta) => {
    const parents = delta.parents.map((parent) => derived.get(parent) ?? [0, 0]);
    const at = derive(parents as readonly (readonly [number, number])[], delta);
    derived.set(delta.id, at);
    return { delta, writes: writesOf(delta, at) };
  });
}

function causalOrder(
  heads: readonly DeltaId[],
  deltas: ReadonlyMap<DeltaId, CausalDelta>,
): readonly CausalDelta[] | null {
  const order: CausalDelta[] = [];
  const state = new Map<DeltaId, "open" | "done">();
  const stack = [...heads];
  for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
    const delta = deltas.get(id);
    if (delta === undefined) return null;
    if (state.get(id) === undefined) {
      state.set(id, "open");
      for (const parent of delta.parents) if (!state.has(parent)) stack.push(parent);
      continue;
    }
    if (state.get(id) === "open") order.push(delta);
    state.set(id, "done");
    stack.pop();
  }
  return order;
}

/** `max(P + 1, min(clock, P + 24 h))`, P the largest of the parents'. */
function derive(
  parents: readonly (readonly [number, number])[],
  { hlc }: CausalDelta,
): readonly [number, number] {
  if (parents.length === 0) return [hlc.ms, hlc.counter];
  const largest = parents.reduce((a, b) => (compareTimes(a, b) >= 0 ? a : b));
  const [ms, counter] = largest;
  const next = counter < counterMax ? [ms, counter + 1] : [ms + 1, 0];
  const ceiling = [ms + dayMs, counter];
  const clock = [hlc.ms, hlc.counter];
  const bounded = compareTimes(clock, ceiling) < 0 ? clock : ceiling;
  const [derivedMs = 0, derivedCounter = 0] = compareTimes(bounded, next) > 0 ? bounded : next;
  return [derivedMs, derivedCounter];
}

function writesOf(delta: CausalDelta, [ms, counter]: readonly [number, number]): readonly Write[] {
  const { content, author, incarnation, hlc, id } = delta;
  if (content.kind !== "operations" && content.kind !== "handler") return [];
  return content.actions.map((action, index) => ({
    ...{ action, author, contributor: author + incarnation, delta: id, index },
    time: [ms, counter, hlc.ms, hlc.counter, index],
  }));
}
