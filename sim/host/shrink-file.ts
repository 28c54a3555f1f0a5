/** Shrinks the failing run of a scenario file or a bundle for the command line, and writes the small scenario. */

import { writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { Scenario } from "../scenario/scenario.ts";
import { descriptionOf, nameOf } from "../shrink/describe.ts";
import { readable } from "../shrink/readable.ts";
import { type Shrinking, type ShrinkProgress, shrink } from "../shrink/shrink.ts";
import { nodeIds } from "../shrink/without.ts";
import { loadPlanned } from "./planned-file.ts";
import { quote } from "./report.ts";
import { scenarioYaml } from "./scenario-yaml.ts";
import type { ShrinkCommandOptions } from "./shrink-command.ts";
import { createPlanSimulation, planOf, withBuiltIn } from "./simulate.ts";
import { StatusLine } from "./status-line.ts";
import { reportingMistakes, UsageError } from "./usage.ts";
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
    const applications = withBuiltIn(loaded.applications);
    const output = options.output ?? (bundle === null ? undefined : join(bundle, smallFile));
    if (output !== undefined) expectWritableFile(output, "--output");
    const plansOf = (scenario: Scenario) => planOf(scenario, undefined, applications);
    const status = new StatusLine();
    const shrinking = shrink(plan, {
      planOf: plansOf,
      simulationOf: (each) => createPlanSimulation(each, { applications }),
      applications: applicationFiles.map((path) => pathFrom(output, path)),
      onProgress: (progress) => status.show(() => describeProgress(progress)),
    });
    status.clear();
    if (shrinking.kind === "passed") {
      const message = `${file}: the run of seed ${plan.seed} passes, so there is nothing to shrink`;
      const hint = bundle === null ? "; find a seed that fails with sim --seeds" : "";
      process.stderr.write(`${message}${hint}\n`);
      return notShrunkExitCode;
    }
    await write(shrinking, { output, planOf: plansOf });
    process.stderr.write(`${describeResult(shrinking)}\n`);
    if (output !== undefined) process.stderr.write(`run it: npx reconverge sim ${quote(fromHere(output))}\n`);
    return 0;
  });
}

async function write(
  { scenario, violation }: Extract<Shrinking, { kind: "shrunk" }>,
  about: {
    readonly output: string | undefined;
    readonly planOf: (scenario: Scenario) => ReturnType<typeof planOf>;
  },
): Promise<void> {
  const named = {
    ...scenario,
    ...{ name: nameOf(scenario, violation), description: descriptionOf(scenario, violation) },
  };
  const text = scenarioYaml(readable(named, about.planOf), [
    `Shrunk from the run of seed ${scenario.seed} of ${scenario.name}.`,
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

function describeProgress({ pass, runs, scenario, eventsBefore, events }: ShrinkProgress): string {
  const left = [
    `${nodeIds(scenario).length} nodes`,
    `${scenario.workload.length} calls`,
    `${scenario.faults.length} faults`,
    `${events} of ${eventsBefore} events`,
  ];
  return `shrinking ${pass} · ${runs} runs · ${left.join(", ")}`;
}

function describeResult(shrunk: Extract<Shrinking, { kind: "shrunk" }>): string {
  const { scenario, events, eventsBefore, runs, violation } = shrunk;
  const percent = (100 * (1 - events / eventsBefore)).toFixed(1);
  return [
    `shrunk to ${nodeIds(scenario).length} nodes, ${scenario.workload.length} calls and ${scenario.faults.length} faults in ${runs} runs`,
    `${events} of ${eventsBefore} events are left (${percent} % fewer)`,
    descriptionOf(scenario, violation),
  ].join("\n");
}
