/** The folder in which scenarios that failed are kept, as files that `sim` runs and `shrink` makes small. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunResult } from "../result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { scenarioYaml } from "./scenario-yaml.ts";

/** Of failures that are alike so many are kept. */
const keptOfEach = 3;

/** The corpus cannot be written: shown without a stack. */
export class CorpusError extends Error {
  override readonly name = "CorpusError";
}

export class Corpus {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the scenario of a failed run; gives the file, or null when there are enough of its kind. */
  async keep(
    scenario: Scenario,
    about: { readonly result: RunResult; readonly signature: string; readonly nth: number },
  ): Promise<string | null> {
    if (about.nth > keptOfEach) return null;
    const [violation] = about.result.violations;
    const oracle = violation?.oracle ?? about.result.outcome;
    const file = join(this.#folder, `${oracle}-${scenario.name}.yaml`);
    const description = `${about.result.outcome}: ${violation?.message.split("\n")[0] ?? ""}`;
    const text = scenarioYaml({ ...scenario, description }, [`Found by reconverge fuzz. ${about.signature}`]);
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(file, text);
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      throw new CorpusError(`--corpus: ${file} cannot be written: ${code}`);
    }
    return file;
  }
}
