/**
 * Runs one scenario, or a bundle, to be watched: in a view that is handed in, such as the terminal UI, or without one, when
 * there is no terminal, as `sim` would.
 */

import type { Plan } from "../plan/plan.ts";
import { exitCodes, type SimulationResult } from "../result.ts";
import type { Moment } from "../timeline.ts";
import { Playback } from "../watch/playback.ts";
import { codeVersion, nameVersion } from "./code-version.ts";
import { readMoment } from "./moment.ts";
import { loadPlanned } from "./planned-file.ts";
import { formatResult, quote, reproduceLine } from "./report.ts";
import { createPlanSimulation, measured, withBuiltIn } from "./simulate.ts";
import { reportingMistakes, UsageError } from "./usage.ts";
import type { WatchOptions } from "./watch-command.ts";

export interface ViewOptions {
  readonly description: string | null;
  /** Virtual seconds per second; infinite for no limit. */
  readonly speed: number;
  /** A moment as people write it; null where it is none. */
  readonly parseMoment: (text: string) => Moment | null;
  /** What the view leaves behind when the run has ended. */
  readonly describeResult: (result: SimulationResult) => string;
}

/** The run came to its end, or was left before. */
export type ViewEnding = { readonly kind: "finished" } | { readonly kind: "quit"; readonly exitCode: number };

/** Shows a run that has not begun, as it goes on. */
export type SimulationView = (playback: Playback, options: ViewOptions) => Promise<ViewEnding>;

/** Unless told otherwise a run is watched for about so long, and no faster than this. */
const watchedSeconds = 9;
const usualSpeedMax = 20;
const usualSpeedMin = 1;
const speedMax = 1_000_000;

/** Gives the exit code. Without a view the plain summary of `sim` is printed. Errors go to stderr. */
export function watchScenario(
  watched: readonly string[],
  options: WatchOptions,
  loadView: (() => Promise<SimulationView>) | null,
): Promise<number> {
  return reportingMistakes(async () => {
    const [file = "", another] = watched;
    if (another !== undefined)
      throw new UsageError(
        `watch: found ${watched.join(" ")}, expected one scenario or bundle, or URLs of nodes alone`,
      );
    const speed = parseSpeed(options.speed);
    const { plan, applications, description, bundle, recorded } = await loadPlanned(file, options);
    const simulation = createPlanSimulation(plan, { applications: withBuiltIn(applications) });
    const startMs = performance.now();
    const describe = (result: SimulationResult) => {
      const host = measured(() => result);
      return formatResult({ ...host, wallMs: Math.round(performance.now() - startMs) });
    };
    const playback = loadView === null ? null : Playback.of(simulation);
    if (loadView === null || playback === null) {
      process.stdout.write(describe(simulation.finish()));
    } else {
      const view = await loadView();
      const about = { description, speed: speed ?? usualSpeed(plan), parseMoment: readMoment };
      const ending = await view(playback, { ...about, describeResult: describe });
      if (ending.kind === "quit") return ending.exitCode;
    }
    const { outcome, traceHash } = (playback ?? simulation).finish();
    if (recorded !== null && recorded.result.traceHash !== traceHash) {
      const versions = `written by reconverge ${nameVersion(recorded.code)}, this is ${nameVersion(codeVersion())}`;
      process.stderr.write(`not the run that was recorded (${recorded.result.outcome}): ${versions}\n`);
    }
    const reproduce =
      bundle === null
        ? reproduceLine(file, plan.seed, options)
        : `reproduce: npx reconverge replay ${quote(file)}`;
    if (outcome !== "passed") process.stderr.write(`${reproduce}\n`);
    return exitCodes[outcome];
  });
}

/** Null when it is not said. */
function parseSpeed(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (text === "max") return Number.POSITIVE_INFINITY;
  const speed = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (speed > 0 && speed <= speedMax) return speed;
  throw new UsageError(
    `--speed: found "${text}", expected virtual seconds per second such as 5 or 0.5, or max`,
  );
}

function usualSpeed({ untilUs }: Plan): number {
  return Math.min(usualSpeedMax, Math.max(usualSpeedMin, untilUs / 1_000_000 / watchedSeconds));
}
