/** Runs a scenario or a bundle and writes its history in a format that other tools, or a browser, show. */

import type { Application } from "../../core/app/application.ts";
import type { Plan } from "../plan/plan.ts";
import { Historian, type History } from "../trace/history.ts";
import { mermaid } from "../trace/mermaid.ts";
import { perfetto } from "../trace/perfetto.ts";
import { type Selection, select } from "../trace/selection.ts";
import { shiviz } from "../trace/shiviz.ts";
import { htmlReport } from "./html-report.ts";
import { loadPlanned } from "./planned-file.ts";
import { createPlanSimulation, withBuiltIn } from "./simulate.ts";
import type { TraceOptions } from "./trace-command.ts";
import { traceFormats } from "./trace-command.ts";
import { TraceFile } from "./trace-file.ts";
import { reportingMistakes, UsageError } from "./usage.ts";

type Format = (typeof traceFormats)[number];

/** What small pictures have room for. */
const room = { shiviz: { stepsMax: 2_000, nodesMax: 24 }, mermaid: { stepsMax: 120, nodesMax: 10 } };

/** Gives the exit code. Errors, and what was cut, go to stderr. */
export function exportTrace(path: string, options: TraceOptions): Promise<number> {
  return reportingMistakes(async () => {
    const format = traceFormats.find((name) => name === options.format);
    if (format === undefined)
      throw new UsageError(`--format: found "${options.format}", expected ${traceFormats.join(", ")}`);
    const planned = await loadPlanned(path, options);
    const output = options.output === undefined ? null : new TraceFile(options.output, "--output");
    const history = recordHistory(planned.plan, planned.applications);
    for (const piece of pieces(history, format)) {
      if (output === null) process.stdout.write(piece);
      else output.write(piece);
    }
    output?.close();
    return 0;
  });
}

/** Runs a plan to its end, and gives all of its steps. `applications` besides the built-in ones. */
export function recordHistory(plan: Plan, applications: readonly Application[] = []): History {
  const historian = new Historian(plan);
  const { onEvent } = historian;
  const simulation = createPlanSimulation(plan, { applications: withBuiltIn(applications), onEvent });
  historian.watch(simulation);
  return historian.history(simulation);
}

function pieces(history: History, format: Format): Iterable<string> {
  switch (format) {
    case "perfetto":
      return perfetto(history);
    case "html":
      return [htmlReport(history)];
    case "shiviz":
      return shiviz(history, told(select(history, room.shiviz)));
    case "mermaid":
      return mermaid(history, told(select(history, room.mermaid)));
  }
}

function told(selection: Selection): Selection {
  if (selection.cut !== null) process.stderr.write(`${selection.cut}\n`);
  return selection;
}
