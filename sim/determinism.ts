/** Runs a plan twice and compares: the same plan must give the same trace, or the first event that differs is named. */

import type { Plan } from "./plan/plan.ts";
import type { SimulationResult } from "./result.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";

export interface Divergence {
  /** How many events both runs had in common; the next one differs. */
  readonly afterEvents: number;
  /** The event that differs, as the two runs had it; null where a run had ended. */
  readonly first: DivergentEvent | null;
  readonly second: DivergentEvent | null;
}

export interface DivergentEvent {
  readonly atMs: number;
  readonly node: string;
}

export interface DeterminismCheck {
  readonly result: SimulationResult;
  /** Null when both runs had the same trace. */
  readonly divergence: Divergence | null;
}

/** One run's events, each as a digest, a time and a node. */
class Recording {
  readonly digests: number[] = [];
  readonly timesUs: number[] = [];
  readonly nodes: number[] = [];

  run(plan: Plan, options: SimulationOptions): SimulationResult {
    const simulation = new Simulation(plan, {
      ...options,
      traceListener: ({ timeUs, node, digest32 }) => {
        this.digests.push(digest32);
        this.timesUs.push(timeUs);
        this.nodes.push(node);
      },
    });
    return simulation.finish();
  }

  at(index: number, plan: Plan): DivergentEvent | null {
    const timeUs = this.timesUs[index];
    const node = plan.nodes[this.nodes[index] ?? -1];
    return timeUs === undefined || node === undefined ? null : { atMs: timeUs / 1_000, node: node.id };
  }
}

/** Runs a plan with sharing by content, then without, and compares their traces event by event. */
export function checkDeterminism(plan: Plan, options: SimulationOptions): DeterminismCheck {
  const first = new Recording();
  const second = new Recording();
  const result = first.run(plan, { ...options, isSharing: true });
  const again = second.run(plan, { ...options, isSharing: false });
  if (result.traceHash === again.traceHash) return { result, divergence: null };
  let afterEvents = 0;
  while (
    afterEvents < first.digests.length &&
    afterEvents < second.digests.length &&
    first.digests[afterEvents] === second.digests[afterEvents]
  ) {
    afterEvents += 1;
  }
  const divergence = {
    afterEvents,
    first: first.at(afterEvents, plan),
    second: second.at(afterEvents, plan),
  };
  return { result: nondeterministic(result, divergence), divergence };
}

function nondeterministic(result: SimulationResult, divergence: Divergence): SimulationResult {
  const { afterEvents, first, second } = divergence;
  const describe = (event: DivergentEvent | null) =>
    event === null ? "the run had ended" : `${event.node} at ${event.atMs} ms`;
  const violation = {
    oracle: "determinism",
    invariant: null,
    node: first?.node ?? second?.node ?? null,
    atMs: first?.atMs ?? second?.atMs ?? 0,
    event: afterEvents + 1,
    message: `two runs of one plan differ from handled input ${afterEvents + 1} on: ${describe(first)} against ${describe(second)}`,
  };
  return { ...result, outcome: "nondeterminism", violations: [violation, ...result.violations] };
}
