/** Runs a bundle again, compares it with what was recorded, or stops at a moment and shows it. */

import { eventsDefault, finishWithin } from "../budget.ts";
import { counted } from "../counted.ts";
import { checkDeterminism } from "../determinism.ts";
import { inspect, type RunState } from "../inspect.ts";
import { type Difference, firstDifference, Recorder, type Recording, recordedUntil } from "../recording.ts";
import { exitCodes, type RunResult } from "../result.ts";
import type { Simulation, SimulationEvent } from "../simulation.ts";
import { isBefore, type Moment } from "../timeline.ts";
import { plainly } from "../trace/plainly.ts";
import { type Bundle, changedDefaults, readBundle } from "./bundle.ts";
import { codeVersion, nameVersion } from "./code-version.ts";
import { parseMoment } from "./moment.ts";
import type { ReplayBundleOptions } from "./replay-command.ts";
import { formatResult } from "./report.ts";
import { createPlanSimulation, hostCrypto, measured, withBuiltIn } from "./simulate.ts";
import { formatState } from "./state-report.ts";
import { reportingMistakes } from "./usage.ts";

/** Gives the exit code. Errors go to stderr. */
export function replayBundle(path: string, options: ReplayBundleOptions): Promise<number> {
  return reportingMistakes(async () => {
    const moment = options.to === undefined ? null : parseMoment(options.to);
    const bundle = await readBundle(path);
    const isSameCode = tellVersion(bundle);
    const replayed = moment === null ? replayWhole(bundle) : replayTo(bundle, moment);
    const { difference, end } = replayed;
    const named = difference === null ? end : nameDifference(bundle, difference);
    const { result, state, last, isOver } = replayed;
    const about = { bundle: bundle.path, code: bundle.code, isSameCode, difference: named, isOver };
    const line =
      named === null
        ? `  the same as recorded, ${counted(replayed.inputs, "input")}`
        : `  DIFFERS ${named.message}`;
    const over = state !== null && isOver ? `  ${sayOver(options.to ?? "", state)}\n` : "";
    if (options.json === true)
      process.stdout.write(`${JSON.stringify({ ...about, result, state, last: plainly(last) })}\n`);
    else
      process.stdout.write(
        `${result === null ? formatState(state, last) : formatResult(result)}${over}${line}\n`,
      );
    if (named !== null && isSameCode) return exitCodes.nondeterminism;
    return result === null ? 0 : exitCodes[result.outcome];
  });
}

type Replayed = {
  readonly difference: Difference | null;
  /** What the run came to otherwise, though each input was handled alike. */
  readonly end: NamedDifference | null;
  /** Handled, and compared. */
  readonly inputs: number;
  /** The run has ended: of one that was to stop at a moment, before that moment. */
  readonly isOver: boolean;
} & (
  | { readonly result: RunResult; readonly state: null; readonly last: null }
  | { readonly result: null; readonly state: RunState; readonly last: SimulationEvent | null }
);

/** A run that was found to differ from itself is checked in the same way again. */
function replayWhole({ plan, applications, recording: recorded, result: before }: Bundle): Replayed {
  const options = { crypto: hostCrypto, applications: withBuiltIn(applications) };
  let recording: Recording | null = null;
  const result = measured(() => {
    if (before.outcome === "nondeterminism") {
      const checked = checkDeterminism(plan, options);
      recording = checked.recording;
      return checked.result;
    }
    const recorder = new Recorder();
    const simulation = createPlanSimulation(plan, { ...options, traceListener: recorder.listener });
    // One that did not end is over where it was given up.
    const eventsMax = before.outcome === "budget" ? before.events : eventsDefault;
    const finished = finishWithin(simulation, eventsMax);
    recording = recorder.recording(simulation.world.trace);
    return finished;
  });
  const difference = recording && firstDifference(recorded, recording);
  const inputs = recorded.digests.length;
  const end = differentEnd(before, result, inputs);
  return { result, state: null, last: null, difference, end, inputs, isOver: true };
}

function replayTo({ plan, applications, recording: recorded }: Bundle, moment: Moment): Replayed {
  const recorder = new Recorder();
  let last: SimulationEvent | null = null;
  const simulation: Simulation = createPlanSimulation(plan, {
    applications: withBuiltIn(applications),
    traceListener: recorder.listener,
    onEvent: (event) => {
      last = event;
    },
  });
  while (isBefore(simulation, moment) && simulation.step());
  const recording = recorder.recording(simulation.world.trace);
  const inputs = recording.digests.length;
  const difference = firstDifference(recordedUntil(recorded, inputs), recording);
  const isOver = isBefore(simulation, moment) || isStoppedBefore(simulation, moment);
  return { result: null, state: inspect(simulation), last, difference, end: null, inputs, isOver };
}

/** A run that was ended once all had settled has no next event. */
function isStoppedBefore({ world }: Simulation, moment: Moment): boolean {
  return (
    moment.kind === "time" && world.nextTimeUs === Number.POSITIVE_INFINITY && world.nowUs < moment.timeUs
  );
}

function sayOver(moment: string, { event, atMs }: RunState): string {
  return `the run is over before ${moment}: it ends after event #${event}, at ${(atMs / 1_000).toFixed(6)} s`;
}

/** Says on stderr when other code wrote the bundle. True when it was this. */
function tellVersion(bundle: Bundle): boolean {
  const now = codeVersion();
  if (now.version === bundle.code.version && now.sources === bundle.code.sources) return true;
  const defaults = changedDefaults(bundle).map((change) => `\n  ${change}`);
  process.stderr.write(
    `written by reconverge ${nameVersion(bundle.code)}, this is ${nameVersion(now)}: it may not do the same${defaults.join("")}\n`,
  );
  return false;
}

/** Null when a whole run came to the same. */
function differentEnd(before: RunResult, now: RunResult, inputs: number): NamedDifference | null {
  for (const field of ["traceHash", "outcome"] as const) {
    if (before[field] === now[field]) continue;
    const message = `in its ${field}, after ${counted(inputs, "input")}: recorded ${before[field]}, now ${now[field]}`;
    return { input: null, recorded: null, now: null, message };
  }
  return null;
}

interface NamedDifference {
  /** Null: all were handled alike. */
  readonly input: number | null;
  readonly recorded: { readonly node: string; readonly atMs: number } | null;
  readonly now: { readonly node: string; readonly atMs: number } | null;
  readonly message: string;
}

function nameDifference({ plan }: Bundle, { afterInputs, first, second }: Difference): NamedDifference {
  const named = (input: Difference["first"]) =>
    input === null ? null : { node: plan.nodes[input.node]?.id ?? "?", atMs: input.timeUs / 1_000 };
  const [recorded, now] = [named(first), named(second)];
  const say = (input: typeof now) =>
    input === null ? "the run had ended" : `${input.node} at ${input.atMs} ms`;
  const input = afterInputs + 1;
  return {
    input,
    recorded,
    now,
    message: `at handled input ${input}: recorded ${say(recorded)}, now ${say(now)}`,
  };
}
