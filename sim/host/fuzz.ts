/**
 * Fuzzing for the command line: canaries first, then a scenario for each seed, results in the order of the seeds;
 * those that fail are written to the corpus. Gives the exit code.
 */

import { counted } from "../counted.ts";
import { canaries, isCaught } from "../fuzz/canaries.ts";
import { Coverage } from "../fuzz/coverage.ts";
import { Failures } from "../fuzz/failures.ts";
import type { Profile } from "../fuzz/profiles.ts";
import type { FuzzRun } from "../fuzz/run.ts";
import { exitCodes, type RunResult } from "../result.ts";
import { Corpus, CorpusError } from "./corpus.ts";
import { type CutOff, untilCutOff } from "./cut-off.ts";
import type { FuzzOptions } from "./fuzz-command.ts";
import { describeFailure, describeSession } from "./fuzz-report.ts";
import { parseProfile, scenarioOf } from "./fuzz-run.ts";
import { fuzzInProcess, fuzzInWorkers } from "./fuzz-runners.ts";
import { createSimulation } from "./simulate.ts";
import { StatusLine } from "./status-line.ts";
import { parseBudget, parseSeeds, parseWhole, UsageError } from "./usage.ts";
import { expectWritableFolder } from "./writable.ts";

const budgetDefault = "60s";
const workersMax = 256;
const usageExitCode = 1;
const missedCanaryExitCode = 70;

export async function fuzz(options: FuzzOptions): Promise<number> {
  try {
    const session = new Session(options);
    // From the beginning on, so that nobody is cut off without a word.
    const stopListening = untilCutOff(Number.POSITIVE_INFINITY, (cutOff) => session.end(cutOff));
    try {
      return await checked(session);
    } finally {
      stopListening();
    }
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof CorpusError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return usageExitCode;
  }
}

/** Runs only where no planted mistake is missed. */
async function checked(session: Session): Promise<number> {
  const missed = missedCanaries();
  for (const name of missed) process.stderr.write(`missed a planted mistake: ${name}\n`);
  if (missed.length > 0) return missedCanaryExitCode;
  // Whoever signalled meanwhile is heard before the first run.
  await new Promise((resolve) => setImmediate(resolve));
  return await session.run();
}

function missedCanaries(): readonly string[] {
  const isMissed = (canary: (typeof canaries)[number]) =>
    !isCaught(canary, (scenario, applications) => createSimulation(scenario, { applications }));
  return canaries.filter(isMissed).map(({ name, oracle }) => `${name}, and ${oracle} did not report it`);
}

class Session {
  readonly #options: FuzzOptions;
  readonly #profile: Profile;
  readonly #workers: number;
  /** Null: from 1 on. */
  readonly #seeds: readonly number[] | null;
  readonly #budgetMs: number;
  readonly #startMs = performance.now();
  readonly #coverage: Coverage;
  readonly #failures = new Failures();
  readonly #files = new Map<string, string>();
  readonly #corpus: Corpus;
  readonly #status = new StatusLine();
  #runs = 0;
  #events = 0;
  #exitCode = 0;
  #cutOff: CutOff | null = null;

  constructor(options: FuzzOptions) {
    this.#options = options;
    this.#profile = parseProfile(options.profile);
    this.#workers = parseWhole(options.workers, "--workers", { min: 1, max: workersMax });
    this.#seeds = options.seeds === undefined ? null : parseRange(options.seeds);
    this.#budgetMs = parseBudget(options.budget ?? (this.#seeds === null ? budgetDefault : null));
    this.#coverage = new Coverage(this.#profile);
    expectWritableFolder(options.corpus, "--corpus");
    this.#corpus = new Corpus(options.corpus);
  }

  /** Begins nothing more. */
  end(cutOff: CutOff): void {
    this.#cutOff = cutOff;
  }

  async run(): Promise<number> {
    const tasks = this.#tasks();
    const runs = this.#workers > 1 ? fuzzInWorkers(tasks, this.#workers) : fuzzInProcess(tasks);
    for await (const run of runs) await this.#take(run);
    this.#status.clear();
    const summary = describeSession({
      ...{ profile: this.#profile.name, runs: this.#runs, events: this.#events },
      seedsAsked: this.#seeds?.length ?? null,
      unfinished: this.#unfinished()?.reason ?? null,
      wallMs: performance.now() - this.#startMs,
      canaries: canaries.length,
      covered: this.#coverage.all(),
      failures: this.#failures
        .groups()
        .map((group) => ({ ...group, file: this.#files.get(group.signature) })),
    });
    (this.#options.json === true ? process.stderr : process.stdout).write(summary);
    // What failed comes before what was cut off.
    return this.#exitCode === 0 ? (this.#unfinished()?.exitCode ?? 0) : this.#exitCode;
  }

  /** Why not all was run that was asked for; null when it was. */
  #unfinished(): CutOff | null {
    if (this.#runs === this.#seeds?.length) return null;
    if (this.#cutOff !== null) return { ...this.#cutOff, reason: `cut off by ${this.#cutOff.reason}` };
    return this.#seeds === null ? null : { reason: "the budget ended", exitCode: exitCodes.budget };
  }

  /** Seeds for as long as the budget lasts and nobody cuts it off; runs under way are waited for. */
  *#tasks() {
    const { name: profile } = this.#profile;
    for (let index = 0; ; index += 1) {
      const seed = this.#seeds === null ? index + 1 : this.#seeds[index];
      const isOver = performance.now() - this.#startMs >= this.#budgetMs;
      if (seed === undefined || isOver || this.#cutOff !== null) return;
      yield { seed, profile };
    }
  }

  async #take(run: FuzzRun<RunResult>): Promise<void> {
    const { result } = run;
    this.#runs += 1;
    this.#events += result.events;
    this.#coverage.add(run);
    this.#status.show(() => this.#progress());
    if (this.#options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    if (result.outcome === "passed") return;
    if (this.#exitCode === 0) this.#exitCode = exitCodes[result.outcome];
    const { signature, nth } = this.#failures.add(result);
    const file = await this.#corpus.keep(scenarioOf(result.seed, this.#profile), { result, signature, nth });
    if (file !== null && nth === 1) this.#files.set(signature, file);
    this.#status.clear();
    process.stderr.write(describeFailure(result, { file, profile: this.#profile.name }));
  }

  #progress(): string {
    const elapsedS = (performance.now() - this.#startMs) / 1_000;
    const failures = this.#failures.groups();
    const failed = failures.reduce((sum, { seeds }) => sum + seeds.length, 0);
    const left =
      this.#seeds === null
        ? `of ${(this.#budgetMs / 1_000).toFixed(0)} s`
        : counted(this.#seeds.length, "seed");
    return [
      `${counted(this.#runs, "run")} in ${elapsedS.toFixed(0)} s (${left})`,
      `${Math.round(this.#events / elapsedS).toLocaleString("en")} events/s`,
      `${failed} failed in ${counted(failures.length, "way")}`,
    ].join(" · ");
  }
}

function parseRange(seeds: string): readonly number[] {
  return parseSeeds({ seeds }).flatMap((seed) => seed ?? []);
}
