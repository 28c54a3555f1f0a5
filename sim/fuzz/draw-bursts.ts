/**
 * Somebody calls more often in a moment than a turn of another node has room for, and of some nodes the beginning is
 * kept: what comes later waits there, until all of it may be applied at once.
 */

import type { Stream } from "../random.ts";
import type { ScenarioFault, WorkloadEntry } from "../scenario/scenario.ts";
import type { Cast } from "./draw-workload.ts";
import type { ScenarioSpace } from "./profiles.ts";

export interface DrawnBurst {
  readonly calls: WorkloadEntry;
  readonly faults: readonly ScenarioFault[];
}

const callsPerBurst = [300, 500, 800] as const;
const burstsLastMs = [50, 100, 400] as const;
const lostMs = [5, 30, 100] as const;

export function drawBursts(
  { contexts, activeMs }: Pick<Cast, "contexts" | "activeMs">,
  { calls, faults, burstShare }: ScenarioSpace,
  draws: Stream,
): readonly DrawnBurst[] {
  return contexts.flatMap(({ id, app, members }): readonly DrawnBurst[] => {
    if (!draws.chance(burstShare)) return [];
    const maker = calls.find((call) => call.app === app);
    const [caller, ...others] = draws.shuffle(members);
    if (maker === undefined || caller === undefined) return [];
    const { method, args } = maker;
    const lastsMs = draws.pick(burstsLastMs);
    const from = draws.between(0, activeMs - lastsMs - 1);
    const perMinute = Math.ceil((draws.pick(callsPerBurst) * 60_000) / lastsMs);
    const times = { from, until: from + lastsMs, rate: `${perMinute}/m` };
    const deaf = faults.includes("loss") ? others.slice(0, draws.between(0, 2)) : [];
    const loss = { kind: "loss", at: from, until: from + draws.pick(lostMs), rate: 1 } as const;
    return [
      {
        calls: { ...times, nodes: [caller], context: id, method, args },
        faults: deaf.length === 0 ? [] : [{ ...loss, nodes: deaf }],
      },
    ];
  });
}
