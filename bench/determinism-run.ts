/** Run in a process of its own by `check-determinism.ts`: prints the trace hash of each fixed scenario, as JSON. */

import { fileURLToPath } from "node:url";
import { loadScenario } from "../sim/host/scenario-file.ts";
import { simulate } from "../sim/host/simulate.ts";

/** They cover loss, wrong clocks, crashes of every kind, joins and leaves, and a hundred nodes. */
const scenarios = [
  "crash-and-restart.yaml",
  "lossy-gossip.yaml",
  "wrong-clocks.yaml",
  "rolling-restarts.ts",
  "partition-heals.yaml",
];

const isSharing = process.env.DETERMINISM_SHARING !== "off";
const hashes: Record<string, string> = {};
for (const name of scenarios) {
  const path = fileURLToPath(new URL(`../scenarios/${name}`, import.meta.url));
  const { scenario } = await loadScenario(path, { assignments: [] });
  hashes[name] = simulate(scenario, { seed: 20, isSharing }).traceHash;
}
process.stdout.write(`${JSON.stringify({ version: process.version, hashes })}\n`);
