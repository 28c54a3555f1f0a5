/** What every part of the work of resolving a scenario shares: whom and what it names, and when it ends. */

import type { Json } from "../../core/json.ts";
import { durationExpectation, formatUs, parseDurationUs } from "../scenario/duration.ts";
import type { Duration, Scenario } from "../scenario/scenario.ts";
import { type Problems, type ScenarioPath, showValue } from "../scenario/scenario-error.ts";
import type { Contexts } from "./contexts.ts";
import type { Roster } from "./roster.ts";

export interface Resolving {
  readonly scenario: Scenario;
  readonly seed: number;
  /** The end of the run. */
  readonly untilUs: number;
  readonly roster: Roster;
  readonly contexts: Contexts;
  readonly problems: Problems;
}

/** Microseconds; what is no duration is a problem, and zero. */
export function readDuration(duration: Duration, path: ScenarioPath, problems: Problems): number {
  const us = parseDurationUs(duration);
  if (us === null) {
    problems.add(
      "bad-value",
      path,
      `found ${showValue(duration)}, expected ${durationExpectation}, at most a year`,
    );
  }
  return us ?? 0;
}

/** When something happens. At or after the end of the run it never would: a problem. */
export function readInstant(at: Duration, path: ScenarioPath, { untilUs, problems }: Resolving): number {
  const us = readDuration(at, path, problems);
  if (us >= untilUs) {
    problems.add(
      "schedule",
      path,
      `found ${showValue(at)}, expected a time before the end of the run, ${formatUs(untilUs)}`,
    );
  }
  return us;
}

/** When something that began is over, or null when it says no end. */
export function readEnd(
  until: Duration | undefined,
  { fromUs, path }: { readonly fromUs: number; readonly path: ScenarioPath },
  { untilUs, problems }: Resolving,
): number | null {
  if (until === undefined) return null;
  const us = readDuration(until, path, problems);
  if (us <= fromUs) {
    problems.add(
      "schedule",
      path,
      `found ${showValue(until)}, expected a time after ${formatUs(fromUs)}, when it begins`,
    );
  } else if (us > untilUs) {
    const message = `found ${showValue(until)}, expected a time not after the end of the run, ${formatUs(untilUs)}`;
    problems.add("schedule", path, message);
  }
  return us;
}

/**
 * A name for one entry of a list by what it says, so that its draws stay as they are when other entries come
 * and go. The same content a second time gets another name.
 */
export class ContentNames {
  readonly #seen = new Map<string, number>();

  of(content: Json): string {
    const text = canonicalText(content);
    const count = this.#seen.get(text) ?? 0;
    this.#seen.set(text, count + 1);
    return count === 0 ? text : `${text}#${count}`;
  }
}

/** JSON with the keys of objects in order. */
function canonicalText(value: Json): string {
  return JSON.stringify(value, (_, held: unknown) => {
    if (typeof held !== "object" || held === null || Array.isArray(held)) return held;
    return Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
