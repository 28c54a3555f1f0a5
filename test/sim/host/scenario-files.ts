// Scenario files that exist for the length of a test.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kvStore } from "../../../core/app/built-in/kv-store.ts";
import { describeScenarioError, type LoadedScenario, loadScenario } from "../../../sim/host/scenario-file.ts";
import { resolvePlan } from "../../../sim/plan/resolve.ts";
import { ScenarioError } from "../../../sim/scenario/scenario-error.ts";

/** Writes a file into a folder of its own, hands over its path, and removes the folder. */
export async function withFile<T>(
  name: string,
  content: string | Uint8Array,
  use: (path: string, folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "reconverge-scenario-"));
  try {
    writeFileSync(join(folder, name), content);
    return await use(join(folder, name), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a user would read about the file: one line for each problem, the folder cut off. Empty when all is well. */
export function complaintsAbout(
  content: string | Uint8Array,
  { name = "a.yaml", assignments = [] }: { name?: string; assignments?: readonly string[] } = {},
): Promise<readonly string[]> {
  return withFile(name, content, async (path, folder) => {
    const complaints = await complaintsAboutPath(path, assignments);
    return complaints.map((line) => line.replaceAll(`${folder}/`, ""));
  });
}

export async function complaintsAboutPath(
  path: string,
  assignments: readonly string[] = [],
): Promise<readonly string[]> {
  let loaded: LoadedScenario | undefined;
  try {
    loaded = await loadScenario(path, { assignments });
    resolvePlan(loaded.scenario, { applications: [kvStore] });
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const message = loaded === undefined ? error.message : describeScenarioError(error, loaded);
    return message.split("\n");
  }
}
