/** Durations and rates as scenarios write them, in whole microseconds. */

import type { Duration, Rate } from "./scenario.ts";

export const durationPattern = "^[0-9]+([.][0-9]+)?(ms|s|m|h)$";
export const durationExpectation = "a duration: 250ms, 10s, 2m, 1h or a number of ms";
export const ratePattern = "^[0-9]+([.][0-9]+)?/(s|m|h)$";
export const rateExpectation = "a rate: 12/s, 30/m, 2/h or a number a second";

/** Above a year a time is a mistake, and below it every time is exact in microseconds. */
export const durationMsMax = 365 * 24 * 3_600_000;

/** What is wrong with what was given as a duration: its shape, or how long it is. */
export function expectedDuration(text: string, shape = durationExpectation): string {
  return new RegExp(`${durationPattern}|^[0-9]+([.][0-9]+)?$`).test(text) && Number.parseFloat(text) > 0
    ? `no more than a year, ${durationMsMax / 3_600_000}h`
    : shape;
}

const usPerUnit: ReadonlyMap<string, number> = new Map([
  ["ms", 1_000],
  ["s", 1_000_000],
  ["m", 60_000_000],
  ["h", 3_600_000_000],
]);

/** Whole microseconds, the nearest; null for what is no duration, is negative, or is longer than a year. */
export function parseDurationUs(duration: Duration): number | null {
  const us = typeof duration === "number" ? Math.round(duration * 1_000) : parseDurationText(duration);
  return us !== null && us >= 0 && us <= durationMsMax * 1_000 ? us : null;
}

function parseDurationText(text: string): number | null {
  const found = /^([0-9]+(?:[.][0-9]+)?)(ms|s|m|h)$/.exec(text);
  const unit = usPerUnit.get(found?.[2] ?? "");
  return unit === undefined ? null : Math.round(Number(found?.[1]) * unit);
}

/** So many in so many microseconds. Null for what is no rate, or is not above zero. */
export function parseRate(rate: Rate): { readonly count: number; readonly perUs: number } | null {
  const found = typeof rate === "number" ? null : /^([0-9]+(?:[.][0-9]+)?)\/(s|m|h)$/.exec(rate);
  const count = typeof rate === "number" ? rate : Number(found?.[1] ?? 0);
  const perUs = usPerUnit.get(typeof rate === "number" ? "s" : (found?.[2] ?? ""));
  return perUs !== undefined && count > 0 && Number.isFinite(count) ? { count, perUs } : null;
}

/** A time as an error shows it: `2m`, `90s`, `250ms`. */
export function formatUs(us: number): string {
  for (const unit of ["h", "m", "s"] as const) {
    const size = usPerUnit.get(unit) as number;
    if (us >= size && us % size === 0) return `${us / size}${unit}`;
  }
  return us === 0 ? "0" : us % 100_000 === 0 && us >= 1_000_000 ? `${us / 1_000_000}s` : `${us / 1_000}ms`;
}
