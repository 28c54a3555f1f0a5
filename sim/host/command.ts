/** `reconverge sim`: its arguments and options. What it does is in `run-scenarios.ts`, loaded only when it runs. */

import type { Command } from "commander";
import { eventsDefault } from "../budget.ts";

export interface SimOptions {
  readonly seed?: string;
  readonly seeds?: string;
  readonly workers: string;
  readonly events: string;
  readonly json?: true;
  readonly set: readonly string[];
  readonly checkDeterminism?: true;
  readonly trace?: string;
  readonly bundle?: string;
}

export function registerSimCommand(program: Command): void {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  program
    .command("sim")
    .description("run scenario files: a whole cluster in virtual time, from a seed")
    .argument("<file...>", "scenarios in YAML, JSON or TypeScript")
    .option("--seed <number>", "run with this seed instead of the scenario's own")
    .option("--seeds <from..to>", "run with every seed of a range, both ends included")
    .option("--workers <count>", "run so many seeds at a time", "1")
    .option("--events <count>", "end a run after so many events, as `budget`", String(eventsDefault))
    .option("--json", "print one JSON object a run, on one line, and nothing else on stdout")
    .option(
      "--set <path=value>",
      "change the scenario before it is checked, e.g. nodes=1000 (repeatable)",
      collect,
      [],
    )
    .option(
      "--check-determinism",
      "run each seed twice, with and without sharing by content, and compare the traces",
    )
    .option("--trace <file>", "write what every node handled and did as it goes, one JSON object a line")
    .option("--bundle <folder>", "write each run that fails there, whole, to be replayed anywhere")
    .addHelpText(
      "after",
      `
Examples:
  reconverge sim scenarios/hello.yaml
  reconverge sim scenarios/partition-heals.yaml --seeds 1..50 --workers 2
  reconverge sim scenarios/partition-heals.yaml --seeds 1..50 --bundle failures
  reconverge sim scenarios/partition-heals.yaml --set nodes=1000 --set 'faults[0].split=0.3' --json

Exit codes: 0 passed, 1 usage or invalid scenario, 2 safety violated, 3 not converged in time,
4 nondeterminism, 5 more events than --events, 70 internal error.`,
    )
    .action(async (files: readonly string[], options: SimOptions) => {
      const { runScenarios } = await import("./run-scenarios.ts");
      process.exitCode = await runScenarios(files, options);
    });
}
