/** What a worker thread does: one plan, one result. */

import type { Plan } from "../plan/plan.ts";
import type { RunResult } from "../result.ts";
import { runPlan } from "./simulate.ts";

export function runInWorker({
  plan,
  isChecked,
}: {
  readonly plan: Plan;
  readonly isChecked: boolean;
}): RunResult {
  return runPlan(plan, { isChecked });
}
