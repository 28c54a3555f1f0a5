/**
 * One run of a scenario file in this process: `simulator-run.ts FILE NODES sharing|alone|profiled`, NODES being `-` for
 * as many as the file says. Prints the result as JSON, of a profiled one with the share that the oracles take.
 */

import { loadScenario } from "../sim/host/scenario-file.ts";
import { createSimulation, measured } from "../sim/host/simulate.ts";
import { shareOfOracles } from "./oracle-share.ts";

const [file = "", nodes = "100", mode = "sharing"] = process.argv.slice(2);
const { scenario } = await loadScenario(file, { assignments: nodes === "-" ? [] : [`nodes=${nodes}`] });
const run = () => measured(() => createSimulation(scenario, { isSharing: mode !== "alone" }).finish());
if (mode === "profiled") {
  const { result, share } = await shareOfOracles(run);
  process.stdout.write(JSON.stringify({ ...result, oraclesShare: share }));
} else {
  process.stdout.write(JSON.stringify(run()));
}
