/** Explores scenario files for the command line: one after the other, and the exit code of the first that failed. */

import { counted } from "../counted.ts";
import { Cluster } from "../explore/cluster.ts";
import { Exploration, type ExplorationResult } from "../explore/exploration.ts";
import { refuseToExplore } from "../explore/limits.ts";
import type { Plan } from "../plan/plan.ts";
import { exitCodes } from "../result.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import type { ExploreOptions } from "./explore-command.ts";
import { loadScenario } from "./scenario-file.ts";
import { hostCrypto, planOfLoaded, withBuiltIn } from "./simulate.ts";
import { parseWhole, UsageError } from "./usage.ts";

const worldsMax = 100_000_000;
const invalidExitCode = 1;

/** Gives the exit code. Usage and scenario errors go to stderr. */
export async function exploreScenarios(files: readonly string[], options: ExploreOptions): Promise<number> {
  try {
    const worlds = parseWhole(options.worlds, "--worlds", { min: 1, max: worldsMax });
    const clusters: { readonly plan: Plan; readonly cluster: Cluster }[] = [];
    for (const file of files) clusters.push(await load(file, options.set));
    let exitCode = 0;
    for (const each of clusters) {
      const { outcome } = explore(each, worlds, options.json === true);
      if (exitCode === 0) exitCode = exitCodes[outcome];
    }
    return exitCode;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ScenarioError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return invalidExitCode;
  }
}

async function load(file: string, assignments: readonly string[]) {
  const loaded = await loadScenario(file, { assignments });
  const plan = planOfLoaded(loaded);
  const refusal = refuseToExplore(plan);
  if (refusal !== null) throw new UsageError(`${file}: ${refusal}`);
  const applications = withBuiltIn(loaded.applications);
  return { plan, cluster: new Cluster(plan, { crypto: hostCrypto, applications }) };
}

function explore(
  { plan, cluster }: { readonly plan: Plan; readonly cluster: Cluster },
  worlds: number,
  isJson: boolean,
): ExplorationResult {
  const startMs = performance.now();
  const hasTerminal = process.stderr.isTTY === true;
  const result = new Exploration(cluster, {
    worldsMax: worlds,
    onLayer: (steps, so) =>
      hasTerminal && process.stderr.write(`\r\x1b[K${plan.name}: ${steps} steps, ${so} worlds`),
  }).run();
  if (hasTerminal) process.stderr.write("\r\x1b[K");
  const wallMs = Math.round(performance.now() - startMs);
  process.stdout.write(isJson ? `${toJson(plan, result, wallMs)}\n` : format(plan, result, wallMs));
  return result;
}

/** Counts of interleavings can be above 2^53, so they are texts. */
function toJson(plan: Plan, result: ExplorationResult, wallMs: number): string {
  const { interleavings, expected, ...rest } = result;
  const counts = {
    interleavings: String(interleavings),
    expected: expected === null ? null : String(expected),
  };
  const about = { scenario: plan.name, nodes: plan.nodes.length, operations: plan.operations.length };
  return JSON.stringify({ ...about, ...rest, ...counts, wallMs });
}

function format(plan: Plan, result: ExplorationResult, wallMs: number): string {
  const { outcome, interleavings, expected, worlds, nodeStates, refused, ends, violation } = result;
  const formula =
    expected === null
      ? "no formula: not every operation wrote once"
      : `${expected.toLocaleString("en")} by formula`;
  const lines = [
    `${outcome === "passed" ? "passed" : `FAILED (${outcome})`}  ${plan.name}`,
    `  ${counted(plan.nodes.length, "node")}, ${counted(plan.operations.length, "operation")}`,
    `  ${interleavings.toLocaleString("en")} interleavings (${formula})`,
    `  ${worlds.toLocaleString("en")} worlds, ${nodeStates.toLocaleString("en")} states of nodes, ${ends.toLocaleString("en")} different ends, in ${(wallMs / 1_000).toFixed(1)} s`,
  ];
  if (refused > 0) lines.push(`  in ${refused.toLocaleString("en")} of these states a call was refused`);
  if (outcome === "budget")
    lines.push("  more worlds than --worlds allows: give it more, or the scenario fewer operations");
  if (violation !== null) {
    const invariant = violation.invariant === null ? "" : ` (invariant ${violation.invariant})`;
    lines.push(`  ! ${violation.oracle}${invariant}: ${violation.message}`);
    lines.push(...violation.steps.map((step) => `      ${step}`));
  }
  return `${lines.join("\n")}\n`;
}
