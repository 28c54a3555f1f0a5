/** Runs scenario files for the command line: every file with every seed, results in order, and the exit code. */

import { exitCodes, type RunResult } from "../result.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import type { SimOptions } from "./command.ts";
import { Progress } from "./progress.ts";
import { formatResult, reproduceLine } from "./report.ts";
import { type LoadedPlan, type Runs, runInProcess, runInWorkers } from "./runners.ts";
import { loadScenario } from "./scenario-file.ts";
import { planOfLoaded } from "./simulate.ts";
import { parseSeeds, parseWhole, UsageError } from "./usage.ts";

const workersMax = 256;
const invalidExitCode = 1;

/** One run that was asked for. */
interface Request {
  readonly file: string;
  readonly loaded: LoadedPlan;
}

/** Gives the exit code: that of the first run, in order, that did not pass. Usage and scenario errors go to stderr. */
export async function runScenarios(files: readonly string[], options: SimOptions): Promise<number> {
  try {
    const seeds = parseSeeds(options);
    const workers = parseWhole(options.workers, "--workers", { min: 1, max: workersMax });
    const requests: Request[] = [];
    for (const file of files) requests.push(...(await load(file, seeds, options.set)));
    return await runAll(requests, { workers, options });
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
  const { applications, applicationFiles } = loaded;
  return seeds.map((seed) => {
    return { file, loaded: { plan: planOfLoaded(loaded, seed), applications, applicationFiles } };
  });
}

async function runAll(
  requests: readonly Request[],
  { workers, options }: { readonly workers: number; readonly options: SimOptions },
): Promise<number> {
  const isChecked = options.checkDeterminism === true;
  const progress = new Progress(requests.length);
  const runs: Runs = { plans: requests.map(({ loaded }) => loaded), isChecked, progress };
  const results = workers > 1 && requests.length > 1 ? runInWorkers(runs, workers) : runInProcess(runs);
  let exitCode = 0;
  let index = 0;
  for await (const result of results) {
    const request = requests[index];
    index += 1;
    progress.clear();
    print(result, { request, options });
    if (exitCode === 0) exitCode = exitCodes[result.outcome];
  }
  progress.clear();
  if (requests.length > 1 && options.json !== true) process.stdout.write(`${requests.length} runs\n`);
  return exitCode;
}

function print(
  result: RunResult,
  { request, options }: { request: Request | undefined; options: SimOptions },
): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : formatResult(result));
  if (result.outcome === "passed" || request === undefined) return;
  process.stderr.write(`${reproduceLine(request.file, result.seed, options)}\n`);
}
