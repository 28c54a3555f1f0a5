/**
 * A context whose maker removes members, and in which others write on in that very moment: they hear of a removal sooner
 * than of the key that follows it, and whoever was removed still listens. Nothing else is done to its members, since
 * whoever was given a role, or was invited, may come to know what is said.
 */

import type { Stream } from "../random.ts";
import type { WorkloadEntry } from "../scenario/scenario.ts";
import type { DrawnMembership } from "./draw-members.ts";
import type { DrawnContext } from "./draw-workload.ts";
import type { ScenarioSpace } from "./profiles.ts";

export interface RemovalSetting {
  /** Those whose members do not change in other ways. */
  readonly contexts: readonly DrawnContext[];
  readonly activeMs: number;
}

/** In one context, one after the other. */
const removalsMax = 3;
/** By others, after each. */
const callsAfter = [4, 10, 20] as const;
/** A removal takes some tens of milliseconds, the key some more. */
const callsLastMs = [100, 250, 600] as const;

/** By context; of those alone in which members are removed. */
export function drawRemovals(
  { contexts, activeMs }: RemovalSetting,
  { calls, removalShare }: ScenarioSpace,
  draws: Stream,
): ReadonlyMap<string, DrawnMembership> {
  const drawn = contexts.flatMap(({ id, app, members }): readonly [string, DrawnMembership][] => {
    if (!draws.chance(removalShare)) return [];
    const maker = calls.find((call) => call.app === app);
    const [remover, ...others] = members;
    const staying = draws.shuffle(others);
    // One other stays at least, to write.
    const going = staying.splice(1).slice(0, draws.between(1, removalsMax));
    if (maker === undefined || remover === undefined || going.length === 0) return [];
    const { method, args } = maker;
    const removal = (member: string): readonly WorkloadEntry[] => {
      const lastMs = draws.pick(callsLastMs);
      const at = draws.between(0, activeMs - lastMs - 1);
      const rate = `${Math.ceil((draws.pick(callsAfter) * 60_000) / lastMs)}/m`;
      const writers = others.filter((other) => other !== member);
      return [
        { at, node: remover, context: id, method: "remove-member", args: { member } },
        { from: at, until: at + lastMs, rate, nodes: writers, context: id, method, args },
      ];
    };
    return [[id, { calls: going.flatMap(removal), invited: [], going }]];
  });
  return new Map(drawn);
}
