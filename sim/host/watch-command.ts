/** `reconverge watch`: its arguments and options. What it does is loaded when it runs, and the view with it. */

import type { Command } from "commander";
import type { SimulationView } from "./watch-scenario.ts";

export interface WatchOptions {
  readonly seed?: string;
  readonly set: readonly string[];
  readonly speed?: string;
}

export function registerWatchCommand(program: Command, loadView: () => Promise<SimulationView>): void {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  program
    .command("watch")
    .description("run a scenario or a failure bundle, and watch its nodes converge, in the terminal")
    .argument("<file>", "a scenario, or a folder that `sim --bundle` wrote")
    .option("--seed <number>", "run with this seed instead of the scenario's own")
    .option(
      "--set <path=value>",
      "change the scenario before it is checked, e.g. nodes=1000 (repeatable)",
      collect,
      [],
    )
    .option(
      "--speed <number>",
      "virtual seconds per second, or max (default: a run in about 9 s, at most 20)",
    )
    .addHelpText(
      "after",
      `
Keys: q quits, space pauses, + and - change the speed, s goes on by 0.1 s, tab shows the next context.
Equal colours are equal states; NO_COLOR turns them into letters. Without a terminal the run is not shown:
its summary is printed, as sim prints it. Exit codes are those of sim.

Examples:
  reconverge watch scenarios/partition-heals.yaml
  reconverge watch scenarios/flapping.yaml --speed 2 --seed 7
  reconverge watch failures/partition-heals-42`,
    )
    .action(async (file: string, options: WatchOptions) => {
      const { watchScenario } = await import("./watch-scenario.ts");
      process.exitCode = await watchScenario(file, options, hasTerminal() ? loadView : null);
    });
}

/** One that shows what is drawn: not a pipe, not the log of a CI service, not a terminal without a cursor. */
function hasTerminal(): boolean {
  const isSet = (name: string) => {
    const value = process.env[name];
    return value !== undefined && value !== "0" && value !== "false";
  };
  const isLog = isSet("CI") || isSet("CONTINUOUS_INTEGRATION");
  return process.stdout.isTTY === true && !isLog && process.env.TERM !== "dumb";
}
