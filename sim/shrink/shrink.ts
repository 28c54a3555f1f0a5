/**
 * START HERE: makes a failing scenario as small as it goes while the same mistake shows. Every step proposes a smaller
 * scenario, which is run; one in which the mistake shows no more, or that is not valid, is dropped.
 *
 * 1. The result fails with the signature of the original.
 * 2. It is 1-minimal: without any one of its nodes, calls or faults it no longer does, or is no valid scenario.
 * 3. What is expected stays as it is: a shorter time to converge in would fail by itself.
 * 4. Cut off, it gives the smallest scenario so far, of which 1 holds and 2 need not.
 */

import { signatureOf } from "../fuzz/signature.ts";
import type { Violation } from "../oracles/oracles.ts";
import type { Plan } from "../plan/plan.ts";
import { parseDurationUs } from "../scenario/duration.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import type { Simulation } from "../simulation.ts";
import { type ExplicitScenario, explicitScenario } from "./explicit.ts";
import { endPass, minimizingPasses, type Pass, reducingPasses, roundingPass } from "./passes.ts";
import { enoughTime } from "./passes-time.ts";
import { pinsOf } from "./pins.ts";

export interface ShrinkOptions {
  /** Makes the plan of a scenario; throws a `ScenarioError` when there is none. */
  readonly planOf: (scenario: ExplicitScenario) => Plan;
  /** A run of a plan that has not begun. */
  readonly simulationOf: (plan: Plan) => Simulation;
  /** Application files to name in the result. */
  readonly applications?: readonly string[];
  readonly onProgress?: (progress: ShrinkProgress) => void;
  /** Asked again and again; once it says so, nothing more is tried. */
  readonly isCutOff?: () => boolean;
}

export interface ShrinkProgress {
  /** What is being tried. */
  readonly pass: string;
  readonly runs: number;
  readonly scenario: ExplicitScenario;
  readonly eventsBefore: number;
  readonly events: number;
}

export type Shrinking =
  | { readonly kind: "passed" }
  /** Cut off before the whole run had ended: it is not known to fail. */
  | { readonly kind: "unknown" }
  | {
      readonly kind: "shrunk";
      readonly scenario: ExplicitScenario;
      readonly signature: string;
      /** As the smallest run told it. */
      readonly violation: Violation;
      /** False when it was cut off. */
      readonly isMinimal: boolean;
      /** Events of a whole run, before and after; if it was cut off, after are those until the mistake showed. */
      readonly eventsBefore: number;
      readonly events: number;
      /** Candidates that were run. */
      readonly runs: number;
    };

/** A run of a smaller scenario may take this many times the events of the one it is made of, not more. */
const eventsFactor = 3;
const eventsSpare = 10_000;

/** Between questions whether it is cut off. */
const eventsPerQuestion = 500;

export function shrink(plan: Plan, options: ShrinkOptions): Shrinking {
  const simulation = options.simulationOf(plan);
  while (simulation.runUntil(plan.untilUs, eventsPerQuestion))
    if (options.isCutOff?.() === true) return { kind: "unknown" };
  const whole = simulation.finish();
  const [violation] = whole.violations;
  return violation === undefined
    ? { kind: "passed" }
    : new Shrinker(plan, violation, options).shrink(whole.events);
}

/** What a pass sees of the search. */
export interface Search {
  readonly current: ExplicitScenario;
  /** Takes a scenario as the current one if the mistake shows in it. */
  attempt(candidate: ExplicitScenario): boolean;
  /** The violation of the current scenario. */
  readonly violation: Violation;
}

/** Ends the pass under way, however deep in it. */
class CutOff extends Error {}

class Shrinker implements Search {
  current: ExplicitScenario;
  violation: Violation;
  readonly signature: string;
  readonly #options: ShrinkOptions;
  readonly #tried = new Set<string>();
  readonly #pins: ReturnType<typeof pinsOf>;
  #eventsBefore = 0;
  #events = 0;
  #runs = 0;
  #pass: Pass | null = null;

  constructor(plan: Plan, violation: Violation, options: ShrinkOptions) {
    this.#options = options;
    this.current = explicitScenario(plan, options.applications);
    this.#tried.add(JSON.stringify(this.current));
    this.violation = violation;
    this.signature = signatureOf(violation);
    this.#pins = pinsOf(violation, this.current);
  }

  shrink(events: number): Shrinking {
    this.#eventsBefore = events;
    this.#events = events;
    const isMinimal = this.#minimize();
    const { current: scenario, signature, violation } = this;
    const whole = () => this.#options.simulationOf(this.#options.planOf(scenario)).finish().events;
    return {
      ...{ kind: "shrunk", scenario, signature, violation, isMinimal, runs: this.#runs },
      ...{ eventsBefore: this.#eventsBefore, events: isMinimal ? whole() : this.#events },
    };
  }

  attempt(candidate: ExplicitScenario): boolean {
    const text = JSON.stringify(candidate);
    if (this.#tried.has(text)) return false;
    this.#expectTime();
    this.#tried.add(text);
    if (!this.#pins(candidate)) return false;
    const found = this.#violationIn(candidate);
    if (found === null) return false;
    this.current = candidate;
    this.violation = found.violation;
    this.#events = found.events;
    return true;
  }

  /** False when it was cut off. */
  #minimize(): boolean {
    try {
      this.#untilNothingChanges(reducingPasses);
      this.#run(roundingPass);
      this.#untilNothingChanges([...minimizingPasses, endPass]);
      return true;
    } catch (error) {
      if (error instanceof CutOff) return false;
      throw error;
    }
  }

  #untilNothingChanges(passes: readonly Pass[]): void {
    for (let before = ""; before !== JSON.stringify(this.current); ) {
      before = JSON.stringify(this.current);
      for (const pass of passes) this.#run(pass);
    }
  }

  #run(pass: Pass): void {
    this.#pass = pass;
    pass.run(this);
  }

  /** Runs a candidate until the mistake shows. Null when it does not, or the candidate is not valid. */
  #violationIn(
    candidate: ExplicitScenario,
  ): { readonly violation: Violation; readonly events: number } | null {
    const plan = this.#planOf(candidate);
    if (plan === null || !enoughTime(plan, this.violation)) return null;
    this.#runs += 1;
    this.#tell();
    const simulation = this.#options.simulationOf(plan);
    const mustBeInTime = this.#mustBeInTime(candidate);
    const isSame = (violation: Violation) =>
      signatureOf(violation) === this.signature && (!mustBeInTime || isInTime(violation, candidate));
    const eventsMax = eventsFactor * this.#events + eventsSpare;
    let seen = 0;
    while (simulation.step()) {
      if (simulation.world.events > eventsMax) return null;
      if (simulation.world.events % eventsPerQuestion === 0) this.#expectTime();
      for (; seen < simulation.violations.length; seen += 1) {
        const violation = simulation.violations[seen];
        if (violation !== undefined && isSame(violation))
          return { violation, events: simulation.world.events };
      }
    }
    const { violations, events } = simulation.finish();
    const violation = violations.find(isSame);
    return violation === undefined ? null : { violation, events };
  }

  /** What shows in time is put off to when the cluster is healed, at many times the events, only for something in return. */
  #mustBeInTime(candidate: ExplicitScenario): boolean {
    const isLonger = endUs(candidate) > endUs(this.current);
    return this.#pass?.isInTime === true && (isLonger || isInTime(this.violation, this.current));
  }

  #planOf(candidate: ExplicitScenario): Plan | null {
    try {
      return this.#options.planOf(candidate);
    } catch (error) {
      if (error instanceof ScenarioError) return null;
      throw error;
    }
  }

  #expectTime(): void {
    if (this.#options.isCutOff?.() === true) throw new CutOff();
  }

  #tell(): void {
    this.#options.onProgress?.({
      ...{ pass: this.#pass?.name ?? "", runs: this.#runs, scenario: this.current },
      ...{ eventsBefore: this.#eventsBefore, events: this.#events },
    });
  }
}

/** Does it show before the scenario's time is over? */
function isInTime({ atMs }: Violation, scenario: ExplicitScenario): boolean {
  return atMs * 1_000 <= endUs(scenario);
}

/** Explicit scenarios hold only durations that were read before. */
function endUs({ until }: ExplicitScenario): number {
  return parseDurationUs(until) ?? 0;
}
