/** `reconverge explore`: its arguments and options. What it does is in `explore-scenarios.ts`, loaded only when it runs. */

import type { Command } from "commander";

export interface ExploreOptions {
  readonly json?: true;
  readonly set: readonly string[];
  readonly worlds: string;
}

export function registerExploreCommand(program: Command): void {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  program
    .command("explore")
    .description("try every interleaving of a small scenario: at most 3 nodes and 6 operations")
    .argument("<file...>", "scenarios in YAML, JSON or TypeScript")
    .option("--json", "print one JSON object a scenario, on one line, and nothing else on stdout")
    .option(
      "--set <path=value>",
      "change the scenario before it is checked, e.g. nodes=2 (repeatable)",
      collect,
      [],
    )
    .option("--worlds <count>", "give up after so many different worlds", "2000000")
    .addHelpText(
      "after",
      `
Each node makes its calls in the order of the workload, and what it publishes reaches every other member at any
later moment, in any order. Times of the scenario are not used, sync does not run, and a
scenario with faults or lossy links is refused.

Examples:
  reconverge explore scenarios/every-order.yaml
  reconverge explore scenarios/every-order.yaml --set 'workload[0].method=remove' --json

Exit codes: 0 passed, 1 usage or invalid scenario, 2 safety violated, 5 budget exceeded, 70 internal error.`,
    )
    .action(async (files: readonly string[], options: ExploreOptions) => {
      const { exploreScenarios } = await import("./explore-scenarios.ts");
      process.exitCode = await exploreScenarios(files, options);
    });
}
