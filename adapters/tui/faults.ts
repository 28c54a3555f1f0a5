/** A plan's faults in words, and which of them there are now. From the plan alone. */

import { unreachable } from "../../core/assert.ts";
import type { LatencyPlan, Plan, PlanFault } from "../../sim/plan/plan.ts";
import { isActiveCut, isCut, isInstantaneous, isLasting } from "./cuts.ts";
import { formatCount, formatSeconds } from "./text.ts";
import type { FaultView, SpanView } from "./view-model.ts";

/** An instantaneous fault is shown for this part of the run after it. */
const momentOfRun = 1 / 20;
const namesShown = 3;
const flapsShownMax = 100;

/** Those that there are now, in the order of the plan. */
export function currentFaults(plan: Plan, nowUs: number): readonly FaultView[] {
  return plan.faults
    .filter((fault) => isShown(fault, plan, nowUs))
    .map((fault) => ({
      kind: fault.kind,
      detail: describeFault(fault, plan, nowUs),
      left: leftOf(fault, nowUs),
    }));
}

/** The most faults that `currentFaults` ever gives. */
export function faultsMaxOf(plan: Plan): number {
  const counts = plan.faults.map(
    ({ atUs }) => plan.faults.filter((fault) => isShown(fault, plan, atUs)).length,
  );
  return counts.reduce((max, count) => Math.max(max, count), 0);
}

/** Of a flapping cut each time that it is cut, unless these are too many to be told apart. */
export function faultSpans(plan: Plan): readonly SpanView[] {
  return plan.faults.flatMap((fault): readonly SpanView[] => {
    const fromUs = fault.atUs;
    const untilUs = isInstantaneous(fault.kind) ? fromUs : (fault.untilUs ?? plan.untilUs);
    if (fault.kind !== "flap" || (untilUs - fromUs) / fault.periodUs > flapsShownMax)
      return [{ fromUs, untilUs, isCut: isCut(fault) || fault.kind === "oneway" }];
    const { periodUs } = fault;
    return Array.from({ length: Math.ceil((untilUs - fromUs) / periodUs) }, (_, cycle) => {
      const cutUs = fromUs + cycle * periodUs;
      return { fromUs: cutUs, untilUs: Math.min(untilUs, cutUs + Math.floor(periodUs / 2)), isCut: true };
    });
  });
}

function isShown(fault: PlanFault, plan: Plan, nowUs: number): boolean {
  if (!isInstantaneous(fault.kind)) return isLasting(fault, nowUs);
  return fault.atUs <= nowUs && nowUs < fault.atUs + plan.untilUs * momentOfRun;
}

function leftOf({ kind, untilUs }: PlanFault, nowUs: number): FaultView["left"] {
  if (isInstantaneous(kind)) return "moment";
  return untilUs === null ? "end" : { us: untilUs - nowUs };
}

export function describeFault(fault: PlanFault, plan: Plan, nowUs: number): string {
  const nodes = (indexes: readonly number[]) => nameNodes(indexes, plan);
  const links = (indexes: readonly number[] | null) =>
    indexes === null ? "all links" : `links of ${nodes(indexes)}`;
  switch (fault.kind) {
    case "partition":
      return sizes(fault.groups, plan);
    case "flap": {
      const state = isActiveCut(fault, nowUs) ? "cut" : "healed";
      return `${sizes(fault.groups, plan)}, every ${formatSeconds(fault.periodUs)}, now ${state}`;
    }
    case "oneway":
      return `${nodes(fault.from)} cannot reach ${nodes(fault.to)}`;
    case "loss":
    case "duplicate":
    case "reorder":
    case "corrupt":
      return `${Number((fault.rate * 100).toFixed(2))} % on ${links(fault.nodes)}`;
    case "latency": {
      const base = fault.latency === null ? [] : [describeLatency(fault.latency)];
      const added = fault.addMs === null ? [] : [`+${fault.addMs} ms`];
      return `${[...base, ...added].join(", ")} on ${links(fault.nodes)}`;
    }
    case "bandwidth":
      return `${formatCount(fault.kbps)} kbit/s on ${links(fault.nodes)}`;
    case "crash":
      return `${nodes(fault.nodes)}, disk: ${fault.disk}`;
    case "pause":
    case "join":
    case "leave":
    case "disk-full":
      return nodes(fault.nodes);
    case "slow":
      return `${nodes(fault.nodes)} by ${fault.factor} times`;
    case "disk-slow":
      return `${nodes(fault.nodes)}, a sync up to ${fault.syncUs[1] / 1_000} ms`;
    case "disk-fail":
      return `${nodes(fault.nodes)}, ${Number((fault.rate * 100).toFixed(2))} % of the syncs`;
    case "byzantine":
      return `${nodes(fault.nodes)}: ${fault.behaviours.join(", ")}`;
    case "clock-jump":
      return `${nodes(fault.nodes)} by ${fault.byMs > 0 ? "+" : ""}${fault.byMs / 1_000} s`;
    case "clock-drift":
      return `${nodes(fault.nodes)} at ${fault.ppm > 0 ? "+" : ""}${fault.ppm} ppm`;
    default:
      return unreachable(fault);
  }
}

/** "50 | 30 | 20" */
function sizes(groups: readonly (readonly number[])[], plan: Plan): string {
  const named = new Set(groups.flat()).size;
  const rest = plan.nodes.length - named;
  return [...groups.map(({ length }) => length), ...(rest > 0 ? [rest] : [])].join(" | ");
}

function describeLatency(latency: LatencyPlan): string {
  switch (latency.kind) {
    case "constant":
      return `${latency.ms} ms`;
    case "uniform":
      return `${latency.minMs} to ${latency.maxMs} ms`;
    case "exponential":
      return `about ${latency.meanMs} ms`;
    case "lognormal":
      return `about ${latency.medianMs} ms`;
    default:
      return unreachable(latency);
  }
}

/** Ids, with those that follow one another as a range: "n0..n3, n7 and 4 more". */
function nameNodes(indexes: readonly number[], plan: Plan): string {
  if (indexes.length === plan.nodes.length) return "all nodes";
  const ranges: { readonly from: number; to: number }[] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.to === index - 1) last.to = index;
    else ranges.push({ from: index, to: index });
  }
  const id = (index: number) => plan.nodes[index]?.id ?? `#${index}`;
  const shown = ranges.slice(0, namesShown);
  const names = shown.map(({ from, to }) => (from === to ? id(from) : `${id(from)}..${id(to)}`));
  const hidden = ranges.slice(namesShown).reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return hidden === 0 ? names.join(", ") : `${names.join(", ")} and ${hidden} more`;
}
