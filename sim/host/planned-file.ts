/** The plan that a scenario file or a failure bundle stands for: what `shrink`, `trace` and `watch` are given. */

import { statSync } from "node:fs";
import type { Plan } from "../plan/plan.ts";
import { type Bundle, readBundle } from "./bundle.ts";
import type { ScenarioApplications } from "./scenario-applications.ts";
import { loadScenario } from "./scenario-file.ts";
import { planOfLoaded } from "./simulate.ts";
import { parseSeeds, UsageError } from "./usage.ts";

/** How the scenario of a file is changed. A bundle is taken as it is. */
export interface PlanChoices {
  readonly seed?: string;
  readonly set: readonly string[];
}

export interface PlannedFile extends ScenarioApplications {
  readonly plan: Plan;
  readonly description: string | null;
  /** The bundle's folder, where it is one, and what was recorded there. */
  readonly bundle: string | null;
  readonly recorded: Pick<Bundle, "result" | "code"> | null;
}

/** Throws a `UsageError` or a `ScenarioError` that says what is wrong. A folder is taken for a bundle. */
export async function loadPlanned(path: string, { seed, set }: PlanChoices): Promise<PlannedFile> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    if (seed !== undefined || set.length > 0)
      throw new UsageError(
        `${path}: is a failure bundle, one run as it was: --seed and --set are for scenario files, so leave them out or give a scenario file`,
      );
    const recorded = await readBundle(path);
    const { plan, scenario, applications, applicationFiles, path: bundle } = recorded;
    const description = scenario.description ?? null;
    return { plan, applications, applicationFiles, bundle, recorded, description };
  }
  const [chosen] = parseSeeds(seed === undefined ? {} : { seed });
  const loaded = await loadScenario(path, { assignments: set });
  const { applications, applicationFiles, scenario } = loaded;
  const plan = planOfLoaded(loaded, chosen);
  const description = scenario.description ?? null;
  return { plan, applications, applicationFiles, bundle: null, recorded: null, description };
}
