/** `reconverge fuzz`: its arguments and options. What it does is in `fuzz.ts`, loaded only when it runs. */

import type { Command } from "commander";
import { profiles } from "../fuzz/profiles.ts";

export interface FuzzOptions {
  readonly seeds?: string;
  readonly budget?: string;
  readonly profile: string;
  readonly workers: string;
  readonly corpus: string;
  readonly json?: true;
}

export function registerFuzzCommand(program: Command): void {
  program
    .command("fuzz")
    .description("run random scenarios, a new one for each seed, and keep those that fail")
    .option(
      "--seeds <from..to>",
      "run these seeds, both ends included (default: from 1 on, until the budget ends)",
    )
    .option("--budget <duration>", "begin no run after so long (default: 60s, or none with --seeds)")
    .option("--profile <name>", "what is drawn: see below", "default")
    .option("--workers <count>", "run so many seeds at a time", "1")
    .option("--corpus <folder>", "where scenarios that fail are written", ".reconverge/corpus")
    .option("--json", "print one JSON object a run, on one line, and nothing else on stdout")
    .addHelpText(
      "after",
      `
Profiles:
${profiles.map(({ name, meaning }) => `  ${name.padEnd(10)}${meaning}`).join("\n")}

Before the first seed mistakes are planted around a sound core, and every oracle concerned must report its own.
After the last, what was covered is listed, what never was, and what failed: by kind, each with a scenario to run
again with sim or to make small with shrink. A signal (Ctrl-C) ends it as the budget does; a second one at once.

Examples:
  reconverge fuzz --budget 10m --workers 2
  reconverge fuzz --seeds 1..1000 --profile disk --json

Exit codes: those of sim, of the first seed that failed; 5 also when the budget ended before the last of --seeds;
128 and the signal's number when cut off by one; 70 when a planted mistake was missed.`,
    )
    .action(async (options: FuzzOptions) => {
      const { fuzz } = await import("./fuzz.ts");
      process.exitCode = await fuzz(options);
    });
}
