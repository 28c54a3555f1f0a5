/** The nodes of a plan: those there at the start, then those that join, each with its configuration and its clock. */

import type { Config } from "../../core/config.ts";
import { stream } from "../random.ts";
import { parseDurationUs } from "../scenario/duration.ts";
import type { NodeReference, NumberOrRange, Scenario, ScenarioClock } from "../scenario/scenario.ts";
import { formatPath, type Problems, type ScenarioPath, showCount } from "../scenario/scenario-error.ts";
import { idPattern, nodesMax } from "../scenario/schema-parts.ts";
import { partsOf } from "./node-reference.ts";
import type { PlanNode } from "./plan.ts";
import { Roster } from "./roster.ts";

const validId = new RegExp(idPattern);

interface NamedNode {
  readonly id: string;
  readonly path: ScenarioPath;
  readonly config: Partial<Config>;
  readonly clock: ScenarioClock;
  readonly joinsAtUs: number | null;
}

/** All nodes of a scenario, with their clocks drawn, each from streams of its own. */
export function resolveRoster(scenario: Scenario, seed: number, problems: Problems): Roster {
  const named = [...initialNodes(scenario), ...joiningNodes(scenario, problems)];
  if (named.length > nodesMax) {
    const message = `makes ${showCount(named.length)} nodes, expected at most ${showCount(nodesMax)}`;
    problems.add("too-large", ["nodes"], message);
    return new Roster([], problems);
  }
  reportRepeated(named, problems);
  checkClocks(scenario, problems);
  return new Roster(
    named.map((node) => planNode(node, { scenario, seed })),
    problems,
  );
}

function initialNodes({ nodes }: Scenario): readonly NamedNode[] {
  const entries = typeof nodes === "number" ? [{ id: "n", count: nodes }] : nodes;
  const isList = typeof nodes !== "number";
  return entries.flatMap((entry, index) => {
    const { id, count } = entry;
    const ids = count === undefined ? [id] : Array.from({ length: count }, (_, number) => `${id}${number}`);
    const config = "config" in entry ? (entry.config ?? {}) : {};
    const clock = "clock" in entry ? (entry.clock ?? {}) : {};
    const path = isList ? ["nodes", index, "id"] : ["nodes"];
    return ids.map((name) => ({ id: name, path, config, clock, joinsAtUs: null }));
  });
}

/** New nodes of all `join` faults, the earliest first. */
function joiningNodes(scenario: Scenario, problems: Problems): readonly NamedNode[] {
  const found = (scenario.faults ?? []).flatMap((fault, index) => {
    if (fault.kind !== "join") return [];
    const joinsAtUs = parseDurationUs(fault.at) ?? 0;
    return newIds(fault.nodes, ["faults", index, "nodes"], problems).map((one) => ({
      ...one,
      ...{ config: fault.config ?? {}, clock: fault.clock ?? {}, joinsAtUs },
    }));
  });
  return found.sort((a, b) => a.joinsAtUs - b.joinsAtUs);
}

/** The ids that a `join` names. They are made by it, so `all` means nothing there. */
function newIds(
  reference: NodeReference,
  path: ScenarioPath,
  problems: Problems,
): readonly { readonly id: string; readonly path: ScenarioPath }[] {
  const found: { readonly id: string; readonly path: ScenarioPath }[] = [];
  for (const part of partsOf(reference, path)) {
    switch (part.kind) {
      case "one":
        found.push({ id: part.id, path: part.path });
        break;
      case "range":
        for (const id of part.ids) found.push({ id, path: part.path });
        break;
      case "all":
        problems.add("bad-value", part.path, 'found "all", expected ids of new nodes');
        break;
      case "malformed":
        problems.add("bad-value", part.path, `found "${part.text}", expected ${part.expected}`);
        break;
    }
  }
  return found;
}

/** One problem for each place that makes nodes, however many of its ids are wrong. */
function reportRepeated(named: readonly NamedNode[], problems: Problems): void {
  const seen = new Set<string>();
  const reported = new Set<string>();
  for (const { id, path, joinsAtUs } of named) {
    const place = formatPath(path);
    if (reported.has(place)) continue;
    if (!validId.test(id) || id === "all") {
      const expected = 'an id of letters, digits, -, _ and single dots, not "all"';
      problems.add("bad-value", path, `found "${id}", expected ${expected}`);
      reported.add(place);
    } else if (seen.has(id)) {
      const expected = joinsAtUs === null ? "each id once" : "the id of a new node";
      problems.add("duplicate-name", path, `there is a node "${id}" already, expected ${expected}`);
      reported.add(place);
    }
    seen.add(id);
  }
}

function checkClocks({ clocks, nodes, faults }: Scenario, problems: Problems): void {
  const own = (typeof nodes === "number" ? [] : nodes).map(({ clock }, index) => {
    return { clock, path: ["nodes", index, "clock"] };
  });
  const joining = (faults ?? []).flatMap((fault, index) =>
    fault.kind === "join" ? [{ clock: fault.clock, path: ["faults", index, "clock"] }] : [],
  );
  for (const { clock, path } of [{ clock: clocks, path: ["clocks"] }, ...own, ...joining]) {
    checkRange(clock?.offsetMs, [...path, "offsetMs"], problems);
    checkRange(clock?.driftPpm, [...path, "driftPpm"], problems);
  }
}

/** Reports a range whose ends are the wrong way round. */
export function checkRange(range: NumberOrRange | undefined, path: ScenarioPath, problems: Problems): void {
  if (typeof range !== "object" || range[0] <= range[1]) return;
  problems.add("bad-value", path, `found [${range.join(", ")}], expected [min, max] with min not above max`);
}

function planNode(
  { id, config, clock, joinsAtUs }: NamedNode,
  { scenario, seed }: { readonly scenario: Scenario; readonly seed: number },
): PlanNode {
  const { offsetMs, driftPpm } = { ...scenario.clocks, ...clock };
  return {
    id,
    config: { ...scenario.config, ...config },
    clockOffsetMs: drawBetween(offsetMs ?? 0, seed, `clock-offset/${id}`),
    clockDriftPpm: drawBetween(driftPpm ?? 0, seed, `clock-drift/${id}`),
    joinsAtUs,
  };
}

function drawBetween(range: NumberOrRange, seed: number, label: string): number {
  if (typeof range === "number") return range;
  const [min, max] = range;
  return min <= max ? stream(seed, label).between(min, max) : min;
}
