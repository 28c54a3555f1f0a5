/** Shrinks the failing run of a scenario file or a bundle for the command line, and writes the small scenario. */

import { writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { unreachable } from "../../core/assert.ts";
import { counted } from "../counted.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { descriptionOf, nameOf } from "../shrink/describe.ts";
import { readable } from "../shrink/readable.ts";
import type { Shrinking } from "../shrink/shrink.ts";
import { nodeIds } from "../shrink/without.ts";
import { type CutOff, untilCutOff } from "./cut-off.ts";
import { loadPlanned } from "./planned-file.ts";
import { quote } from "./report.ts";
import { createPool } from "./runners.ts";
import { scenarioYaml } from "./scenario-yaml.ts";
import type { ShrinkCommandOptions } from "./shrink-command.ts";
import type { ShrinkTask } from "./shrink-run.ts";
import { planOf, withBuiltIn } from "./simulate.ts";
import { StatusLine } from "./status-line.ts";
import { parseBudget, reportingMistakes, UsageError } from "./usage.ts";
import { expectWritableFile } from "./writable.ts";

const notShrunkExitCode = 1;

/** The small scenario, in the bundle that it was made of. */
const smallFile = "small.yaml";

/** Gives the exit code. The small scenario goes to the file, into the bundle, or to stdout; all else to stderr. */
export function shrinkFile(file: string, options: ShrinkCommandOptions): Promise<number> {
  return reportingMistakes(async () => {
    const { plan, bundle, recorded, applicationFiles, ...loaded } = await loadPlanned(file, options);
    if (recorded?.result.outcome === "nondeterminism")
      throw new UsageError(
        `${file}: two runs of its plan differed, which is a mistake of the code and not of the scenario: there is nothing to shrink; replay names the first event that differs`,
      );
    const output = options.output ?? (bundle === null ? undefined : join(bundle, smallFile));
    if (output !== undefined) expectWritableFile(output, "--output");
    const budgetMs = parseBudget(options.budget ?? null);
    const namedFiles = applicationFiles.map((path) => pathFrom(output, path));
    const { shrinking, cutOff } = await shrinkInThread({ plan, applicationFiles, namedFiles }, budgetMs);
    switch (shrinking.kind) {
      case "passed": {
        const message = `${file}: the run of seed ${plan.seed} passes, so there is nothing to shrink`;
        const hint = bundle === null ? "; find a seed that fails with sim --seeds" : "";
        process.stderr.write(`${message}${hint}\n`);
        return notShrunkExitCode;
      }
      case "unknown":
        process.stderr.write(
          `${describeCutOff(cutOff)} before the whole run had ended: nothing is written\n`,
        );
        return cutOff?.exitCode ?? notShrunkExitCode;
      case "shrunk": {
        const applications = withBuiltIn(loaded.applications);
        await write(shrinking, { output, planOf: (scenario) => planOf(scenario, undefined, applications) });
        if (!shrinking.isMinimal)
          process.stderr.write(`${describeCutOff(cutOff)}: this is the smallest so far, and not minimal\n`);
        process.stderr.write(`${describeResult(shrinking)}\n`);
        if (output !== undefined)
          process.stderr.write(`run it: npx reconverge sim ${quote(fromHere(output))}\n`);
        return shrinking.isMinimal ? 0 : (cutOff?.exitCode ?? 0);
      }
      default:
        return unreachable(shrinking);
    }
  });
}

/** Shrinks in a thread of its own until that is done, the budget is over, or a signal comes. */
async function shrinkInThread(
  task: Pick<ShrinkTask, "plan" | "applicationFiles" | "namedFiles">,
  budgetMs: number,
): Promise<{ readonly shrinking: Shrinking; readonly cutOff: CutOff | null }> {
  const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let cutOff: CutOff | null = null;
  const stopListening = untilCutOff(budgetMs, (why) => {
    cutOff = why;
    Atomics.store(flag, 0, 1);
  });
  const status = new StatusLine();
  const { port1, port2: port } = new MessageChannel();
  port1.on("message", (line: string) => status.show(() => line));
  const pool = createPool<ShrinkTask, Shrinking>("shrinkInWorker", 1);
  try {
    const shrinking = await pool.run({ ...task, cutOff: flag, port }, { transferList: [port] });
    return { shrinking, cutOff };
  } finally {
    stopListening();
    port1.close();
    status.clear();
    await pool.destroy();
  }
}

function describeCutOff(cutOff: CutOff | null): string {
  return `cut off (${cutOff?.reason ?? "unasked"})`;
}

async function write(
  shrunk: Extract<Shrinking, { kind: "shrunk" }>,
  about: {
    readonly output: string | undefined;
    readonly planOf: (scenario: Scenario) => ReturnType<typeof planOf>;
  },
): Promise<void> {
  const { scenario } = shrunk;
  const named = { ...scenario, ...{ name: nameOf(shrunk), description: descriptionOf(shrunk) } };
  const text = scenarioYaml(readable(named, about.planOf), [
    `Shrunk from the run of seed ${scenario.seed} of ${scenario.name}.`,
    ...(shrunk.isMinimal ? [] : ["Not minimal: shrinking was cut off."]),
  ]);
  if (about.output === undefined) process.stdout.write(text);
  else await writeText(about.output, text);
}

async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new UsageError(`--output: ${path} cannot be written: ${code}`);
  }
}

/** As short a name of a file as there is. */
function fromHere(path: string): string {
  const near = relative(process.cwd(), resolve(path));
  return near.startsWith("..") ? path : near;
}

/** How the result names a file of applications: from the folder in which it will stand. */
function pathFrom(output: string | undefined, path: string): string {
  const from = relative(output === undefined ? process.cwd() : dirname(resolve(output)), path);
  return from.startsWith(".") ? from : `./${from}`;
}

function describeResult(shrunk: Extract<Shrinking, { kind: "shrunk" }>): string {
  const { scenario, events, eventsBefore, runs } = shrunk;
  const percent = (100 * (1 - events / eventsBefore)).toFixed(1);
  const { workload, faults } = scenario;
  const nodes = counted(nodeIds(scenario).length, "node");
  return [
    `shrunk to ${nodes}, ${counted(workload.length, "call")} and ${counted(faults.length, "fault")} in ${counted(runs, "run")}`,
    `${events} of ${counted(eventsBefore, "event")} ${events === 1 ? "is" : "are"} left (${percent} % fewer)`,
    descriptionOf(shrunk),
  ].join("\n");
}
