/** The one command, `reconverge`: wires the subcommands together. What a subcommand does is loaded when it runs. */

import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { registerCompletion, registerNodeCommands } from "./node/commands/index.ts";
import { registerSimCommand } from "./sim/host/command.ts";
import { registerExploreCommand } from "./sim/host/explore-command.ts";
import { registerFuzzCommand } from "./sim/host/fuzz-command.ts";
import { registerReplayCommand } from "./sim/host/replay-command.ts";
import { registerShrinkCommand } from "./sim/host/shrink-command.ts";
import { registerTraceCommand } from "./sim/host/trace-command.ts";
import { registerWatchCommand } from "./sim/host/watch-command.ts";

const internalErrorExitCode = 70;
/** What a shell says of a program whose reader went away, as `head` does. */
const closedPipeExitCode = 141;
/** A checkout runs this file as it stands, a package its compiled copy one folder below. */
const packageFile = import.meta.url.endsWith(".ts") ? "./package.json" : "../package.json";

const program = new Command("reconverge")
  .description("A local-first replication node, and the deterministic simulator that runs the same core.")
  .version(JSON.parse(readFileSync(new URL(packageFile, import.meta.url), "utf8")).version)
  .showHelpAfterError("(see reconverge --help)")
  .exitOverride();

registerSimCommand(program);
registerExploreCommand(program);
registerReplayCommand(program);
registerTraceCommand(program);
registerFuzzCommand(program);
registerShrinkCommand(program);
registerWatchCommand(program, {
  run: async () => (await import("./adapters/tui/watch.ts")).watchInTerminal,
  nodes: async () => (await import("./node/commands/watch.ts")).watchNodes,
});
registerNodeCommands(program);
registerCompletion(program);

for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(closedPipeExitCode);
  });

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
