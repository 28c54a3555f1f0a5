// A scenario in TypeScript: the same data as in YAML, but computed. Its default export is the scenario.
//
//   npx reconverge sim scenarios/rolling-restarts.ts

import { defineScenario } from "reconverge/sim";

const nodeCount = 10;
const firstRestartMs = 5_000;
const downMs = 2_000;

/** One node after the other is restarted, as in a deployment, with no pause between two of them. */
const restarts = Array.from({ length: nodeCount }, (_, index) => ({
  kind: "crash" as const,
  at: firstRestartMs + index * downMs,
  until: firstRestartMs + (index + 1) * downMs,
  nodes: `n${index}`,
  disk: "keep" as const,
}));

export default defineScenario({
  name: "rolling-restarts",
  description:
    "Ten nodes are restarted one after the other while writes go on. " +
    "At no time is more than one of them down, so the service as a whole never stops.",
  nodes: nodeCount,
  until: "60s",
  workload: [
    {
      from: "1s",
      until: "35s",
      rate: "8/s",
      nodes: "all",
      method: "set",
      args: { key: "k{int 0 99}", value: "{node}-{seq}" },
    },
  ],
  faults: restarts,
  expect: [{ converged: { within: "10s" } }, { "fault-counted": { kind: "crash", atLeast: nodeCount } }],
});
