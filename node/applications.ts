/** The applications that are installed on a node besides the built-in ones: files, of which its configuration has the paths. */

import { builtInNames, importApplications } from "../adapters/modules/applications.ts";
import { ModuleError } from "../adapters/modules/module-error.ts";
import type { Application } from "../core/app/application.ts";

/** One installed file. */
export type Installed =
  | { readonly kind: "loaded"; readonly path: string; readonly applications: readonly Application[] }
  /** `why`: one line that begins with the file and the place in it. */
  | { readonly kind: "broken"; readonly path: string; readonly why: string };

/** Loads each file; where two have an application of one name, the first keeps it. */
export async function loadInstalled(paths: readonly string[]): Promise<readonly Installed[]> {
  const installed: Installed[] = [];
  for (const path of paths) installed.push(await loadOneMore(path, installed));
  return installed;
}

/** Loads a file besides those that are installed. */
export async function loadOneMore(path: string, installed: readonly Installed[]): Promise<Installed> {
  const taken = new Map(builtInNames);
  for (const { name, path: owner } of applicationsOf(installed))
    taken.set(name, `an application of ${owner}`);
  try {
    return { kind: "loaded", path, applications: await importApplications(path, taken) };
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    return { kind: "broken", path, why: `${path}${error.place}: ${error.message}` };
  }
}

/** Every application that could be loaded, with its file. */
export function applicationsOf(
  installed: readonly Installed[],
): readonly { readonly name: string; readonly path: string; readonly application: Application }[] {
  return installed.flatMap((file) =>
    file.kind === "broken"
      ? []
      : file.applications.map((application) => ({ name: application.name, path: file.path, application })),
  );
}
