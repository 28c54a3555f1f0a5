/** What a session of fuzzing came to, for people. */

import { counted } from "../counted.ts";
import type { Covered } from "../fuzz/coverage.ts";
import type { FailureGroup } from "../fuzz/failures.ts";
import { fuzzedEventsMax } from "../fuzz/run.ts";
import type { RunResult } from "../result.ts";

export interface SessionReport {
  readonly profile: string;
  readonly runs: number;
  /** Null: as many as the budget allowed. */
  readonly seedsAsked: number | null;
  /** Why not all was run that was asked for, as "cut off by SIGINT"; null when it was. */
  readonly unfinished: string | null;
  readonly events: number;
  readonly wallMs: number;
  readonly canaries: number;
  readonly covered: readonly Covered[];
  readonly failures: readonly (FailureGroup & { readonly file: string | undefined })[];
}

const seedsShown = 8;
const messageShown = 200;
const concerns: readonly (readonly [concern: Covered["concern"], title: string])[] = [
  ["protocol", "protocols"],
  ["fault", "faults"],
  ["call", "calls"],
  ["tie-break", "ties"],
  ["probe", "probes"],
];

/** One failed run, as it happens. */
export function describeFailure(
  { outcome, seed, violations }: RunResult,
  { file, profile }: { readonly file: string | null; readonly profile: string },
): string {
  const [violation] = violations;
  const said = `${violation?.oracle ?? outcome}: ${shortened(violation?.message ?? "")}`;
  const option = profile === "default" ? "" : ` --profile ${profile}`;
  const reproduce =
    file === null
      ? `fuzz --seeds ${seed}..${seed}${option}`
      : `sim ${file}${outcome === "budget" ? ` --events ${fuzzedEventsMax}` : ""}`;
  return `seed ${seed} FAILED (${outcome}) ${said}\nreproduce: npx reconverge ${reproduce}\n`;
}

export function describeSession({ events, wallMs, canaries, covered, ...report }: SessionReport): string {
  const ran =
    report.seedsAsked === null ? counted(report.runs, "run") : runsOf(report.runs, report.seedsAsked);
  const lines = [
    `${verdictOf(report)}  fuzz, profile ${report.profile}: ${ran}, ${counted(events, "event")} in ${(wallMs / 1_000).toFixed(1)} s`,
    `  planted mistakes: all ${canaries} caught`,
    ...(report.runs === 0
      ? ["  nothing ran, so nothing was covered"]
      : concerns.flatMap(([concern, title]) => coverageLines(title, ofConcern(covered, concern)))),
    ...report.failures.flatMap(failureLines),
  ];
  return `${lines.join("\n")}\n`;
}

/** What was not run has not passed: that comes first, where somebody may stop reading. */
function verdictOf({ failures, unfinished }: Pick<SessionReport, "failures" | "unfinished">): string {
  const failed = failures.length > 0 ? "FAILED" : null;
  if (unfinished === null) return failed ?? "passed";
  return failed === null ? `${unfinished}, none failed until then` : `${failed}, ${unfinished}`;
}

function runsOf(runs: number, asked: number): string {
  return runs === asked ? counted(runs, "run") : `${runs} of ${counted(asked, "seed")}`;
}

function ofConcern(covered: readonly Covered[], concern: Covered["concern"]): readonly Covered[] {
  return covered.filter((each) => each.concern === concern);
}

function coverageLines(title: string, covered: readonly Covered[]): readonly string[] {
  const hit = covered.filter(({ runs }) => runs > 0).sort((a, b) => b.runs - a.runs);
  const missed = covered.filter(({ runs }) => runs === 0).map(({ name }) => name);
  const counts = hit.map(({ name, runs }) => `${name} ${runs}`).join(", ");
  const lines = [`  ${title}, in how many runs: ${counts === "" ? "none" : counts}`];
  return missed.length === 0 ? lines : [...lines, `    never: ${missed.join(", ")}`];
}

function failureLines({ signature, seeds, file }: SessionReport["failures"][number]): readonly string[] {
  const shown = seeds.slice(0, seedsShown).join(", ");
  const more = seeds.length > seedsShown ? ` and ${seeds.length - seedsShown} more` : "";
  return [
    `  ! ${shortened(signature)}`,
    `    ${counted(seeds.length, "run")}: ${seeds.length === 1 ? "seed" : "seeds"} ${shown}${more}`,
    ...(file === undefined ? [] : [`    npx reconverge shrink ${file}`]),
  ];
}

function shortened(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length <= messageShown ? line : `${line.slice(0, messageShown)}…`;
}
