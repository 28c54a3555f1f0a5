/** Moments of a run that one wants to go to: faults begin and end, something is found to be wrong, all agree. */

import type { Moment } from "../../../sim/timeline.ts";
import type { Playback } from "../../../sim/watch/playback.ts";
import { isInstantaneous } from "../cuts.ts";
import { formatSeconds } from "../text.ts";

export interface Mark {
  readonly moment: Moment;
  readonly timeUs: number;
  readonly text: string;
}

/** In time; those of the plan, and what was found so far. */
export function marksOf({ plan, violations, shown, result }: Playback): readonly Mark[] {
  const faults = plan.faults.flatMap(({ kind, atUs, untilUs }): readonly Mark[] => [
    at(atUs, isInstantaneous(kind) ? kind : `${kind} begins`),
    ...(untilUs === null || untilUs > plan.untilUs || isInstantaneous(kind)
      ? []
      : [at(untilUs, `${kind} ends`)]),
  ]);
  const found = violations.map(({ event, atMs, oracle, node }): Mark => {
    const timeUs = atMs * 1_000;
    // What is judged at the end is of no event of its own.
    const isOfEvent = result === null || event < result.events;
    const moment: Moment = isOfEvent ? { kind: "event", event } : { kind: "time", timeUs };
    return {
      moment,
      timeUs,
      text: `${oracle}${node === null ? "" : ` ${node}`} at ${formatSeconds(timeUs)}`,
    };
  });
  const { convergedAtUs } = shown.overall;
  const converged = convergedAtUs === null ? [] : [at(convergedAtUs, "converged")];
  return [...faults, ...found, ...converged].sort((a, b) => a.timeUs - b.timeUs);
}

/** The next after what is shown, or the one before; null where there is none. */
export function markBeside(playback: Playback, direction: "next" | "previous"): Mark | null {
  const { world } = playback.shown;
  const side = ({ moment, timeUs }: Mark): number =>
    moment.kind === "event" ? moment.event - world.events : timeUs - playback.nowUs;
  const marks = marksOf(playback);
  return (
    (direction === "next"
      ? marks.find((mark) => side(mark) > 0)
      : marks.findLast((mark) => side(mark) < 0)) ?? null
  );
}

function at(timeUs: number, text: string): Mark {
  return { moment: { kind: "time", timeUs }, timeUs, text: `${text} at ${formatSeconds(timeUs)}` };
}
