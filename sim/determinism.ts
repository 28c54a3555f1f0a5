/** Runs a plan twice and compares: the same plan must give the same trace, or the first event that differs is named. */

import { eventsDefault, finishWithin } from "./budget.ts";
import type { Plan } from "./plan/plan.ts";
import { firstDifference, type RecordedInput, Recorder, type Recording } from "./recording.ts";
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

export interface RecordedRun {
  readonly result: SimulationResult;
  readonly recording: Recording;
}

export interface DeterminismCheck extends RecordedRun {
  /** Null when both runs had the same trace. */
  readonly divergence: Divergence | null;
}

/** Runs a plan with sharing by content, then without, and compares their traces event by event. */
export function checkDeterminism(
  plan: Plan,
  options: SimulationOptions,
  eventsMax = eventsDefault,
): DeterminismCheck {
  const first = record(plan, { ...options, isSharing: true }, eventsMax);
  const again = record(plan, { ...options, isSharing: false }, eventsMax);
  const difference = firstDifference(first.recording, again.recording);
  if (difference === null) return { ...first, divergence: null };
  const named = (input: RecordedInput | null): DivergentEvent | null =>
    input === null ? null : { atMs: input.timeUs / 1_000, node: plan.nodes[input.node]?.id ?? "" };
  const divergence = {
    afterEvents: difference.afterInputs,
    first: named(difference.first),
    second: named(difference.second),
  };
  return { ...first, result: nondeterministic(first.result, divergence), divergence };
}

function record(plan: Plan, options: SimulationOptions, eventsMax: number): RecordedRun {
  const recorder = new Recorder();
  const simulation = new Simulation(plan, { ...options, traceListener: recorder.listener });
  const result = finishWithin(simulation, eventsMax);
  return { result, recording: recorder.recording(simulation.world.trace) };
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
