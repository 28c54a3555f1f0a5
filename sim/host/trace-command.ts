/** `reconverge trace`: its arguments and options. What it does is loaded when it runs. */

import type { Command } from "commander";

export const traceFormats = ["perfetto", "shiviz", "mermaid", "html"] as const;

export interface TraceOptions {
  readonly format: string;
  readonly output?: string;
  readonly seed?: string;
  readonly set: readonly string[];
}

export function registerTraceCommand(program: Command): void {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  program
    .command("trace")
    .description("run a scenario or a failure bundle, and draw what happened")
    .argument("<file>", "a scenario, or a folder that `sim --bundle` wrote")
    .requiredOption("--format <name>", traceFormats.join(", "))
    .option("-o, --output <file>", "write there instead of to stdout")
    .option("--seed <number>", "run with this seed instead of the scenario's own")
    .option("--set <path=value>", "change the scenario before it is checked (repeatable)", collect, [])
    .addHelpText(
      "after",
      `
  perfetto  JSON for https://ui.perfetto.dev or chrome://tracing: a track a node, messages as flows, counters
  shiviz    a log with vector clocks for ShiViz, as its first expression reads it; cut to 2,000 steps on 24 nodes
  mermaid   a sequence diagram to paste into a document; cut to 120 steps on 10 nodes
  html      one file that opens anywhere, without a network: violations, what nodes lack, faults and convergence,
            space and time, the history of each node

What is cut is told, and what led to the first violation stays.

Examples:
  reconverge trace failures/partition-heals-42 --format html -o report.html
  reconverge trace scenarios/hello.yaml --format mermaid

Exit codes: 0 written, whatever the run came to, 1 usage or invalid scenario, 70 internal error.`,
    )
    .action(async (file: string, options: TraceOptions) => {
      const { exportTrace } = await import("./export-trace.ts");
      process.exitCode = await exportTrace(file, options);
    });
}
