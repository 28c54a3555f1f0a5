/** Moments as the command line names them: a time, or an event. */

import { expectedDuration, parseDurationUs } from "../scenario/duration.ts";
import type { Moment } from "../timeline.ts";
import { UsageError } from "./usage.ts";

/** As `readMoment`; throws a `UsageError` for what is none. */
export function parseMoment(text: string): Moment {
  const moment = readMoment(text);
  if (moment !== null) return moment;
  const shape = "a time such as 12.5s or a number of ms, or an event such as #4096";
  throw new UsageError(`--to: found "${text}", expected ${expectedDuration(text, shape)}`);
}

/** `12.5s`, `250ms`, a number of ms; `#4096`, the world's event of that number. Null for anything else. */
export function readMoment(text: string): Moment | null {
  const event = /^#(\d+)$/.exec(text)?.[1];
  if (event !== undefined) return { kind: "event", event: Number(event) };
  const timeUs = parseDurationUs(/^\d+([.]\d+)?$/.test(text) ? Number(text) : text);
  return timeUs === null ? null : { kind: "time", timeUs };
}
