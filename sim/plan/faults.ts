/** The faults of a plan: nodes by index, splits drawn, times in microseconds. */

import { unreachable } from "../../core/assert.ts";
import { formatUs } from "../scenario/duration.ts";
import type { FaultOf, ScenarioFault } from "../scenario/scenario.ts";
import { type Problems, type ScenarioPath, showValue } from "../scenario/scenario-error.ts";
import { resolveGroups } from "./groups.ts";
import { checkLatency } from "./network.ts";
import type { PlanFault } from "./plan.ts";
import { ContentNames, type Resolving, readDuration, readEnd, readInstant } from "./resolving.ts";
import { checkSchedule } from "./schedule.ts";

/** A shorter cycle would only make events. */
const periodUsMin = 1_000;

/** By time, then by the order in which the scenario names them. */
export function resolveFaults(resolving: Resolving): readonly PlanFault[] {
  const names = new ContentNames();
  const faults = (resolving.scenario.faults ?? []).map((fault, index) => {
    const path = ["faults", index];
    const atUs = readInstant(fault.at, [...path, "at"], resolving);
    const until = "until" in fault ? fault.until : undefined;
    const untilUs = readEnd(until, { fromUs: atUs, path: [...path, "until"] }, resolving);
    return { atUs, untilUs, ...resolveFault(fault, { path, atUs, names }, resolving) };
  });
  checkSchedule(faults, resolving);
  return faults.toSorted((a, b) => a.atUs - b.atUs);
}

interface Place {
  readonly path: ScenarioPath;
  readonly atUs: number;
  readonly names: ContentNames;
}

type WithoutTimes<Fault> = Fault extends PlanFault ? Omit<Fault, "atUs" | "untilUs"> : never;

function resolveFault(fault: ScenarioFault, place: Place, resolving: Resolving): WithoutTimes<PlanFault> {
  const { path } = place;
  const { roster, problems } = resolving;
  const some = (key: "nodes" | "from" | "to", named: string | readonly string[]) => {
    return roster.resolve(named, [...path, key]);
  };
  switch (fault.kind) {
    case "partition":
    case "flap":
      return resolveSplit(fault, place, resolving);
    case "oneway":
      return resolveOneWay({ from: some("from", fault.from), to: some("to", fault.to) }, path, problems);
    case "loss":
    case "duplicate":
    case "reorder":
      return { kind: fault.kind, rate: fault.rate, nodes: onlyLinksOf(fault, some) };
    case "latency": {
      const latency = "latency" in fault ? fault.latency : null;
      if (latency !== null) checkLatency(latency, [...path, "latency"], problems);
      const addMs = "addMs" in fault ? fault.addMs : null;
      return { kind: fault.kind, addMs, latency, nodes: onlyLinksOf(fault, some) };
    }
    case "bandwidth":
      return { kind: fault.kind, kbps: fault.kbps, nodes: onlyLinksOf(fault, some) };
    case "crash":
      return { kind: fault.kind, nodes: some("nodes", fault.nodes), disk: fault.disk ?? "keep" };
    case "pause":
    case "leave":
      return { kind: fault.kind, nodes: some("nodes", fault.nodes) };
    case "clock-jump":
      return { kind: fault.kind, nodes: some("nodes", fault.nodes), byMs: fault.byMs };
    case "clock-drift":
      return { kind: fault.kind, nodes: some("nodes", fault.nodes), ppm: fault.ppm };
    case "join": {
      const contexts = fault.contexts ?? resolving.contexts.ids;
      return { kind: fault.kind, nodes: roster.namedByJoin(fault.nodes), contexts };
    }
    default:
      return unreachable(fault);
  }
}

function resolveSplit(
  fault: FaultOf<"partition"> | FaultOf<"flap">,
  { path, atUs, names }: Place,
  resolving: Resolving,
): WithoutTimes<PlanFault> {
  const name = names.of([fault.kind, "split" in fault ? fault.split : 0, atUs]);
  const groups = resolveGroups(fault, { path, name }, resolving);
  if (fault.kind === "partition") return { kind: fault.kind, groups };
  const periodUs = readDuration(fault.period, [...path, "period"], resolving.problems);
  if (periodUs < periodUsMin) {
    const message = `found ${showValue(fault.period)}, expected at least ${formatUs(periodUsMin)}`;
    resolving.problems.add("bad-value", [...path, "period"], message);
  }
  return { kind: fault.kind, groups, periodUs };
}

function resolveOneWay(
  ends: { readonly from: readonly number[]; readonly to: readonly number[] },
  path: ScenarioPath,
  problems: Problems,
): WithoutTimes<PlanFault> {
  if (ends.from.length === 1 && ends.to.length === 1 && ends.from[0] === ends.to[0]) {
    problems.add("no-effect", [...path, "to"], "found the node that is also `from`, expected another one");
  }
  return { kind: "oneway", ...ends };
}

/** Null: every link. */
function onlyLinksOf(
  { nodes }: { readonly nodes?: string | readonly string[] },
  some: (key: "nodes", named: string | readonly string[]) => readonly number[],
): readonly number[] | null {
  return nodes === undefined ? null : some("nodes", nodes);
}
