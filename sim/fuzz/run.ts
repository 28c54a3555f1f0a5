/** One run of fuzzing: a simulation to its end, with what it covered besides what its result says. */

import { isBlobMethod } from "../plan/blob-operations.ts";
import { isMemberMethod } from "../plan/member-calls.ts";
import type { SimulationResult } from "../result.ts";
import type { Simulation, SimulationEvent } from "../simulation.ts";
import { type TieBreak, tieBreaks } from "../world/event-queue.ts";
import { callName, ofNode } from "./calls.ts";

/** What can be handed from thread to thread. */
export interface FuzzRun<Result extends SimulationResult = SimulationResult> {
  readonly result: Result;
  /** Methods that a call executed, as `application.method`. */
  readonly executed: readonly string[];
  readonly tieBreak: TieBreak;
}

/** A random run with more events than this has lost its way, and ends as "budget". */
export const fuzzedEventsMax = 4_000_000;

/** Notes which methods are executed: give it to the simulation as its `onEvent`. */
export class Executed {
  readonly #requests = new Set<number>();

  readonly onEvent = ({ effects }: SimulationEvent): void => {
    for (const effect of effects) {
      if (effect.kind !== "reply" || effect.outcome.kind === "refused") continue;
      // Of blobs each step is a request of its own, named after the operation.
      const request =
        typeof effect.request === "number" ? effect.request : Number(effect.request.split("/")[0]);
      if (Number.isInteger(request)) this.#requests.add(request);
    }
  };

  names({ plan }: Simulation): readonly string[] {
    const applications = new Map(plan.contexts.map(({ id, application }) => [id, application]));
    const names = Array.from(this.#requests).flatMap((request) => {
      const operation = plan.operations[request];
      if (operation === undefined) return [];
      const { context, method } = operation;
      return callName({ app: isOfNode(method) ? ofNode : (applications.get(context) ?? ""), method });
    });
    return Array.from(new Set(names));
  }
}

function isOfNode(method: string): boolean {
  return isMemberMethod(method) || isBlobMethod(method);
}

export function tieBreakOf({ world }: Simulation): TieBreak {
  return tieBreaks[world.seed % tieBreaks.length] ?? "first-in";
}
