/**
 * A context that collects deletions soon, and of whose members one is cut off for a while: all write and delete, those
 * who are together name cuts and answer them, and the past waits for the one who is away and holds what is old. Without
 * that the past closes with nothing old beside it.
 */

import type { Stream } from "../random.ts";
import type { ScenarioFault, WorkloadEntry } from "../scenario/scenario.ts";
import type { DrawnContext } from "./draw-workload.ts";
import type { ScenarioSpace } from "./profiles.ts";

/** Calls besides the others that are made, and what keeps one apart. */
export interface LeftBehind {
  readonly calls: readonly WorkloadEntry[];
  readonly fault: ScenarioFault;
}

/** In so many of the contexts that collect, where there are links to cut. */
const leftBehindShare = 0.6;
/** By the one who is away, right after it is cut off: what it does later is too new to be in the way. */
const callsAlone = [1, 3, 8] as const;
/** By the others, until it is back: enough for cuts to be named and answered. */
const callsTogether = [10, 30, 60] as const;
/** Of the time in which there are calls. */
const aloneShare = 0.15;

export function drawLeftBehind(
  { contexts, activeMs }: { readonly contexts: readonly DrawnContext[]; readonly activeMs: number },
  { calls, faults }: ScenarioSpace,
  draws: Stream,
): readonly LeftBehind[] {
  if (!faults.includes("partition")) return [];
  return contexts.flatMap(({ id, app, members }): readonly LeftBehind[] => {
    const [away, ...others] = draws.shuffle(members);
    const made = draws.shuffle(calls.filter((call) => call.app === app)).slice(0, 3);
    if (!draws.chance(leftBehindShare) || away === undefined || others.length === 0) return [];
    const from = draws.between(0, Math.floor(activeMs / 4));
    const until = draws.between(Math.floor((activeMs * 3) / 4), activeMs);
    const aloneUntil = from + Math.ceil(activeMs * aloneShare);
    const entry = (
      { method, args }: (typeof made)[number],
      times: { readonly from: number; readonly until: number },
      { count, nodes }: { readonly count: number; readonly nodes: readonly string[] },
    ): WorkloadEntry => {
      const rate = `${Math.ceil((count * 60_000) / (times.until - times.from))}/m`;
      return { ...times, rate, nodes, context: id, method, args };
    };
    const alone = draws.pick(callsAlone);
    const together = Math.ceil(draws.pick(callsTogether) / made.length);
    return [
      {
        calls: made.flatMap((call) => [
          entry(call, { from, until: aloneUntil }, { count: alone, nodes: [away] }),
          entry(call, { from, until }, { count: together, nodes: others }),
        ]),
        fault: { kind: "partition", at: from, until, groups: [[away]] },
      },
    ];
  });
}
