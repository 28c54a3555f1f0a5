/** Gathers a finished run's result. */

import { toHex } from "../core/ids.ts";
import { classifyLost, liveMembers } from "./oracles/expectations.ts";
import type { Violation } from "./oracles/oracles.ts";
import type { ContextResult, RunOutcome, SimulationResult } from "./result.ts";
import type { Simulation } from "./simulation.ts";

export function summarize(simulation: Simulation): SimulationResult {
  const { plan, world, overall } = simulation;
  const { convergedAtUs } = overall;
  const violations = [...simulation.violations].sort((a, b) => a.atMs - b.atMs || a.event - b.event);
  return {
    scenario: plan.name,
    seed: plan.seed,
    outcome: outcomeOf(violations),
    violations,
    converged: overall.isConverged(),
    convergedAtMs: convergedAtUs === null ? null : convergedAtUs / 1_000,
    healMs: convergedAtUs === null ? null : (convergedAtUs - simulation.settledUs) / 1_000,
    virtualMs: world.nowUs / 1_000,
    events: world.events,
    traceHash: world.trace.hash(),
    nodes: plan.nodes.length,
    skipped: world.skipped,
    refused: simulation.refused + world.unanswered,
    forgiven: classifyLost(simulation).forgiven,
    contexts: Object.fromEntries(plan.contexts.map(({ id }) => [id, contextResult(simulation, id)])),
    acknowledged: simulation.acknowledged,
    propagationMs: simulation.propagation.percentiles(),
    messages: { ...world.counters.messages },
    bytes: { ...world.counters.bytes },
    faults: { ...world.counters.faults },
    probes: { ...world.counters.probes },
  };
}

/** Whose violations say that something did not come about in time; those of all others, that something went wrong. */
const livenessOracles: readonly string[] = ["converged", "liveness"];

/** The earliest violation decides. */
function outcomeOf([earliest]: readonly Violation[]): RunOutcome {
  if (earliest === undefined) return "passed";
  return livenessOracles.includes(earliest.oracle) ? "liveness" : "safety";
}

function contextResult(simulation: Simulation, context: string): ContextResult {
  const replicas = liveMembers(simulation, context, null).map(({ replica }) => replica);
  const roots = new Set(replicas.map((replica) => replica.stateRoot()));
  const [root] = roots;
  const [fullest] = [...replicas].sort((a, b) => b.deltas.graph.count - a.deltas.graph.count);
  return {
    root: roots.size === 1 && root !== undefined ? toHex(root) : null,
    heads: fullest?.deltas.graph.headCount ?? 0,
    entities: fullest?.state.liveCount ?? 0,
    deltas: fullest?.deltas.graph.count ?? 0,
    owed: replicas.reduce((sum, { owed }) => sum + owed.waitingCount, 0),
    parked: replicas.reduce((sum, { owed }) => sum + owed.parkedCount, 0),
  };
}
