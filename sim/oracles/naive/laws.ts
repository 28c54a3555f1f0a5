/** The naive model's laws of counters and elements, and what of the last deletion all of its laws ask. */

import type { Json } from "../../../core/json.ts";
import type { ActionOf } from "../../../core/state/action.ts";
import type { TypeName } from "../../../core/state/types.ts";
import { compareTimes, later, type Time, type Write } from "./history.ts";

export type WriteOf<Name extends TypeName> = Write & { readonly action: ActionOf<Name> };

export function lastOf(writes: readonly Write[], kind: "mark" | "remove"): Time | null {
  return writes
    .filter(({ action }) => action.change.kind === kind)
    .reduce<Time | null>((last, { time }) => later(last, time), null);
}

type Since = Extract<ActionOf<"counter">["change"], { kind: "count" }>["since"];
type Moment = Exclude<Since, null | { readonly own: number }>;

export function timeOf({ at, hlc, step }: Moment): Time {
  return [at.ms, at.counter, hlc.ms, hlc.counter, step];
}

export function sinceOf(since: Since, time: Time): Time | null {
  if (since === null) return null;
  return "own" in since ? [...time.slice(0, 4), since.own] : timeOf(since);
}

/** Of each contributor the totals since the latest deletion it knew of; not those that a deletion ended. */
export function countOf(writes: readonly WriteOf<"counter">[], floor: Time | null): Json {
  const end = later(lastOf(writes, "remove"), floor);
  const counts = writes.flatMap(({ action: { change }, time, contributor }) =>
    change.kind === "count" ? [{ ...change, since: sinceOf(change.since, time), contributor }] : [],
  );
  let sum = 0n;
  for (const contributor of new Set(counts.map((each) => each.contributor))) {
    const own = counts.filter((each) => each.contributor === contributor);
    const since = own.reduce<Time | null>((last, each) => later(last, each.since), null);
    if (compareTimes(since, end) < 0) continue;
    const current = own.filter((each) => compareTimes(each.since, since) === 0);
    const most = (key: "plus" | "minus") => current.reduce((max, each) => Math.max(max, each[key]), 0);
    sum += BigInt(most("plus")) - BigInt(most("minus"));
  }
  const bound = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(sum > bound ? bound : sum < -bound ? -bound : sum);
}

/** Has one of these removals seen the addition, or a later one of its contributor? */
export function isSeen(
  { time, contributor }: Pick<Write, "time" | "contributor">,
  removals: Extract<ActionOf<"element">["change"], { kind: "remove" }>["seen"],
): boolean {
  return removals.some(
    (seen) => seen.author + seen.incarnation === contributor && compareTimes(timeOf(seen.at), time) >= 0,
  );
}

/** An addition counts unless a removal has seen it, or a later one of the same contributor. */
export function elementOf(writes: readonly WriteOf<"element">[], floor: Time | null): Json {
  const removals = writes.flatMap(({ action: { change } }) => (change.kind === "remove" ? change.seen : []));
  const isThere = writes.some(
    ({ action: { change }, time, contributor }) =>
      change.kind === "add" && compareTimes(time, floor) > 0 && !isSeen({ time, contributor }, removals),
  );
  const added = writes.find(({ action }) => action.change.kind === "add");
  return isThere && added?.action.change.kind === "add" ? [added.action.change.value] : null;
}
