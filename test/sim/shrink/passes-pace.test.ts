// What comes round while a run waits comes round more rarely, and is waited for no longer than needed.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { convergenceBoundMs } from "../../../sim/fuzz/convergence-bound.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import { defineScenario } from "../../../sim/scenario/scenario.ts";
import { type ExplicitScenario, explicitScenario } from "../../../sim/shrink/explicit.ts";
import { shorterWait, slowerPeriods } from "../../../sim/shrink/passes-pace.ts";
import type { Search } from "../../../sim/shrink/shrink.ts";

const quick = explicitScenario(
  planOf(
    defineScenario({
      ...{ name: "quick", nodes: 2, until: "90s" },
      network: { keepalive: "300ms" },
      config: { syncFrequencyMs: 200, syncIntervalMs: 0, syncTimeoutMs: 1_000, syncBackoffMaxMs: 0 },
      workload: [{ at: "1s", node: "n0", method: "set", args: { key: "k", value: "v" } }],
      expect: [{ converged: { within: "80s" } }],
    }),
  ),
);

/** A search in which what `shows` is what the mistake needs. */
function searchOf(current: ExplicitScenario, shows: (candidate: ExplicitScenario) => boolean): Search {
  const violation = { oracle: "converged", invariant: 2, node: null, atMs: 0, event: 0, message: "" };
  const search = {
    ...{ current, violation },
    attempt: (candidate: ExplicitScenario) => {
      if (shows(candidate)) search.current = candidate;
      return shows(candidate);
    },
  };
  return search;
}

test("a period becomes the longest with which the mistake still shows", () => {
  const longestOf = (maxMs: number) => {
    const search = searchOf(quick, ({ config }) => (config.syncFrequencyMs ?? 0) <= maxMs);
    slowerPeriods(search);
    return search.current.config;
  };
  assert.equal(longestOf(60_000), { ...quick.config, syncFrequencyMs: 10_000 });
  assert.is(longestOf(3_000).syncFrequencyMs, 2_000);
  assert.is(longestOf(500).syncFrequencyMs, 200);
});

test("the time to converge in becomes that of the smaller scenario, and never longer", () => {
  const boundMs = convergenceBoundMs(quick, 1_000);
  assert.ok(boundMs < 80_000);
  const search = searchOf(quick, () => true);
  shorterWait(search);
  assert.equal(search.current.expect, [{ converged: { within: boundMs } }]);
  const strict = searchOf({ ...quick, expect: [{ converged: { within: "1s" } }] }, () => true);
  shorterWait(strict);
  assert.equal(strict.current.expect, [{ converged: { within: "1s" } }]);
});

test.run();
