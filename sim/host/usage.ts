/** What was wrong with how a command was called: shown without a stack, exit code 1. */

import { durationExpectation, expectedDuration, parseDurationUs } from "../scenario/duration.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A whole number from `min` to `max`, or a `UsageError` that names the option. */
export function parseWhole(
  text: string,
  option: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${option}: found "${text}", expected a whole number from ${min} to ${max}`);
}

const mistakeExitCode = 1;

/** Runs a command: what the user got wrong goes to stderr without a stack, and gives the exit code 1. */
export async function reportingMistakes(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ScenarioError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return mistakeExitCode;
  }
}

const seedMax = Number.MAX_SAFE_INTEGER;
const seedsMax = 1_000_000;

/** The seeds to run with; `undefined` stands for the scenario's own. */
export function parseSeeds({
  seed,
  seeds,
}: {
  readonly seed?: string;
  readonly seeds?: string;
}): readonly (number | undefined)[] {
  if (seed !== undefined && seeds !== undefined)
    throw new UsageError("--seed and --seeds exclude each other: give one of them");
  if (seed !== undefined) return [parseWhole(seed, "--seed", { min: 0, max: seedMax })];
  if (seeds === undefined) return [undefined];
  const [from, to, ...rest] = seeds.split("..");
  if (from === undefined || to === undefined || rest.length > 0) {
    throw new UsageError(`--seeds: found "${seeds}", expected a range such as 1..50`);
  }
  const first = parseWhole(from, "--seeds", { min: 0, max: seedMax });
  const last = parseWhole(to, "--seeds", { min: 0, max: seedMax });
  if (last < first)
    throw new UsageError(`--seeds: found "${seeds}", expected the first seed not to be above the last`);
  if (last - first >= seedsMax)
    throw new UsageError(`--seeds: found "${seeds}", expected at most ${seedsMax} seeds`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** How long something may take, in ms. Infinite for null. */
export function parseBudget(budget: string | null): number {
  if (budget === null) return Number.POSITIVE_INFINITY;
  const us = parseDurationUs(budget);
  if (us !== null && us > 0) return us / 1_000;
  const shape = durationExpectation.replace(" or a number of ms", "");
  const expected = us === 0 ? "more than 0" : expectedDuration(budget, shape);
  throw new UsageError(`--budget: found "${budget}", expected ${expected}`);
}
