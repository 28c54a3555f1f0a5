/** `reconverge replay`: its arguments and options. What it does is loaded when it runs. */

import type { Command } from "commander";

export interface ReplayBundleOptions {
  readonly to?: string;
  readonly json?: true;
}

export function registerReplayCommand(program: Command): void {
  program
    .command("replay")
    .description(
      "run a failure bundle again, and say whether it does what it did; or look inside at a moment",
    )
    .argument("<bundle>", "a folder that `sim --bundle` wrote")
    .option(
      "--to <moment>",
      "stop there and show every node: a time such as 12.5s, or an event such as #4096",
    )
    .option("--json", "print one JSON object, on one line, and nothing else on stdout")
    .addHelpText(
      "after",
      `
Examples:
  reconverge replay failures/partition-heals-42
  reconverge replay failures/partition-heals-42 --to 70s
  reconverge replay failures/partition-heals-42 --to '#12034' --json

The run is compared with the one that was bundled, and the first input that was handled otherwise is named, or that
it came to another outcome or trace hash. A bundle
of other code is run all the same: then a difference is no surprise, and the exit code is that of the run.

Exit codes: 4 where the same code did not do the same; else those of sim, and 0 with --to.`,
    )
    .action(async (path: string, options: ReplayBundleOptions) => {
      const { replayBundle } = await import("./replay-bundle.ts");
      process.exitCode = await replayBundle(path, options);
    });
}
