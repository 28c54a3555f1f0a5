/**
 * How soon all nodes stand on the same heads after a minute's partition: default timers, constant links of 40 ms,
 * writes on both sides until just before the links return. Virtual time, so the same on every machine.
 */

import { simulate } from "../sim/host/simulate.ts";
import { row, spread } from "./figures.ts";

const clusters = [
  { nodes: 20, seeds: 50 },
  { nodes: 100, seeds: 10 },
];

export function benchHealing(): void {
  for (const { nodes, seeds } of clusters) {
    const healedMs = Array.from({ length: seeds }, (_, index) => healMs(nodes, index + 1));
    row(`${nodes} nodes, ${seeds} seeds: ms from the links' return until all agree`, spread(healedMs));
  }
}

function healMs(nodes: number, seed: number): number {
  const result = simulate(
    {
      name: "healing",
      nodes,
      contexts: [{ id: "kv", app: "kv-store" }],
      network: { latency: { kind: "constant", ms: 40 } },
      workload: [
        {
          ...{ from: "2s", until: "69s", rate: "4/s", nodes: "all" },
          ...{ method: "set", args: { key: "k{int 0 200}", value: "{node}-{seq}" } },
        },
      ],
      faults: [{ at: "10s", until: "70s", kind: "partition", split: 0.5 }],
      expect: [{ converged: { within: "30s" } }],
      until: "110s",
    },
    { seed },
  );
  if (result.healMs === null) throw new Error(`${nodes} nodes did not converge with seed ${seed}`);
  return result.healMs;
}
