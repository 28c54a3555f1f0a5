/**
 * `npm run check:determinism`: runs fixed scenarios on this Node.js and on others, in processes that are set up in
 * different ways, and compares their trace hashes. Exits with 1 when two differ, or when a version could not be had.
 *
 *   DETERMINISM_NODES=/opt/node22/bin/node:/opt/node24/bin/node npm run check:determinism
 *
 * Without the variable, Node.js 22 and 24 come from npm, into a temporary folder.
 */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fetchBinary, type NodeBinary, namedBinaries } from "./node-binaries.ts";

interface Variant {
  readonly name: string;
  readonly flags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

interface Row {
  readonly version: string;
  readonly variant: string;
  readonly seconds: number;
  /** By scenario; null when the process failed. */
  readonly hashes: Readonly<Record<string, string>> | null;
  readonly trouble: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const majors = [22, 24];
const variants: readonly Variant[] = [
  { name: "as it is", flags: [], env: {} },
  {
    name: "other place",
    flags: [],
    env: { TZ: "Pacific/Chatham", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
  },
  {
    name: "other hash seed",
    flags: ["--hash-seed=7", "--random-seed=9"],
    env: { TZ: "America/St_Johns", LANG: "C" },
  },
  { name: "sharing off", flags: [], env: { DETERMINISM_SHARING: "off" } },
  { name: "--jitless", flags: ["--jitless"], env: {} },
];

const folder = mkdtempSync(join(tmpdir(), "reconverge-nodes-"));
try {
  process.exitCode = (await check()) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** True when all versions could be had and all hashes are the same. */
async function check(): Promise<boolean> {
  const others = namedBinaries(process.env) ?? (await fetchAll());
  const binaries: readonly NodeBinary[] = [
    { kind: "found", name: "this", path: process.execPath },
    ...others,
  ];
  let expected: Readonly<Record<string, string>> | null = null;
  let isSame = true;
  for (const binary of binaries) {
    if (binary.kind === "missing") {
      isSame = false;
      process.stdout.write(`MISSING  ${binary.name} could not be had: ${binary.reason}\n`);
      continue;
    }
    for (const variant of variants) {
      const row = await run(binary.path, variant);
      expected ??= row.hashes;
      isSame = print(row, expected) && isSame;
    }
  }
  process.stdout.write(isSame ? "all trace hashes are the same\n" : "NOT all the same, or not all checked\n");
  return isSame;
}

async function fetchAll(): Promise<readonly NodeBinary[]> {
  const found: NodeBinary[] = [];
  for (const major of majors) found.push(await fetchBinary(major, folder));
  return found;
}

async function run(path: string, { name: variant, flags, env }: Variant): Promise<Row> {
  const startMs = performance.now();
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const command = [...flags, "--import", "tsx", join(root, "bench/determinism-run.ts")];
  const seconds = () => Math.round((performance.now() - startMs) / 100) / 10;
  try {
    const options = { cwd: root, env: { ...inherited, ...env }, timeout: 900_000 };
    const { stdout } = await promisify(execFile)(path, command, options);
    const { version, hashes } = JSON.parse(stdout) as Pick<Row, "version" | "hashes">;
    return { version, variant, seconds: seconds(), hashes, trouble: "" };
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    return { version: path, variant, seconds: seconds(), hashes: null, trouble };
  }
}

/** Prints one line, and gives whether its hashes are those expected. */
function print({ version, variant, seconds, hashes, trouble }: Row, expected: Row["hashes"]): boolean {
  const differing = Object.entries(expected ?? {}).filter(([scenario, hash]) => hashes?.[scenario] !== hash);
  const isSame = hashes !== null && expected !== null && differing.length === 0;
  const shown = Object.values(hashes ?? {}).map((hash) => hash.slice(0, 8));
  const columns = [version.padEnd(10), variant.padEnd(16), `${seconds.toFixed(1)} s`.padStart(8), ...shown];
  process.stdout.write(`${isSame ? "same     " : "DIFFERENT"}  ${columns.join("  ")}\n`);
  for (const [scenario, hash] of differing)
    process.stdout.write(`           ${scenario}: ${hashes?.[scenario] ?? "no hash"}, expected ${hash}\n`);
  if (trouble !== "") process.stdout.write(`           ${trouble.trim()}\n`);
  return isSame;
}
