/** `npm run bench [-- NAME…]`: runs the benchmarks whose names are given, or all. Figures are of this machine, now. */

import { benchApply } from "./apply.ts";
import { benchFairness } from "./fairness.ts";
import { benchHealing } from "./healing.ts";
import { benchLife } from "./life.ts";
import { benchNodes } from "./nodes.ts";
import { benchShrinking } from "./shrinking.ts";
import { benchSimulator } from "./simulator.ts";
import { benchState } from "./state.ts";
import { benchSync } from "./sync.ts";
import { benchTimeTravel } from "./time-travel.ts";
import { benchWatch } from "./watch.ts";

const benchmarks: Readonly<Record<string, () => Promise<void> | void>> = {
  simulator: benchSimulator,
  apply: benchApply,
  state: benchState,
  sync: benchSync,
  healing: benchHealing,
  shrinking: benchShrinking,
  nodes: benchNodes,
  fairness: benchFairness,
  life: benchLife,
  "time-travel": benchTimeTravel,
  watch: benchWatch,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  process.stderr.write(
    `unknown benchmark ${unknown.join(", ")}; there are ${Object.keys(benchmarks).join(", ")}\n`,
  );
  process.exit(1);
}
for (const [name, run] of Object.entries(benchmarks)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stdout.write(`\n${name}\n`);
  await run();
}
