/** Passes over time: an earlier end, fewer pauses between what happens, shorter faults, round times. */

import type { Violation } from "../oracles/oracles.ts";
import type { Plan } from "../plan/plan.ts";
import { parseDurationUs } from "../scenario/duration.ts";
import type { Duration, ScenarioFault, SingleWrite } from "../scenario/scenario.ts";
import { duration, type ExplicitScenario } from "./explicit.ts";
import type { Search } from "./shrink.ts";

/** After what was seen, or was due, a run goes on for so long. */
const spareUs = 1_000;
const roundsUs: readonly number[] = [1_000_000, 100_000, 10_000, 1_000];

/** In a run that ends before all had the time to converge, not converging says nothing. */
export function enoughTime(plan: Plan, { oracle }: Violation): boolean {
  if (oracle !== "converged") return true;
  const withinUs = plan.expectations.map((each) => (each.kind === "converged" ? each.withinMs * 1_000 : 0));
  return plan.untilUs >= lastUs(plan) + Math.max(0, ...withinUs);
}

/** When the last fault that ends is over and the last call made. */
function lastUs({ operations, faults }: Pick<Plan, "operations" | "faults">): number {
  const times = [
    ...operations.map(({ atUs }) => atUs),
    ...faults.map(({ atUs, untilUs }) => untilUs ?? atUs),
  ];
  return times.reduce((max, each) => Math.max(max, each), 0);
}

/** Ends the run as soon as the mistake has shown: what would come later is left out, and nothing has to be healed first. */
export function cutEnd(search: Search): void {
  const { current, violation } = search;
  const isJudgedAtEnd = violation.oracle === "converged";
  const withinUs = current.expect.map(({ converged }) => us(converged?.within ?? 0));
  const seenUs = Math.ceil(violation.atMs) * 1_000 + spareUs;
  const judgedUs = lastMomentUs(current) + Math.max(0, ...withinUs) + spareUs;
  if (isJudgedAtEnd) {
    if (judgedUs < us(current.until)) search.attempt(endingAt(current, judgedUs));
    return;
  }
  if (seenUs !== us(current.until)) search.attempt(endingAt(current, seenUs));
  // What is judged at the end may show earlier as well.
  for (let left = us(search.current.until) / 2; left >= 100_000; left /= 2) {
    const earlierUs = Math.round(us(search.current.until) - left);
    if (earlierUs > 0) search.attempt(endingAt(search.current, earlierUs));
  }
}

function endingAt({ settle: _settle, ...scenario }: ExplicitScenario, endUs: number): ExplicitScenario {
  const isBefore = (at: Duration) => us(at) < endUs;
  return {
    ...scenario,
    workload: scenario.workload.filter(({ at }) => isBefore(at)),
    faults: scenario.faults
      .filter(({ at }) => isBefore(at))
      .map((fault) => {
        const until = "until" in fault ? fault.until : undefined;
        return until === undefined || us(until) <= endUs ? fault : { ...fault, until: duration(endUs) };
      }),
    until: duration(endUs),
  };
}

/** Takes time out between two moments at which something begins or ends. */
export function closeGaps(search: Search): void {
  for (let index = 0; ; index += 1) {
    const times = [0, ...new Set(timesOf(search.current))].sort((a, b) => a - b);
    const [from, to] = [times[index], times[index + 1]];
    if (from === undefined || to === undefined) return;
    for (const gapUs of [1_000, 10_000, 100_000, 1_000_000, Math.round((to - from) / 2)]) {
      if (gapUs >= to - from) continue;
      const shiftUs = to - from - gapUs;
      if (search.attempt(retimed(search.current, (time) => (time >= to ? time - shiftUs : time)))) break;
    }
  }
}

export function shortenFaults(search: Search): void {
  for (const [index, fault] of search.current.faults.entries()) {
    const until = "until" in fault ? fault.until : undefined;
    if (until === undefined) continue;
    const lastsUs = us(until) - us(fault.at);
    for (const shorterUs of [1_000, 10_000, 100_000, 1_000_000, Math.round(lastsUs / 2)]) {
      if (shorterUs >= lastsUs) continue;
      const shorter = { ...fault, until: duration(us(fault.at) + shorterUs) } as ScenarioFault;
      if (search.attempt(withFault(search.current, index, shorter))) break;
    }
  }
}

/** Makes times round, all at once or one by one. */
export function roundTimes(search: Search): void {
  for (const unitUs of roundsUs) {
    const round = (time: number) => Math.max(Math.round(time / unitUs), time > 0 ? 1 : 0) * unitUs;
    if (search.attempt(retimed(search.current, round))) return;
    const unround = new Set(timesOf(search.current).filter((time) => time % unitUs !== 0));
    for (const each of unround) {
      search.attempt(retimed(search.current, (time) => (time === each ? round(time) : time)));
    }
  }
}

export function withFault(scenario: ExplicitScenario, index: number, fault: ScenarioFault): ExplicitScenario {
  return { ...scenario, faults: scenario.faults.with(index, fault) };
}

/** All moments at which something begins or ends, but for the end of the run. */
function timesOf({ workload, faults }: ExplicitScenario): readonly number[] {
  return [
    ...workload.map(({ at }) => us(at)),
    ...faults.flatMap((fault) => {
      const until = "until" in fault ? fault.until : undefined;
      return until === undefined ? [us(fault.at)] : [us(fault.at), us(until)];
    }),
  ];
}

export function lastMomentUs(scenario: ExplicitScenario): number {
  return timesOf(scenario).reduce((max, each) => Math.max(max, each), 0);
}

/** The scenario with every moment moved, and its order kept. The run ends as long after the last one as before. */
function retimed(scenario: ExplicitScenario, move: (timeUs: number) => number): ExplicitScenario {
  const moved = (time: Duration) => duration(move(us(time)));
  const next: ExplicitScenario = {
    ...scenario,
    workload: byTime(scenario.workload.map((call): SingleWrite => ({ ...call, at: moved(call.at) }))),
    faults: byTime(
      scenario.faults.map((fault) => {
        const until = "until" in fault ? fault.until : undefined;
        const times = { at: moved(fault.at), ...(until === undefined ? {} : { until: moved(until) }) };
        return { ...fault, ...times } as ScenarioFault;
      }),
    ),
  };
  return {
    ...next,
    until: duration(Math.max(spareUs, us(scenario.until) - lastMomentUs(scenario) + lastMomentUs(next))),
  };
}

function byTime<Entry extends { readonly at: Duration }>(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => us(a.at) - us(b.at));
}

/** Explicit scenarios hold only durations that were read before. */
function us(time: Duration): number {
  return parseDurationUs(time) ?? 0;
}
