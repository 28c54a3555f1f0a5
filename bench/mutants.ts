// `npm run mutants`: plants each mistake of test/mutants/mutants.ts in a copy of the project, has random scenarios look
// for it, and reports how many were found, by what, and how soon.
//
//   npm run mutants                            all, 60 s each
//   npm run mutants -- --budget 10 tomb stale  10 s each, those whose names hold "tomb" or "stale"
//   npm run mutants -- --from 5001 tomb        the same, with other scenarios: those of the seeds from 5001 on
//
// A budget is time on a processor, so that others on the machine do not decide how much is tried. It exits with 1 where
// fewer than 23 of 25 are found.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Mutant, mutants } from "../test/mutants/mutants.ts";
import { ProjectCopy } from "../test/sim/project-copy.ts";
import type { Finding } from "./mutant-run.ts";

const budgetDefaultS = 60;
const leastShare = 23 / 25;
/** On top of ten times the budget: for the start, and for the run under way when it ends. */
const patienceMs = 60_000;
const script = fileURLToPath(new URL("mutant-run.ts", import.meta.url));

const { budgetS, firstSeed, words } = parse(process.argv.slice(2));
const named = mutants.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const chosen = named.filter(({ foundBy }) => foundBy === undefined);
for (const { name, foundBy, what } of named)
  if (foundBy !== undefined) console.log(`not asked for, found by ${foundBy}  ${name}: ${what}`);
if (named.length === 0) stop(`no mutant has "${words.join('" or "')}" in its name`);
let found = 0;
for (const mutant of chosen) {
  const finding = await look(mutant);
  found += Number(finding?.kind === "found");
  console.log(`${verdict(finding)}  ${mutant.name}: ${mutant.what}`);
}
console.log(`${found} of ${chosen.length} found within ${budgetS} s each`);
process.exitCode = found < leastShare * chosen.length ? 1 : 0;

interface Asked {
  readonly budgetS: number;
  readonly firstSeed: number;
  readonly words: readonly string[];
}

function parse(args: readonly string[]): Asked {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { budget: { type: "string" }, from: { type: "string" } },
    allowPositionals: true,
  });
  const { budget = String(budgetDefaultS), from = "1" } = values;
  if (!(Number(budget) > 0)) stop(`--budget: found "${budget}", expected a number of seconds`);
  const firstSeed = Number(from);
  if (from === "" || !Number.isSafeInteger(firstSeed) || firstSeed < 0)
    stop(`--from: found "${from}", expected a seed: a whole number from 0 on`);
  return { budgetS: Number(budget), firstSeed, words: positionals };
}

function stop(mistake: string): never {
  console.error(mistake);
  process.exit(1);
}

/** Null when the search itself did not end in time. */
async function look({ edits }: Mutant): Promise<Finding | null> {
  const copy = new ProjectCopy();
  try {
    for (const { file, ...edit } of edits) copy.replace(file, edit);
    const args = ["--import", "tsx", script, copy.folder, String(budgetS * 1_000), String(firstSeed)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), 10 * budgetS * 1_000 + patienceMs);
    let output = "";
    for await (const chunk of child.stdout) output += String(chunk);
    clearTimeout(timer);
    return output === "" ? null : (JSON.parse(output) as Finding);
  } finally {
    copy.remove();
  }
}

function verdict(finding: Finding | null): string {
  if (finding === null) return "HUNG  ";
  const { kind, runs, cpuMs, oracles } = finding;
  const after = `${(cpuMs / 1_000).toFixed(1)} s, ${runs} runs`;
  if (kind === "found") return `found   after ${after}, by ${oracles.join(", ")}`;
  return oracles.length > 0 ? `CRASHED only (${oracles.join(", ")}) in ${after}` : `MISSED  in ${after}`;
}
