/** Runs scenario files for the command line: every file with every seed, results in order, and the exit code. */

import { present } from "../../core/assert.ts";
import { exitCodes, type RunResult } from "../result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import { eventLine } from "../trace/plainly.ts";
import { writeBundle } from "./bundle.ts";
import type { SimOptions } from "./command.ts";
import { Progress } from "./progress.ts";
import { formatResult, quote, reproduceLine } from "./report.ts";
import { type LoadedPlan, type Runs, runInProcess, runInWorkers } from "./runners.ts";
import { loadScenario } from "./scenario-file.ts";
import { planOfLoaded, type Ran } from "./simulate.ts";
import { TraceFile } from "./trace-file.ts";
import { parseSeeds, parseWhole, UsageError } from "./usage.ts";
import { expectWritableFolder } from "./writable.ts";

const workersMax = 256;
const invalidExitCode = 1;

/** One run that was asked for. */
interface Request {
  readonly file: string;
  readonly scenario: Scenario;
  readonly loaded: LoadedPlan;
}

/** Gives the exit code: that of the first run, in order, that did not pass. Usage and scenario errors go to stderr. */
export async function runScenarios(files: readonly string[], options: SimOptions): Promise<number> {
  try {
    const seeds = parseSeeds(options);
    const eventsMax = parseWhole(options.events, "--events", { min: 1, max: Number.MAX_SAFE_INTEGER });
    const workers = parseWhole(options.workers, "--workers", { min: 1, max: workersMax });
    if (options.bundle !== undefined) expectWritableFolder(options.bundle, "--bundle");
    const requests: Request[] = [];
    for (const file of files) requests.push(...(await load(file, seeds, options.set)));
    if (options.trace !== undefined && requests.length > 1)
      throw new UsageError(`--trace: found ${requests.length} runs, expected one: its events go to one file`);
    return await runAll(requests, { workers, eventsMax, options });
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ScenarioError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return invalidExitCode;
  }
}

/** Every plan is made before the first runs, so that what is invalid is told at once. */
async function load(
  file: string,
  seeds: readonly (number | undefined)[],
  assignments: readonly string[],
): Promise<readonly Request[]> {
  const loaded = await loadScenario(file, { assignments });
  const { scenario, applications, applicationFiles } = loaded;
  return seeds.map((seed) => {
    return { file, scenario, loaded: { plan: planOfLoaded(loaded, seed), applications, applicationFiles } };
  });
}

async function runAll(
  requests: readonly Request[],
  {
    workers,
    eventsMax,
    options,
  }: { readonly workers: number; readonly eventsMax: number; readonly options: SimOptions },
): Promise<number> {
  const isChecked = options.checkDeterminism === true;
  const progress = new Progress(requests.length);
  const trace = options.trace === undefined ? null : new TraceFile(options.trace);
  const runs: Runs = {
    plans: requests.map(({ loaded }) => loaded),
    ...{ isChecked, progress, eventsMax, isRecorded: options.bundle !== undefined },
    onEvent: trace === null ? undefined : (event) => trace.write(eventLine(event)),
  };
  const results = workers > 1 && requests.length > 1 ? runInWorkers(runs, workers) : runInProcess(runs);
  let exitCode = 0;
  let index = 0;
  for await (const ran of results) {
    const request = present(requests[index], "what was asked for");
    index += 1;
    progress.clear();
    print(ran.result, { request, options });
    keepFailure(ran, { request, options });
    if (exitCode === 0) exitCode = exitCodes[ran.result.outcome];
  }
  trace?.close();
  progress.clear();
  if (requests.length > 1 && options.json !== true) process.stdout.write(`${requests.length} runs\n`);
  return exitCode;
}

function print(result: RunResult, { request, options }: { request: Request; options: SimOptions }): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : formatResult(result));
  if (result.outcome === "passed") return;
  process.stderr.write(`${reproduceLine(request.file, result.seed, options)}\n`);
}

/** Writes the bundle of a run that failed, where bundles are wanted. */
function keepFailure(
  { result, recording }: Ran,
  { request, options }: { request: Request; options: SimOptions },
): void {
  if (result.outcome === "passed" || recording === null || options.bundle === undefined) return;
  const { scenario, loaded } = request;
  const { plan, applicationFiles } = loaded;
  const path = writeBundle(options.bundle, { plan, scenario, applicationFiles, result, recording });
  process.stderr.write(`bundle: npx reconverge replay ${quote(path)}\n`);
}
