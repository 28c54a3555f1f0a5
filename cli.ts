/** The one command, `reconverge`: wires the subcommands together. What a subcommand does is loaded when it runs. */

import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { registerNodeCommands } from "./node/commands/index.ts";
import { registerSimCommand } from "./sim/host/command.ts";
import { registerExploreCommand } from "./sim/host/explore-command.ts";
import { registerWatchCommand } from "./sim/host/watch-command.ts";

const internalErrorExitCode = 70;
/** A checkout runs this file as it stands, a package its compiled copy one folder below. */
const packageFile = import.meta.url.endsWith(".ts") ? "./package.json" : "../package.json";

const program = new Command("reconverge")
  .description("A local-first replication node, and the deterministic simulator that runs the same core.")
  .version(JSON.parse(readFileSync(new URL(packageFile, import.meta.url), "utf8")).version)
  .showHelpAfterError("(see reconverge --help)")
  .exitOverride();

registerSimCommand(program);
registerExploreCommand(program);
registerWatchCommand(program, async () => (await import("./adapters/tui/watch.ts")).watchInTerminal);
registerNodeCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(`internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = internalErrorExitCode;
  }
}
