/** What a schedule of faults may not ask: the same node down twice at once, or gone before it came. */

import { formatUs } from "../scenario/duration.ts";
import type { PlanFault } from "./plan.ts";
import type { Resolving } from "./resolving.ts";

type NodeFault = Extract<PlanFault, { readonly kind: "crash" | "pause" | "leave" }>;

interface Interval {
  readonly fault: number;
  readonly node: number;
  readonly fromUs: number;
  /** Infinity for what has no end. */
  readonly untilUs: number;
}

const deed = { crash: "is down", pause: "is paused", leave: "has left" } as const;

/** `faults` in the order of the scenario. Intervals that only touch do not overlap. */
export function checkSchedule(faults: readonly PlanFault[], resolving: Resolving): void {
  const { roster, problems } = resolving;
  for (const [index, fault] of faults.entries()) {
    if (!isNodeFault(fault)) continue;
    const early = fault.nodes.find((node) => fault.atUs < (roster.nodes[node]?.joinsAtUs ?? 0));
    if (early === undefined) continue;
    const joinsAt = formatUs(roster.nodes[early]?.joinsAtUs ?? 0);
    const message = `found ${formatUs(fault.atUs)}, expected a time after "${roster.idOf(early)}" joins, at ${joinsAt}`;
    problems.add("schedule", ["faults", index, "at"], message);
  }
  for (const kind of ["crash", "pause", "leave"] as const) checkOverlaps(kind, faults, resolving);
}

function checkOverlaps(
  kind: NodeFault["kind"],
  faults: readonly PlanFault[],
  { roster, problems }: Resolving,
): void {
  const reported = new Set<number>();
  const last = new Map<number, Interval>();
  for (const interval of intervalsOf(kind, faults)) {
    const before = last.get(interval.node);
    if (before === undefined || interval.fromUs >= before.untilUs) {
      last.set(interval.node, interval);
      continue;
    }
    const later = Math.max(before.fault, interval.fault);
    const earlier = Math.min(before.fault, interval.fault);
    if (interval.untilUs > before.untilUs) last.set(interval.node, interval);
    if (reported.has(later)) continue;
    reported.add(later);
    const end = before.untilUs === Number.POSITIVE_INFINITY ? "" : ` to ${formatUs(before.untilUs)}`;
    const message = `"${roster.idOf(interval.node)}" ${deed[kind]} from ${formatUs(before.fromUs)}${end} already, by faults[${earlier}], expected no ${kind} of one node during another`;
    problems.add("schedule", ["faults", later, "nodes"], message);
  }
}

/** By time, then by the order of the scenario. */
function intervalsOf(kind: NodeFault["kind"], faults: readonly PlanFault[]): readonly Interval[] {
  return faults
    .flatMap((fault, index) => {
      if (!isNodeFault(fault) || fault.kind !== kind) return [];
      const untilUs = fault.untilUs ?? Number.POSITIVE_INFINITY;
      return fault.nodes.map((node) => ({ fault: index, node, fromUs: fault.atUs, untilUs }));
    })
    .sort((a, b) => a.fromUs - b.fromUs);
}

function isNodeFault(fault: PlanFault): fault is NodeFault {
  return fault.kind === "crash" || fault.kind === "pause" || fault.kind === "leave";
}
