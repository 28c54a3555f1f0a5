// Cores broken on purpose, one method at a time, for the length of a run.

import { createPlanSimulation, planOf } from "../../../sim/host/simulate.ts";
import type { Violation } from "../../../sim/oracles/oracles.ts";
import type { SimulationResult } from "../../../sim/result.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import type { Simulation } from "../../../sim/simulation.ts";
import { stormy } from "../small-plans.ts";

// biome-ignore lint/suspicious/noExplicitAny: any method of any class may be the one that is broken.
type Method = (this: any, ...parameters: any[]) => any;

/** What to break: `broken` is made of the method as it was. */
export interface Breakage {
  readonly target: object;
  readonly method: string;
  readonly broken: (original: Method) => Method;
}

/** Typed by the method it breaks, so that a method which changes takes its breakages along. */
export function breakage<Target extends object, Name extends string & keyof Target>(
  target: Target,
  method: Name,
  broken: (original: Target[Name]) => Target[Name],
): Breakage {
  return { target, method, broken: broken as unknown as Breakage["broken"] };
}

/** Runs something while all of it is broken, and mends it. */
export function whileBroken<Result>(breakages: readonly Breakage[], run: () => Result): Result {
  const originals = breakages.map(({ target, method }) => Reflect.get(target, method) as Method);
  breakages.forEach(({ target, method, broken }, index) => {
    Reflect.set(target, method, broken(originals[index] as Method));
  });
  try {
    return run();
  } finally {
    breakages.forEach(({ target, method }, index) => {
      Reflect.set(target, method, originals[index]);
    });
  }
}

export interface BrokenRun {
  readonly scenario?: Scenario;
  readonly breakages?: readonly Breakage[];
  /** Before the end is judged. */
  readonly beforeEnd?: (simulation: Simulation) => void;
}

export function runBroken({ scenario = stormy, breakages = [], beforeEnd }: BrokenRun): SimulationResult {
  return whileBroken(breakages, () => {
    const simulation = createPlanSimulation(planOf(scenario, 3));
    if (beforeEnd !== undefined) {
      while (simulation.step());
      beforeEnd(simulation);
    }
    return simulation.finish();
  });
}

export function ofOracle({ violations }: SimulationResult, oracle: string): readonly Violation[] {
  return violations.filter((violation) => violation.oracle === oracle);
}
