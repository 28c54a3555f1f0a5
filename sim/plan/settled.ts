/** From when on a run is expected to converge, and when all of its plan has happened. */

import type { Application } from "../../core/app/application.ts";
import type { FaultKind, Plan, PlanOperation } from "./plan.ts";

/** The end of the last fault that ends (an instantaneous one ends at once), or the last write, whichever is later. */
export function settledUs(plan: Plan, applications: readonly Application[]): number {
  const faultsUs = plan.faults.map(
    ({ kind, atUs, untilUs }) => untilUs ?? (isInstantaneous(kind) ? atUs : 0),
  );
  const applicationOf = new Map(plan.contexts.map(({ id, application }) => [id, application]));
  const isWrite = ({ context, method }: PlanOperation) =>
    method !== "get-blob" &&
    applications.find(({ name }) => name === applicationOf.get(context))?.methods[method]?.access !== "read";
  const writesUs = plan.operations.filter(isWrite).map(({ atUs }) => atUs);
  return [...faultsUs, ...writesUs].reduce((max, timeUs) => Math.max(max, timeUs), 0);
}

/** When the last call is made, and the last fault begins or ends. */
export function lastPlannedUs({ faults, operations }: Plan): number {
  const timesUs = [
    ...faults.map(({ atUs, untilUs }) => untilUs ?? atUs),
    ...operations.map(({ atUs }) => atUs),
  ];
  return timesUs.reduce((max, timeUs) => Math.max(max, timeUs), 0);
}

function isInstantaneous(kind: FaultKind): boolean {
  return kind === "clock-jump" || kind === "join" || kind === "leave";
}
