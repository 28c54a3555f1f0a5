/** The faults of a plan: nodes by index, splits drawn, times in microseconds. */

import { unreachable } from "../../core/assert.ts";
import { stream } from "../random.ts";
import { formatUs } from "../scenario/duration.ts";
import type { FaultOf, ScenarioFault } from "../scenario/scenario.ts";
import { type Problems, type ScenarioPath, showValue } from "../scenario/scenario-error.ts";
import { resolveGroups } from "./groups.ts";
import { checkLatency, syncUsOf } from "./network.ts";
import type { PlanFault } from "./plan.ts";
import { ContentNames, type Resolving, readDuration, readEnd, readInstant } from "./resolving.ts";
import { checkSchedule } from "./schedule.ts";

/** A shorter cycle would only make events. */
const periodUsMin = 1_000;
const failRateDefault = 0.5;

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
  checkHonest(faults, resolving);
  return faults.toSorted((a, b) => a.atUs - b.atUs);
}

/** Nothing is demanded of who is ever byzantine: somebody must be left of whom something is. */
function checkHonest(faults: readonly PlanFault[], { roster, problems }: Resolving): void {
  const liars = new Set(faults.flatMap((fault) => (fault.kind === "byzantine" ? fault.nodes : [])));
  if (roster.nodes.length === 0 || liars.size < roster.nodes.length) return;
  const message =
    "every node is byzantine at some time, expected one at least that never is: nobody is judged";
  problems.add("no-effect", ["faults"], message);
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
    case "corrupt":
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
      return resolveCrash(fault, some("nodes", fault.nodes), place, resolving);
    case "slow":
      return { kind: fault.kind, nodes: some("nodes", fault.nodes), factor: fault.factor };
    case "disk-slow": {
      const syncUs = syncUsOf(fault.syncMs, [...path, "syncMs"], problems);
      return { kind: fault.kind, nodes: some("nodes", fault.nodes), syncUs };
    }
    case "disk-full":
      return { kind: fault.kind, nodes: some("nodes", fault.nodes) };
    case "disk-fail":
      return { kind: fault.kind, nodes: some("nodes", fault.nodes), rate: fault.rate ?? failRateDefault };
    case "byzantine": {
      const behaviours = typeof fault.behaviour === "string" ? [fault.behaviour] : fault.behaviour;
      return { kind: fault.kind, nodes: some("nodes", fault.nodes), behaviours };
    }
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

/** The disk that a node comes back on was copied at a moment of its own, before the crash and after it was there. */
function resolveCrash(
  { kind, disk = "keep", copiedAt }: FaultOf<"crash">,
  nodes: readonly number[],
  { path, names, atUs }: Place,
  { seed, roster, problems }: Resolving,
): WithoutTimes<PlanFault> {
  const place = [...path, "copiedAt"];
  if (copiedAt !== undefined && disk !== "rollback")
    problems.add("no-effect", place, `found with disk ${disk}, expected only with rollback`);
  if (disk !== "rollback") return { kind, nodes, disk };
  if (copiedAt !== undefined) {
    const copiedAtUs = copiedAt.map((copied, index) => readDuration(copied, [...place, index], problems));
    if (copiedAtUs.length !== nodes.length)
      problems.add(
        "bad-value",
        place,
        `found ${copiedAtUs.length} times, expected one for each of ${nodes.length} nodes`,
      );
    // Whoever crashes at the very beginning comes back on the disk it began with.
    const late = copiedAtUs.findIndex((copiedUs) => copiedUs > 0 && copiedUs >= atUs);
    if (late >= 0)
      problems.add(
        "schedule",
        [...place, late],
        `found ${showValue(copiedAt[late] ?? 0)}, expected a time before the crash, ${formatUs(atUs)}`,
      );
    return { kind, nodes, disk, copiedAtUs };
  }
  const name = names.of([kind, disk, atUs]);
  const copiedAtUs = nodes.map((node) => {
    const fromUs = roster.nodes[node]?.joinsAtUs ?? 0;
    return stream(seed, `${name}/${roster.idOf(node)}`).between(fromUs, Math.max(fromUs, atUs - 1));
  });
  return { kind, nodes, disk, copiedAtUs };
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
