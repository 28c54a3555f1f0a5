/** One run of a scenario file in this process: `simulator-run.ts FILE NODES sharing|alone`. Prints the result as JSON. */

import { loadScenario } from "../sim/host/scenario-file.ts";
import { createSimulation, measured } from "../sim/host/simulate.ts";

const [file = "", nodes = "100", sharing = "sharing"] = process.argv.slice(2);
const { scenario } = await loadScenario(file, { assignments: [`nodes=${nodes}`] });
const result = measured(() => createSimulation(scenario, { isSharing: sharing === "sharing" }).finish());
process.stdout.write(JSON.stringify(result));
