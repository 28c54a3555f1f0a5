/**
 * Gossip in the simulator on links of constant latency that lose nothing: what a delta adds to the
 * traffic for each node it reaches, as a multiple of its size, and how long it takes, beside what the shortest way would. Virtual time, so the same on
 * every machine.
 */

import { createPlanSimulation, planOf } from "../sim/host/simulate.ts";
import type { Plan } from "../sim/plan/plan.ts";
import { row } from "./figures.ts";

const latencyMs = 40;
const clusters = [
  { nodes: 10, until: "32s" },
  { nodes: 50, until: "32s" },
  { nodes: 100, until: "32s" },
  { nodes: 1_000, until: "12s" },
];

export function benchGossip(): void {
  for (const { nodes, until } of clusters) {
    const plan = planOf({
      name: "gossip",
      nodes,
      contexts: [{ id: "kv", app: "kv-store" }],
      network: { latency: { kind: "constant", ms: latencyMs } },
      workload: [
        {
          ...{ from: "2s", until, rate: "10/s", nodes: "all" },
          ...{
            method: "set",
            args: { key: "k{int 0 1999}", value: "{node}-{seq} of thirty-two characters" },
          },
        },
      ],
      expect: [{ converged: { within: "30s" } }],
      until: "70s",
    });
    const { bytes, propagationMs, converged } = createPlanSimulation(plan).finish();
    if (!converged) throw new Error(`${nodes} nodes did not converge`);
    const idle = createPlanSimulation({ ...plan, operations: [] }).finish();
    const addedBytes = bytes.gossip - idle.bytes.gossip;
    const floorMs = percentile99(distances(plan)) * latencyMs;
    const p99Ms = propagationMs.p99 ?? Number.NaN;
    row(
      `gossip, ${nodes.toLocaleString("en")} nodes`,
      `${(addedBytes / bytes.payload).toFixed(2)} × its bytes a delta and node, p99 ${p99Ms.toFixed(0)} ms, ${(p99Ms / floorMs).toFixed(2)} × the shortest ways' ${floorMs} ms`,
    );
  }
}

/** Hops between each two nodes. */
function distances({ nodes, links }: Plan): readonly number[] {
  const neighbours = nodes.map((): number[] => []);
  for (const [one, other] of links) {
    neighbours[one]?.push(other);
    neighbours[other]?.push(one);
  }
  return nodes.flatMap((_, from) => {
    const hops = new Map([[from, 0]]);
    for (const [node, distance] of hops)
      for (const next of neighbours[node] ?? []) if (!hops.has(next)) hops.set(next, distance + 1);
    hops.delete(from);
    return Array.from(hops.values());
  });
}

function percentile99(values: readonly number[]): number {
  return Float64Array.from(values).sort()[Math.floor(values.length * 0.99)] ?? Number.NaN;
}
