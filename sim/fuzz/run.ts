/** One run of fuzzing: a simulation to its end, with what it covered besides what its result says. */

import type { SimulationResult } from "../result.ts";
import type { Simulation, SimulationEvent } from "../simulation.ts";
import { summarize } from "../summary.ts";
import { type TieBreak, tieBreaks } from "../world/event-queue.ts";
import { callName } from "./calls.ts";

/** What can be handed from thread to thread. */
export interface FuzzRun<Result extends SimulationResult = SimulationResult> {
  readonly result: Result;
  /** Methods that a call executed, as `application.method`. */
  readonly executed: readonly string[];
  readonly tieBreak: TieBreak;
}

/** A run with more events than this has lost its way, and ends as "budget". */
export const eventsMax = 4_000_000;

/** Notes which methods are executed: give it to the simulation as its `onEvent`. */
export class Executed {
  readonly #requests = new Set<number>();

  readonly onEvent = ({ effects }: SimulationEvent): void => {
    for (const effect of effects) {
      if (effect.kind !== "reply" || effect.outcome.kind !== "executed") continue;
      if (typeof effect.request === "number") this.#requests.add(effect.request);
    }
  };

  names({ plan }: Simulation): readonly string[] {
    const applications = new Map(plan.contexts.map(({ id, application }) => [id, application]));
    const names = Array.from(this.#requests).flatMap((request) => {
      const operation = plan.operations[request];
      if (operation === undefined) return [];
      return callName({ app: applications.get(operation.context) ?? "", method: operation.method });
    });
    return Array.from(new Set(names));
  }
}

/** Runs to the end, or until it is clear that there is none. */
export function finishWithin(simulation: Simulation, events = eventsMax): SimulationResult {
  const isOver = !simulation.runUntil(simulation.plan.untilUs, events);
  if (isOver) return simulation.finish();
  const { nowUs, events: handled } = simulation.world;
  const violation = {
    ...{ oracle: "budget", invariant: null, node: null, atMs: nowUs / 1_000, event: handled },
    message: `more than ${events} events`,
  };
  const result = summarize(simulation);
  return { ...result, outcome: "budget", violations: [...result.violations, violation] };
}

export function tieBreakOf({ world }: Simulation): TieBreak {
  return tieBreaks[world.seed % tieBreaks.length] ?? "first-in";
}
