/** Scenarios in TypeScript and JavaScript: the default export of a module. */

import { importModule } from "../../adapters/modules/import-module.ts";
import { ModuleError } from "../../adapters/modules/module-error.ts";

/** The default export. Throws a `ModuleError` when the module does not load or has none. */
export async function importScenario(path: string): Promise<unknown> {
  const found = defaultOf(await importModule(path));
  if (found === undefined)
    throw new ModuleError("", "found no default export, expected `export default defineScenario({ … })`");
  return found;
}

/** A module that was CommonJS carries its default export one or two levels down. */
function defaultOf(exported: unknown): unknown {
  let held = exported;
  for (let level = 0; level < 3; level += 1) {
    if (typeof held !== "object" || held === null || !("default" in held))
      return level === 0 ? undefined : held;
    held = held.default;
  }
  return held;
}
