/** `reconverge watch`: its arguments and options. What it does is loaded when it runs, and the view with it. */

import type { Command } from "commander";
import type { SimulationView } from "./watch-scenario.ts";

export interface WatchOptions {
  readonly seed?: string;
  readonly set: readonly string[];
  readonly speed?: string;
}

/** What shows what is watched: loaded when it is. */
export interface WatchViews {
  readonly run: () => Promise<SimulationView>;
  readonly nodes: () => Promise<(urls: readonly string[], hasTerminal: boolean) => Promise<void>>;
}

const isUrl = (text: string) => /^https?:\/\//.test(text);

export function registerWatchCommand(program: Command, views: WatchViews): void {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  program
    .command("watch")
    .description("watch nodes converge, in the terminal: of a scenario, of a failure bundle, or running ones")
    .argument(
      "<file or url...>",
      "a scenario, a folder that `sim --bundle` wrote, or the APIs of running nodes",
    )
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
Keys: ? shows them all, q quits, space pauses, numbers show panes, [ and ] go to faults and violations.
Equal colours are equal states; NO_COLOR turns them into letters. Without a terminal the run is not shown:
its summary is printed, as sim prints it; of running nodes, how they are. Exit codes are those of sim; of
running nodes those of the client commands.

Examples:
  reconverge watch scenarios/partition-heals.yaml
  reconverge watch scenarios/flapping.yaml --speed 2 --seed 7
  reconverge watch failures/partition-heals-42
  reconverge watch http://127.0.0.1:2528 http://127.0.0.1:2529`,
    )
    .action(async (watched: readonly string[], options: WatchOptions) => {
      if (watched.every(isUrl)) return await (await views.nodes())(watched, hasTerminal());
      const { watchScenario } = await import("./watch-scenario.ts");
      process.exitCode = await watchScenario(watched, options, hasTerminal() ? views.run : null);
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
