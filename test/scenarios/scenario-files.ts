// The scenarios that are shipped.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const scenarioFolder = fileURLToPath(new URL("../../scenarios", import.meta.url));

/** Their names, sorted; what they are made of lies in folders beside them. */
export function scenarioFiles(): string[] {
  return readdirSync(scenarioFolder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}
