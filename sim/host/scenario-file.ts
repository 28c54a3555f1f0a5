/**
 * Reads a scenario from a YAML, JSON, TypeScript or JavaScript file, with changes from the command line, and
 * knows afterwards where in the file each part of it stands.
 */

import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { moduleExtensions as modules } from "../../adapters/modules/import-module.ts";
import { ModuleError } from "../../adapters/modules/module-error.ts";
import { suggestion } from "../../core/nearest-name.ts";
import type { Scenario } from "../scenario/scenario.ts";
import {
  formatPath,
  ScenarioError,
  type ScenarioPath,
  type ScenarioProblem,
} from "../scenario/scenario-error.ts";
import { type Assigned, type Assignment, applyAssignments } from "./assignments.ts";
import { toJson } from "./plain-json.ts";
import { loadApplications, type ScenarioApplications } from "./scenario-applications.ts";
import { importScenario } from "./scenario-module.ts";
import { validateScenario } from "./validate.ts";
import { type Position, parseYaml } from "./yaml-source.ts";

export interface LoadedScenario extends ScenarioApplications {
  readonly scenario: Scenario;
  /** As it was given. */
  readonly path: string;
  /** A problem as one line: file, line and column (or the assignment that made it), path, message. */
  describe(problem: ScenarioProblem): string;
}

export interface LoadOptions {
  /** `path=value`, made in this order. Default none. */
  readonly assignments?: readonly string[];
}

/** Where a problem stands in the text that was read; null for a module, which has no such text. */
type Locate = ((problem: ScenarioProblem) => Position) | null;

interface Source {
  readonly data: unknown;
  readonly locate: Locate;
}

const texts = [".yaml", ".yml", ".json", ""];
const bytesMax = 16 * 1_048_576;

/**
 * A scenario of the right form, with its applications; what its names and times mean is checked by `resolvePlan`. Throws a
 * `ScenarioError` whose message has one line for each problem, each with its place.
 */
export async function loadScenario(
  path: string,
  { assignments = [] }: LoadOptions = {},
): Promise<LoadedScenario> {
  await checkReadable(path);
  const { data, locate } = await readSource(path);
  let made: readonly Assignment[] = [];
  const describe = (problem: ScenarioProblem) => lineOf(problem, { path, locate, assignments: made });
  try {
    const assigned: Assigned = applyAssignments(toJson(data), assignments);
    made = assigned.assignments;
    const scenario = validateScenario(assigned.data);
    return { scenario, path, describe, ...(await loadApplications(scenario.applications ?? [], path)) };
  } catch (error) {
    if (error instanceof ScenarioError) throw new ScenarioError(error.problems, describe);
    throw error;
  }
}

/** The error with file and line for each problem. For what `resolvePlan` threw about this scenario. */
export function describeScenarioError(
  error: ScenarioError,
  loaded: Pick<LoadedScenario, "describe">,
): string {
  return new ScenarioError(error.problems, (problem) => loaded.describe(problem)).message;
}

/** What `--set` made on its way into a list is hardly ever what was meant. */
const noEntry = "the scenario has no such entry to change, and the one that --set makes is not whole";

function lineOf(
  problem: ScenarioProblem,
  { path: file, locate, assignments }: { path: string; locate: Locate; assignments: readonly Assignment[] },
): string {
  const { path, message, code } = problem;
  const what = path.length === 0 ? message : `${formatPath(path)}: ${message}`;
  const assignment = assignments.findLast((made) => isAbout(made, path));
  if (assignment !== undefined) {
    const isNewEntry = typeof path.at(-1) === "number" && path.length > assignment.existing;
    const said = isNewEntry && code === "missing-key" ? `${formatPath(path)}: ${noEntry}: ${message}` : what;
    return `${file} (--set ${assignment.text}): ${said}`;
  }
  if (locate === null || code === "bad-assignment") return `${file}: ${what}`;
  const { line, column } = locate(problem);
  return `${file}:${line}:${column}: ${what}`;
}

/** Whether the place is in what was assigned, or was made on the way there. */
function isAbout({ path: assigned, existing }: Assignment, place: ScenarioPath): boolean {
  const differing = assigned.findIndex((step, depth) => step !== place[depth]);
  return differing === -1 || (differing === place.length && place.length > existing);
}

async function readSource(path: string): Promise<Source> {
  if (modules.includes(extname(path))) return { data: await readModule(path), locate: null };
  const source = parseYaml(await readText(path), path);
  if (source.data === null)
    throw unreadable(path, "is empty, expected a scenario: an object with at least name and nodes");
  return { data: source.data, locate: ({ path: place, about }) => source.positionOf(place, about) };
}

async function readModule(path: string): Promise<unknown> {
  try {
    return await importScenario(path);
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw failure("syntax", `${path}${error.place}: ${error.message}`);
  }
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(path, "is not UTF-8 text, expected YAML or JSON");
  }
}

async function checkReadable(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw unreadable(path, await whyNot(path, found));
  if (found.isDirectory()) throw unreadable(path, "is a directory, expected a scenario file");
  if (found.size > bytesMax) throw unreadable(path, `has ${found.size} bytes, expected at most ${bytesMax}`);
  const extension = extname(path);
  if ([...modules, ...texts].includes(extension)) return;
  throw unreadable(path, `is a ${extension} file, expected .yaml, .yml, .json, .ts or .js`);
}

async function whyNot(path: string, { code, message }: NodeJS.ErrnoException): Promise<string> {
  if (code !== "ENOENT" && code !== "ENOTDIR") return `cannot be read: ${code ?? message}`;
  const neighbours = await readdir(dirname(path)).catch(() => []);
  return `there is no such file${suggestion(basename(path), neighbours)}`;
}

function unreadable(path: string, message: string): ScenarioError {
  return failure("unreadable", `${path}: ${message}`);
}

/** About the file as a whole: the line says all there is. */
function failure(code: "unreadable" | "syntax", line: string): ScenarioError {
  return new ScenarioError([{ code, path: [], about: "value", message: line }]);
}
