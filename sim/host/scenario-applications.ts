/** The applications that a scenario brings along: files named by their paths from the scenario's own. */

import { dirname, resolve } from "node:path";
import { builtInNames, importApplications } from "../../adapters/modules/applications.ts";
import { ModuleError } from "../../adapters/modules/module-error.ts";
import type { Application } from "../../core/app/application.ts";
import { ScenarioError, type ScenarioProblem } from "../scenario/scenario-error.ts";

export interface ScenarioApplications {
  /** Absolute paths. */
  readonly applicationFiles: readonly string[];
  /** All that the files export, besides the built-in ones. */
  readonly applications: readonly Application[];
}

/** Throws a `ScenarioError` that names each file of which something is wrong. */
export async function loadApplications(
  files: readonly string[],
  scenarioPath: string,
): Promise<ScenarioApplications> {
  const applicationFiles = files.map((file) => resolve(dirname(scenarioPath), file));
  const taken = new Map(builtInNames);
  const applications: Application[] = [];
  const problems: ScenarioProblem[] = [];
  for (const [index, path] of applicationFiles.entries()) {
    const file = files[index] ?? path;
    try {
      for (const application of await importApplications(path, taken)) {
        applications.push(application);
        taken.set(application.name, `an application of ${file}`);
      }
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      const message = `${file}${error.place}: ${error.message}`;
      problems.push({ code: "bad-application", path: ["applications", index], about: "value", message });
    }
  }
  if (problems.length > 0) throw new ScenarioError(problems);
  return { applicationFiles, applications };
}

/** The applications of files that were loaded before, in another thread. */
export async function importAll(applicationFiles: readonly string[]): Promise<readonly Application[]> {
  return (await loadApplications(applicationFiles, "")).applications;
}
