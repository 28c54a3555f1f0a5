/** Passes over what comes round again and again while a run waits: most events of a small run are of that kind. */

import { type ConfigKey, tunables } from "../../core/config.ts";
import { convergenceBoundMs } from "../fuzz/convergence-bound.ts";
import { parseDurationUs } from "../scenario/duration.ts";
import type { ExplicitScenario } from "./explicit.ts";
import { lastMomentUs } from "./passes-time.ts";
import type { Search } from "./shrink.ts";

/** Periods; the longest that still shows the mistake is taken. */
const periods: readonly ConfigKey[] = [
  ...(["syncFrequencyMs", "heartbeatMs", "compactMs", "cleanupMs", "blobEvictionMs"] as const),
];
const slowerMs: readonly number[] = [10_000, 4_000, 2_000, 1_000];

export function slowerPeriods(search: Search): void {
  for (const key of periods) {
    const ms = search.current.config[key];
    if (ms === undefined) continue;
    for (const slower of [tunables[key].default, ...slowerMs]) {
      if (slower <= ms) continue;
      const config = { ...search.current.config, [key]: slower };
      if (search.attempt({ ...search.current, config })) break;
    }
  }
}

/** A smaller scenario needs less time to converge: it is given no more than `fuzz` would give it. */
export function shorterWait(search: Search): void {
  const { current } = search;
  if (current.nodes.some(({ config }) => config !== undefined)) return;
  const boundMs = convergenceBoundMs(current, lastMomentUs(current) / 1_000);
  const expect = current.expect.map((expectation): ExplicitScenario["expect"][number] => {
    const { converged } = expectation;
    const withinUs = converged === undefined ? 0 : (parseDurationUs(converged.within) ?? 0);
    if (converged === undefined || withinUs <= boundMs * 1_000) return expectation;
    return { converged: { ...converged, within: boundMs } };
  });
  if (JSON.stringify(expect) !== JSON.stringify(current.expect)) search.attempt({ ...current, expect });
}
