// One mutant: runs random scenarios in the copy of the project it was planted in, until an oracle sees it go wrong.
// Arguments: the folder of the copy, and a budget in milliseconds. Prints one JSON object.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runSeed as runSoundly } from "../sim/host/fuzz-run.ts";

export interface Finding {
  /** A node that merely threw is not enough. */
  readonly kind: "found" | "missed";
  readonly runs: number;
  readonly wallMs: number;
  /** Of the run that found it; of a mutant that was missed, what threw. */
  readonly oracles: readonly string[];
}

type FuzzRuns = typeof import("../sim/host/fuzz-run.ts");

const crash = "invariant-thrown";
/** One after the other; the first is what `fuzz` draws unless it is told otherwise. */
const profiles = ["default", "disk", "members", "network", "blobs"] as const;
const [folder = "", budgetMs = "0"] = process.argv.slice(2);
const { runSeed } = (await import(pathToFileURL(join(folder, "sim/host/fuzz-run.ts")).href)) as FuzzRuns;
const startMs = performance.now();
const crashes = new Set<string>();
let finding: Finding | null = null;
for (let seed = 1; finding === null; seed += 1) {
  const task = { seed, profile: profiles[seed % profiles.length] ?? "default" };
  const { result } = runSeed(task);
  const oracles = new Set(result.violations.map(({ oracle }) => oracle));
  if (oracles.delete(crash)) crashes.add(crash);
  const about = { runs: seed, wallMs: Math.round(performance.now() - startMs) };
  // What goes wrong without the mistake as well says nothing of it.
  const isItsOwn = oracles.size > 0 && runSoundly(task).result.outcome === "passed";
  if (isItsOwn) finding = { kind: "found", ...about, oracles: Array.from(oracles) };
  else if (about.wallMs > Number(budgetMs))
    finding = { kind: "missed", ...about, oracles: Array.from(crashes) };
}
console.log(JSON.stringify(finding));
