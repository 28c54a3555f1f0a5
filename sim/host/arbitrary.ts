/**
 * Random scenarios for fast-check: drawn as `reconverge fuzz` draws them, and shrunk by the steps of `reconverge shrink`.
 * fast-check is the user's own: it is loaded when the first arbitrary is made, so that nobody else needs it.
 */

import { createRequire } from "node:module";
import type { Arbitrary, Random, Stream, Value } from "fast-check";
import type { Application } from "../../core/app/application.ts";
import { suggestion } from "../../core/nearest-name.ts";
import type { CallTemplate } from "../fuzz/calls.ts";
import { drawScenario } from "../fuzz/draw-scenario.ts";
import { everything, type FuzzedFaultKind, findProfile, type ScenarioSpace } from "../fuzz/profiles.ts";
import type { Plan } from "../plan/plan.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type ExplicitScenario, explicitScenario } from "../shrink/explicit.ts";
import { smaller } from "../shrink/smaller.ts";
import { planOf, withBuiltIn } from "./simulate.ts";

export interface ArbitraryScenarioOptions {
  /** One of the profiles of `reconverge fuzz`. Default "default". */
  readonly profile?: string;
  /** At most so many nodes at the start; at least 2. */
  readonly nodesMax?: number;
  /** Kinds of faults. Default: those of the profile. */
  readonly faults?: readonly FuzzedFaultKind[];
  /** Applications besides the built-in ones; give them to `simulate`, too. */
  readonly applications?: readonly Application[];
  /** What is called, instead of the methods of the built-in applications; of each application the first one always. */
  readonly calls?: readonly CallTemplate[];
  /** At most so many calls in a run. */
  readonly callsMax?: number;
}

type FastCheck = typeof import("fast-check");

/**
 * Valid scenarios that a sound system passes: each expects to converge, in a time computed from it. They shrink to
 * explicit ones with fewer nodes, calls and faults. Throws when fast-check is not installed.
 */
export function arbitraryScenario(options: ArbitraryScenarioOptions = {}): Arbitrary<Scenario> {
  const fastCheck = loadFastCheck();
  const space = spaceOf(options);
  const applications = withBuiltIn(options.applications ?? []);
  for (const call of space.calls) checkCall(call, applications);
  const plansOf = (scenario: Scenario): Plan => planOf(scenario, undefined, applications);

  class ScenarioArbitrary extends fastCheck.Arbitrary<Scenario> {
    override generate(random: Random): Value<Scenario> {
      const seed = random.nextInt(0, 0x7fff_ffff);
      return new fastCheck.Value<Scenario>(drawScenario(seed, space, `random-${seed}`), undefined);
    }

    override canShrinkWithoutContext(_value: unknown): _value is Scenario {
      return false;
    }

    /** What was drawn becomes explicit first; `context` is the explicit scenario that a value is. */
    override shrink(scenario: Scenario, context?: unknown): Stream<Value<Scenario>> {
      const explicit = context as ExplicitScenario | undefined;
      const steps =
        explicit === undefined ? [explicitScenario(plansOf(scenario))] : smaller(explicit, plansOf);
      return fastCheck
        .stream(steps[Symbol.iterator]())
        .map((step) => new fastCheck.Value<Scenario>(step, step));
    }
  }
  return new ScenarioArbitrary();
}

function spaceOf({
  profile = "default",
  nodesMax,
  faults,
  calls,
  callsMax,
}: ArbitraryScenarioOptions): ScenarioSpace {
  const found = findProfile(profile);
  if (typeof found === "string") throw new RangeError(`profile: ${found}`);
  if (nodesMax !== undefined && !(Number.isInteger(nodesMax) && nodesMax >= 2))
    throw new RangeError(`nodesMax: found ${nodesMax}, expected a whole number of at least 2`);
  if (callsMax !== undefined && !(Number.isInteger(callsMax) && callsMax >= 1))
    throw new RangeError(`callsMax: found ${callsMax}, expected a whole number of at least 1`);
  for (const kind of faults ?? []) checkName("faults", kind, everything.faults);
  if (calls?.length === 0) throw new RangeError("calls: found none, expected at least one");
  const sizes = found.sizes.filter((size) => size <= (nodesMax ?? Number.POSITIVE_INFINITY));
  return {
    ...found,
    sizes: sizes.length > 0 ? sizes : [nodesMax ?? 2],
    ...(faults === undefined ? {} : { faults }),
    ...(calls === undefined ? {} : { calls, membershipShare: 0, removalShare: 0, blobsShare: 0 }),
    ...(callsMax === undefined ? {} : { callsMax, burstShare: 0, largeStateShare: 0 }),
  };
}

/** A call that every node refuses would make a property true of nothing. */
function checkCall({ app, method }: CallTemplate, applications: readonly Application[]): void {
  const names = applications.map(({ name }) => name);
  checkName("calls: app", app, names);
  const found = applications.find(({ name }) => name === app);
  checkName(`calls: method of ${app}`, method, Object.keys(found?.methods ?? {}));
}

function checkName(what: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  throw new RangeError(
    `${what}: found "${name}", expected one of ${known.join(", ")}${suggestion(name, known)}`,
  );
}

let loaded: FastCheck | undefined;

function loadFastCheck(): FastCheck {
  try {
    loaded ??= createRequire(import.meta.url)("fast-check") as FastCheck;
    return loaded;
  } catch (error) {
    throw new Error("arbitraryScenario needs fast-check: npm install --save-dev fast-check", {
      cause: error,
    });
  }
}
