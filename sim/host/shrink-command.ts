/** `reconverge shrink`: its arguments and options. What it does is in `shrink-file.ts`, loaded only when it runs. */

import type { Command } from "commander";

export interface ShrinkCommandOptions {
  readonly seed?: string;
  readonly set: readonly string[];
  readonly output?: string;
  readonly budget?: string;
}

export function registerShrinkCommand(program: Command): void {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  program
    .command("shrink")
    .description("make a failing scenario as small as it goes while it fails in the same way")
    .argument("<file>", "a scenario, or a folder that `sim --bundle` wrote")
    .option("--seed <number>", "shrink the run of this seed instead of the scenario's own")
    .option("--set <path=value>", "change the scenario before it is checked (repeatable)", collect, [])
    .option(
      "-o, --output <file>",
      "write the small scenario here, instead of printing it or putting it into the bundle",
    )
    .option("--budget <duration>", "stop after so long with what is smallest by then (default: none)")
    .addHelpText(
      "after",
      `
The scenario is made explicit first (every call, fault, link and clock by itself); then nodes, calls, faults, time
and configuration are taken out for as long as the same oracle says the same. The result is a scenario like any
other: without any one of its nodes, calls or faults it no longer fails. That of a bundle is put there as small.yaml.
Cut off, by its budget or by a signal (Ctrl-C), it writes the smallest one so far, which says that it is not minimal;
a second signal ends it at once.

Examples:
  reconverge shrink .reconverge/corpus/converged-fuzz-default-17.yaml -o small.yaml
  reconverge shrink scenarios/flapping.yaml --seed 7
  reconverge shrink failures/partition-heals-42 --budget 5m

Exit codes: 0 shrunk, 1 usage, invalid scenario or one that does not fail, 5 cut off by the budget,
128 and the signal's number when cut off by one, 70 internal error.`,
    )
    .action(async (file: string, options: ShrinkCommandOptions) => {
      const { shrinkFile } = await import("./shrink-file.ts");
      process.exitCode = await shrinkFile(file, options);
    });
}
