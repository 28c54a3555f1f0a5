// One mutant: runs random scenarios in the copy of the project it was planted in, until an oracle sees it go wrong.
// Arguments: the folder of the copy, a budget in milliseconds of this process's own time on a processor, so that the
// same seeds are tried whatever else the machine does, and the first of these seeds. Prints one JSON object.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runSeed as runSoundly } from "../sim/host/fuzz-run.ts";

export interface Finding {
  /** A node that merely threw is not enough. */
  readonly kind: "found" | "missed";
  readonly runs: number;
  readonly cpuMs: number;
  readonly events: number;
  /** Of the run that found it; of a mutant that was missed, what threw. */
  readonly oracles: readonly string[];
}

type FuzzRuns = typeof import("../sim/host/fuzz-run.ts");

const crash = "invariant-thrown";
/** One after the other; the first is what `fuzz` draws unless it is told otherwise. */
const profiles = ["default", "disk", "members", "network", "blobs", "past"] as const;
const [folder = "", budgetMs = "0", firstSeed = "1"] = process.argv.slice(2);
const { runSeed } = (await import(pathToFileURL(join(folder, "sim/host/fuzz-run.ts")).href)) as FuzzRuns;
const spentBefore = process.cpuUsage();
let events = 0;
const crashes = new Set<string>();
let finding: Finding | null = null;
for (let seed = Number(firstSeed); finding === null; seed += 1) {
  const task = { seed, profile: profiles[seed % profiles.length] ?? "default" };
  const { result } = runSeed(task);
  events += result.events;
  const oracles = new Set(result.violations.map(({ oracle }) => oracle));
  if (oracles.delete(crash)) crashes.add(crash);
  const about = { runs: seed - Number(firstSeed) + 1, events, cpuMs: cpuMs() };
  // What goes wrong without the mistake as well says nothing of it.
  const isItsOwn = oracles.size > 0 && runSoundly(task).result.outcome === "passed";
  if (isItsOwn) finding = { kind: "found", ...about, oracles: Array.from(oracles) };
  else if (about.cpuMs > Number(budgetMs))
    finding = { kind: "missed", ...about, oracles: Array.from(crashes) };
}
console.log(JSON.stringify(finding));

function cpuMs(): number {
  const { user, system } = process.cpuUsage(spentBefore);
  return Math.round((user + system) / 1_000);
}
