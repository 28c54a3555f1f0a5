// The test command: format, lint, types, a build, then every test file in a process of its own.
//
//   npm test                    everything
//   npm test -- core/dag hlc    only the test files whose path contains one of the words
//   npm run test:nightly        the same with 10,000 cases for each law, and the time that takes
//
// 1. The last line is `N passed, N failed`, followed by `, N skipped` when there are any.
// 2. A file in which no test ran has failed: uvu by itself would exit with 0.
// 3. A file that hangs is killed, and so is every process that a file started and left behind.

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** One more than two processors have to do, as many tests wait for processes. */
const FILES_AT_ONCE = 3;
/** What a night has time for: more cases for each law. */
const NIGHTLY = "--nightly";
const isNightly = process.argv.includes(NIGHTLY);
const TIMEOUT_MS = Number(process.env.TEST_TIMEOUT_MS ?? (isNightly ? 3_600_000 : 900_000));
const NIGHTLY_LAW_RUNS = "10000";

/** One thing to run: its arguments are Node's, several lists run one after the other. */
interface Job {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
  readonly counts: "one" | "uvu";
}

interface Run {
  readonly output: string;
  readonly exitCode: number | null;
  readonly timedOut: boolean;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const BIOME = ["node_modules/@biomejs/biome/bin/biome", "ci", "--colors=off", "--error-on-warnings"];
const TSC = "node_modules/typescript/bin/tsc";

const CHECKS: readonly Job[] = [
  { name: "format", counts: "one", commands: [[...BIOME, "--linter-enabled=false"]] },
  {
    name: "lint",
    counts: "one",
    commands: [[...BIOME, "--formatter-enabled=false", "--assist-enabled=false"]],
  },
  {
    name: "types",
    counts: "one",
    commands: [
      [TSC, "--pretty", "false"],
      [TSC, "--pretty", "false", "-p", "core"],
    ],
  },
];

/** What tests start as users do: see `tested-cli.ts`. */
const BUILD: Job = {
  name: "build",
  counts: "one",
  commands: [[TSC, "--pretty", "false", "-p", "tsconfig.build.json"]],
};
const TESTED_CLI = join(ROOT, "dist", "cli.js");

const running = new Set<ChildProcess>();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of running) killWithDescendants(child);
    process.kill(process.pid, signal);
  });
}

const words = process.argv.slice(2).filter((word) => word !== NIGHTLY);
const testJobs = findTestFiles(words).map(jobOfTestFile);
const counted: Counts[] = [];
for (const check of words.length === 0 ? [...CHECKS, BUILD] : [BUILD]) counted.push(await runJob(check));
counted.push(...(await runSeveralAtOnce(testJobs)));
if (testJobs.length === 0) {
  console.log(words.length === 0 ? "no test file found" : `no test file matches: ${words.join(" ")}`);
  counted.push({ passed: 0, failed: 1, skipped: 0 });
}
report(counted);

function report(all: readonly Counts[]): void {
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
  const skipped = sum("skipped");
  console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode = sum("failed") > 0 ? 1 : 0;
}

/** Paths relative to the root, with forward slashes, sorted. All of them when there are no words. */
function findTestFiles(matching: readonly string[]): readonly string[] {
  return readdirSync(join(ROOT, "test"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => matching.length === 0 || matching.some((word) => path.includes(word)))
    .sort();
}

function jobOfTestFile(path: string): Job {
  return { name: path, counts: "uvu", commands: [["--import", "tsx", path]] };
}

/** Runs the jobs in order, a few at a time; the counts come in the order of the jobs. */
async function runSeveralAtOnce(jobs: readonly Job[]): Promise<readonly Counts[]> {
  const counts: Counts[] = [];
  const waiting = jobs.entries();
  const work = async () => {
    for (const [index, job] of waiting) counts[index] = await runJob(job);
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
  return counts;
}

/** Runs a job and prints its line, followed by everything it printed if it failed. */
async function runJob(job: Job): Promise<Counts> {
  const startedAtMs = performance.now();
  let run: Run = { output: "", exitCode: 0, timedOut: false };
  for (const command of job.commands) {
    if (run.exitCode === 0) run = await runNode(command);
  }
  const { counts, trouble } = job.counts === "uvu" ? countTests(run) : countOne(run);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const verdict = counts.failed === 0 ? "ok  " : "FAIL";
  const amount = job.counts === "uvu" ? ` ${counts.passed}/${counts.passed + counts.failed}` : "";
  console.log(`${verdict} ${job.name}${amount} ${seconds}s${trouble === "" ? "" : ` (${trouble})`}`);
  if (counts.failed > 0) console.log(run.output.trimEnd());
  return counts;
}

/** Runs Node at the root of the project, in a process group of its own, and waits for all it leaves behind. */
function runNode(command: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, {
      cwd: ROOT,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    });
    running.add(child);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killWithDescendants(child);
    }, TIMEOUT_MS);
    child.on("error", (error) => chunks.push(Buffer.from(`${error.message}\n`)));
    child.on("exit", () => killWithDescendants(child));
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ output: Buffer.concat(chunks).toString("utf8"), exitCode, timedOut });
    });
  });
}

/** uvu colours its summary unless told not to; a summary with colours could not be read. */
function environment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...inherited } = process.env;
  return {
    ...(isNightly ? { FC_RUNS: NIGHTLY_LAW_RUNS } : {}),
    ...inherited,
    NO_COLOR: "1",
    RECONVERGE_TESTED_CLI: TESTED_CLI,
  };
}

function killWithDescendants(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

function countOne(run: Run): { readonly counts: Counts; readonly trouble: string } {
  const passed = run.exitCode === 0 ? 1 : 0;
  return { counts: { passed, failed: 1 - passed, skipped: 0 }, trouble: troubleOf(run) };
}

/** What uvu's summary says; whatever is wrong besides its failed tests counts as one more failure. */
function countTests(run: Run): { readonly counts: Counts; readonly trouble: string } {
  const total = lastNumber(run.output, "Total");
  const passed = lastNumber(run.output, "Passed") ?? 0;
  const skipped = lastNumber(run.output, "Skipped") ?? 0;
  if (total === null || total === 0) {
    const trouble = troubleOf(run) || "no test ran";
    return { counts: { passed: 0, failed: 1, skipped }, trouble };
  }
  const failed = total - passed;
  if (failed > 0 && !run.timedOut) return { counts: { passed, failed, skipped }, trouble: "" };
  const trouble = troubleOf(run);
  return { counts: { passed, failed: trouble === "" ? failed : failed + 1, skipped }, trouble };
}

function troubleOf(run: Run): string {
  if (run.timedOut) return `killed after ${TIMEOUT_MS / 1000}s`;
  return run.exitCode === 0 ? "" : `exit code ${run.exitCode ?? "none: killed by a signal"}`;
}

/** The number on the last line of uvu's summary that has this label, or null. */
function lastNumber(output: string, label: string): number | null {
  const last = [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)\\s*$`, "gm"))].at(-1);
  return last === undefined ? null : Number(last[1]);
}
