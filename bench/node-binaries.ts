/** Other versions of Node.js to check against: those named by the environment, or those npm has. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export type NodeBinary =
  | { readonly kind: "found"; readonly name: string; readonly path: string }
  | { readonly kind: "missing"; readonly name: string; readonly reason: string };

/** Binaries named in `DETERMINISM_NODES`, separated as in PATH; null when it is not set. */
export function namedBinaries(environment: NodeJS.ProcessEnv): readonly NodeBinary[] | null {
  const named = environment.DETERMINISM_NODES;
  if (named === undefined) return null;
  return named
    .split(delimiter)
    .filter((path) => path !== "")
    .map((path) =>
      existsSync(path)
        ? { kind: "found", name: path, path }
        : { kind: "missing", name: path, reason: "there is no such file" },
    );
}

/** Fetches the package `node` of a major version into a folder, and says where its binary is. Takes seconds. */
export async function fetchBinary(major: number, folder: string): Promise<NodeBinary> {
  const name = `node@${major}`;
  const env = { ...process.env, npm_config_cache: folder, npm_config_update_notifier: "false" };
  try {
    const { stdout } = await run("npx", ["--yes", name, "-p", "process.execPath"], { env, timeout: 300_000 });
    return { kind: "found", name, path: stdout.trim() };
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).trim().split("\n");
    const reason = lines.find((line) => line.startsWith("npm error")) ?? lines[0] ?? "";
    return { kind: "missing", name, reason };
  }
}
