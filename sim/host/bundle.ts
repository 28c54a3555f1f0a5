/**
 * A failure bundle: a folder with all that one run was, to be run again on another machine, offline.
 *
 *   bundle.json     format, code version, application files, a digest of plan.json
 *   plan.json       the plan that ran, every choice made
 *   scenario.json   what the plan was made of
 *   config.json     the core's defaults at that time; the plan has what differed from them
 *   result.json     what it came to
 *   chain.json      the hash chain: a checkpoint every 4,096 handled inputs
 *   inputs.bin.gz   of each handled input a digest, a node and a time, in columns
 *   applications/   sources, where the scenario brought its own
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Config, createConfig } from "../../core/config.ts";
import { checkpointEvents } from "../../core/trace.ts";
import type { Plan } from "../plan/plan.ts";
import type { Recording } from "../recording.ts";
import { exitCodes, type RunResult } from "../result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { copySources } from "./bundled-sources.ts";
import { type CodeVersion, codeVersion } from "./code-version.ts";
import { loadApplications, type ScenarioApplications } from "./scenario-applications.ts";
import { UsageError } from "./usage.ts";

const format = 1;

/** One run, to be written. */
export interface BundledRun {
  readonly plan: Plan;
  readonly scenario: Scenario;
  readonly applicationFiles: readonly string[];
  readonly result: RunResult;
  readonly recording: Recording;
}

export interface Bundle extends ScenarioApplications {
  readonly path: string;
  readonly code: CodeVersion;
  readonly plan: Plan;
  readonly scenario: Scenario;
  /** The core's defaults when it was written. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly result: RunResult;
  readonly recording: Recording;
}

interface Manifest {
  readonly format: number;
  readonly code: CodeVersion;
  /** SHA-256 of plan.json, in hex: a plan that was damaged cannot be told from others by its looks. */
  readonly planDigest: string;
  readonly applications: readonly string[];
  /** What the applications import and the bundle does not hold. */
  readonly packages: readonly string[];
}

/** Writes a bundle into a folder of its own under `folder`, in place of an older one of the same run; gives its path. */
export function writeBundle(folder: string, run: BundledRun): string {
  const { plan } = run;
  const path = join(folder, `${plan.name.replaceAll(/[^\w.-]+/g, "-")}-${plan.seed}`);
  if (existsSync(path) && !isBundle(path))
    throw new UsageError(
      `--bundle: ${path} is there already and is no bundle, expected a folder to write to`,
    );
  try {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    writeParts(path, run);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`--bundle: ${path} cannot be written: ${message}`);
  }
  return path;
}

function writeParts(path: string, run: BundledRun): void {
  const { plan, scenario, applicationFiles, result, recording } = run;
  const { files, packages } = copySources(applicationFiles, join(path, "applications"));
  const planDigest = digestOf(textOf("plan", plan));
  const manifest: Manifest = { format, code: codeVersion(), planDigest, applications: files, packages };
  const { checkpoints, traceHash, digests, nodes, timesUs } = recording;
  const parts = {
    ...{ plan, scenario, result, bundle: manifest, config: createConfig({}) },
    chain: { inputs: digests.length, traceHash, checkpoints },
  };
  for (const [name, part] of Object.entries(parts))
    writeFileSync(join(path, `${name}.json`), textOf(name, part));
  writeFileSync(join(path, "inputs.bin.gz"), gzipSync(columns([digests, nodes, timesUs])));
}

function textOf(name: string, part: unknown): string {
  return `${JSON.stringify(part, null, name === "plan" ? 0 : 2)}\n`;
}

function digestOf(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Is this the folder of a bundle, or a folder of bundles? */
export function isBundle(path: string): boolean {
  return existsSync(join(path, "bundle.json"));
}

/** Reads a bundle, or the only one in a folder of bundles. Throws a `UsageError` that says what is wrong with it. */
export async function readBundle(given: string): Promise<Bundle> {
  const path = resolve(findBundle(given));
  const manifest = readPart(path, "bundle") as Manifest;
  if (manifest.format !== format)
    throw new UsageError(
      `${path}/bundle.json: found format ${String(manifest.format)}, expected ${format}: another version of reconverge wrote it`,
    );
  if (!Array.isArray(manifest.applications) || typeof manifest.code?.version !== "string")
    throw new UsageError(
      `${path}/bundle.json: expected "applications", a list, and "code" with its "version"`,
    );
  const files = manifest.applications.map((file) => join("applications", file));
  return {
    ...{ path, code: manifest.code, scenario: readPart(path, "scenario") as Scenario },
    plan: readPlan(path, manifest),
    config: readPart(path, "config") as Readonly<Record<string, unknown>>,
    ...readRun(path),
    ...(await loadApplications(files, join(path, "bundle.json"))),
  };
}

/** Defaults of the core that are not what they were, in words; empty when all are the same. */
export function changedDefaults({ config: before }: Bundle): readonly string[] {
  const now: Readonly<Record<string, unknown>> = { ...(createConfig({}) as Config) };
  return Array.from(new Set([...Object.keys(before), ...Object.keys(now)]))
    .filter((name) => before[name] !== now[name])
    .map((name) => `${name} was ${String(before[name])} and is ${String(now[name])}`);
}

function findBundle(given: string): string {
  if (isBundle(given)) return given;
  const inside = existsSync(given) ? foldersIn(given).filter((path) => isBundle(path)) : [];
  const [only, another] = inside;
  if (only === undefined)
    throw new UsageError(`${given}: found no bundle, expected a folder that \`sim --bundle\` wrote`);
  if (another !== undefined)
    throw new UsageError(
      `${given}: found ${inside.length} bundles, expected one of them: ${inside.join(", ")}`,
    );
  return only;
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path).map((name) => join(path, name));
  } catch {
    throw new UsageError(
      `${path}: found a file, expected a failure bundle: the folder that \`sim --bundle\` wrote`,
    );
  }
}

function readPart(path: string, name: string): unknown {
  const file = join(path, `${name}.json`);
  try {
    const part: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof part === "object" && part !== null && !Array.isArray(part)) return part;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file}: cannot be read: ${why}`);
  }
  throw new UsageError(`${file}: found no object, expected a part of a bundle`);
}

function readPlan(path: string, { planDigest }: Manifest): Plan {
  const plan = readPart(path, "plan");
  if (digestOf(readFileSync(join(path, "plan.json"))) !== planDigest)
    throw new UsageError(
      `${path}/plan.json: is not as \`sim --bundle\` wrote it: damaged, or changed by hand`,
    );
  return plan as Plan;
}

function columns(of: readonly (Uint32Array | Float64Array)[]): Uint8Array {
  return Buffer.concat(
    of.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}

/** What the run came to, and its recording: both name the hash of its trace, so one that was changed shows. */
function readRun(path: string): Pick<Bundle, "result" | "recording"> {
  const result = readPart(path, "result") as Partial<RunResult>;
  const { outcome, traceHash, events, violations } = result;
  const isWhole = typeof traceHash === "string" && typeof events === "number" && Array.isArray(violations);
  if (outcome === undefined || !Object.hasOwn(exitCodes, outcome) || !isWhole)
    throw new UsageError(
      `${path}/result.json: expected "outcome", "traceHash", "events", a number, and "violations", a list: damaged, or changed by hand`,
    );
  const recording = readRecording(path);
  if (recording.traceHash !== traceHash)
    throw new UsageError(
      `${path}: result.json and chain.json name different trace hashes: one is damaged, or changed by hand`,
    );
  return { result: result as RunResult, recording };
}

function readRecording(path: string): Recording {
  const { inputs, checkpoints, traceHash } = readPart(path, "chain") as Partial<
    Recording & { inputs: number }
  >;
  if (!Array.isArray(checkpoints) || typeof traceHash !== "string" || typeof inputs !== "number")
    throw new UsageError(
      `${path}/chain.json: expected "inputs", a number, "checkpoints", a list, and "traceHash"`,
    );
  const columns = readColumns(path);
  if (columns.digests.length !== inputs)
    throw new UsageError(
      `${path}/inputs.bin.gz: found ${columns.digests.length} inputs, expected ${inputs} as chain.json says`,
    );
  const expected = Math.floor(inputs / checkpointEvents);
  if (checkpoints.length !== expected)
    throw new UsageError(
      `${path}/chain.json: found ${checkpoints.length} checkpoints, expected ${expected}: damaged, or changed by hand`,
    );
  return { ...columns, checkpoints, traceHash };
}

/** Four bytes of digest, four of node and eight of time for each input. Little-endian, as every machine this runs on is. */
const bytesPerInput = 16;

function readColumns(path: string): Pick<Recording, "digests" | "nodes" | "timesUs"> {
  const file = join(path, "inputs.bin.gz");
  let bytes: ArrayBuffer;
  try {
    bytes = Uint8Array.from(gunzipSync(readFileSync(file))).buffer;
  } catch (error) {
    throw new UsageError(
      `${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const count = bytes.byteLength / bytesPerInput;
  if (!Number.isInteger(count))
    throw new UsageError(
      `${file}: found ${bytes.byteLength} bytes, expected ${bytesPerInput} for each input`,
    );
  return {
    digests: new Uint32Array(bytes.slice(0, count * 4)),
    nodes: new Uint32Array(bytes.slice(count * 4, count * 8)),
    timesUs: new Float64Array(bytes.slice(count * 8)),
  };
}
