/**
 * Going anywhere in a long run: 100 nodes and a million events, once recorded and once not, then seeks to moments
 * spread over it. The first pass pays for the snapshots; a seek restores one and runs on from there.
 */

import { createSimulation } from "../sim/host/simulate.ts";
import { Simulation } from "../sim/simulation.ts";
import { Timeline } from "../sim/timeline.ts";
import { row, spread } from "./figures.ts";

const events = 1_000_000;
const seeks = 25;

export function benchTimeTravel(): void {
  const bareMs = timed(() => pass(longRun()));
  const before = heapMiB();
  const timeline = new Timeline(longRun());
  const recordedMs = timed(() => {
    while (timeline.head.world.events < events && timeline.step());
  });
  const reached = timeline.head.world.events;
  row("events in one pass", reached.toLocaleString("en"));
  row("ratio of time, recorded against not", (recordedMs / bareMs).toFixed(2));
  row(
    "snapshots kept, MiB of heap and buffers with them",
    `${timeline.kept.snapshots}, ${heapMiB() - before}`,
  );
  // Steps of a prime over the seeks: near and far, forwards and backwards.
  const soughtMs = Array.from({ length: seeks }, (_, index) => {
    const event = Math.floor((reached * ((index * 11) % seeks)) / seeks);
    return timed(() => timeline.at({ kind: "event", event }));
  });
  row("ms of processor time to go to a moment", spread(soughtMs));
  const snapshot = timeline.head.snapshot();
  row("ms to take a snapshot at the end", timed(() => timeline.head.snapshot()).toFixed(0));
  row("ms to restore it", timed(() => Simulation.restore(snapshot)).toFixed(0));
}

function longRun(): Simulation {
  return createSimulation({
    name: "long",
    nodes: 100,
    network: { topology: { kind: "random-regular", degree: 8 }, latency: { kind: "constant", ms: 40 } },
    workload: [
      {
        ...{ from: "1s", until: "240s", rate: "12/s", nodes: "all" },
        ...{ method: "set", args: { key: "k{int 0 999}", value: "{node}-{seq}" } },
      },
    ],
    until: "300s",
  });
}

function pass(simulation: Simulation): void {
  while (simulation.world.events < events && simulation.step());
}

/** Milliseconds of processor time, collection of garbage included: other work on the machine leaves it alone. */
function timed(act: () => unknown): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function heapMiB(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return Math.round((heapUsed + arrayBuffers) / 1_048_576);
}
