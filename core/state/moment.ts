/**
 * Moments: what orders changes everywhere in a state. A delta's stamp, then the place of the action within the
 * delta, so that a call may delete something and write it anew. Total; deletion wins where two are equal.
 */

import { compareStamp, type Stamp } from "../hlc.ts";
import { actionsMax } from "../limits.ts";
import { expectFields, expectInteger } from "../wire/expect.ts";

export interface Moment extends Stamp {
  /** The action's index in its delta. */
  readonly step: number;
}

/** Null stands for never, which is below every moment. */
export function compareMoments(a: Moment | null, b: Moment | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compareStamp(a, b) || a.step - b.step;
}

export function latest(a: Moment | null, b: Moment | null): Moment | null {
  return compareMoments(a, b) >= 0 ? a : b;
}

/** `[]` for never, else five numbers. */
export function encodeMoment(moment: Moment | null): readonly number[] {
  if (moment === null) return [];
  return [moment.at.ms, moment.at.counter, moment.hlc.ms, moment.hlc.counter, moment.step];
}

/** For use inside `decoding`. */
export function decodeMoment(value: unknown): Moment | null {
  return Array.isArray(value) && value.length === 0 ? null : expectMoment(value);
}

/** For use inside `decoding`. */
export function expectMoment(value: unknown): Moment {
  const fields = expectFields(value, 5, "a moment");
  const [atMs = 0, atCounter = 0, hlcMs = 0, hlcCounter = 0] = fields
    .slice(0, 4)
    .map((part) => expectInteger(part, Number.MAX_SAFE_INTEGER));
  const step = expectInteger(fields[4], actionsMax);
  return { at: { ms: atMs, counter: atCounter }, hlc: { ms: hlcMs, counter: hlcCounter }, step };
}
