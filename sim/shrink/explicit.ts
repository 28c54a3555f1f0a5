/**
 * A plan as a scenario that says everything: each node, link, call and fault by itself, with nothing left to draw but
 * what happens to single messages. Resolved with the plan's seed it gives the same plan again; only a `join` of nodes
 * that differ in clock or configuration becomes one `join` for each, at the same moment.
 */

import { unreachable } from "../../core/assert.ts";
import type { Config, ConfigKey } from "../../core/config.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { Plan, PlanExpectation, PlanFault, PlanNode } from "../plan/plan.ts";
import { formatUs } from "../scenario/duration.ts";
import type {
  Duration,
  Expectation,
  Scenario,
  ScenarioClock,
  ScenarioFault,
  ScenarioNetwork,
  ScenarioNode,
  SingleWrite,
} from "../scenario/scenario.ts";

/** A scenario in which nothing is drawn: what shrinking works on. */
export interface ExplicitScenario extends Scenario {
  readonly seed: number;
  readonly nodes: readonly ScenarioNode[];
  readonly network: ScenarioNetwork & { readonly topology: { readonly links: readonly Link[] } };
  readonly config: Partial<Config>;
  readonly contexts: readonly {
    readonly id: string;
    readonly app: string;
    readonly members: readonly string[];
  }[];
  readonly workload: readonly SingleWrite[];
  readonly faults: readonly ScenarioFault[];
  readonly expect: readonly Expectation[];
  readonly until: Duration;
}

type Link = readonly [string, string];

/** `applications`: files that the scenario's contexts need, as they are named from where the result will stand. */
export function explicitScenario(plan: Plan, applications: readonly string[] = []): ExplicitScenario {
  const idOf = (node: number) => plan.nodes[node]?.id ?? "";
  const idsOf = (nodes: readonly number[]) => nodes.map(idOf);
  const config = commonConfig(plan.nodes);
  const { latency, loss, duplicate, reorder, bandwidthKbps, keepaliveMs, gossip } = plan.network;
  const [syncMinUs, syncMaxUs] = plan.diskSyncUs;
  return {
    ...{ name: plan.name, seed: plan.seed },
    nodes: plan.nodes.filter(({ joinsAtUs }) => joinsAtUs === null).map((node) => explicitNode(node, config)),
    ...(applications.length === 0 ? {} : { applications }),
    contexts: plan.contexts.map(({ id, application, members }) => ({
      ...{ id, app: application, members: idsOf(members) },
    })),
    network: {
      topology: { links: plan.links.map(([a, b]) => [idOf(a), idOf(b)]) },
      ...{ latency, loss, duplicate, reorder },
      ...(bandwidthKbps === null ? {} : { bandwidthKbps }),
      ...{ keepalive: duration(keepaliveMs * 1_000), gossip },
    },
    disk: { syncMs: syncMinUs === syncMaxUs ? syncMinUs / 1_000 : [syncMinUs / 1_000, syncMaxUs / 1_000] },
    config,
    workload: plan.operations.map(({ atUs, node, context, method, args }) => ({
      ...{ at: duration(atUs), node: idOf(node), context, method },
      ...(Object.keys(args).length === 0 ? {} : { args: escaped(args) as JsonObject }),
    })),
    faults: plan.faults.flatMap((fault) => explicitFault(fault, { plan, config, idsOf })),
    expect: plan.expectations.map((expectation) => explicitExpectation(expectation, idsOf)),
    until: duration(plan.untilUs),
    ...(plan.settleUs === undefined ? {} : { settle: duration(plan.settleUs) }),
  };
}

/** A time as people write it; it is read back to the same microsecond. */
export function duration(us: number): Duration {
  return formatUs(us) === "0" ? 0 : formatUs(us);
}

function explicitNode(node: PlanNode, common: Partial<Config>): ScenarioNode {
  return { id: node.id, ...differences(node, common) };
}

/** What of a node is its own: its clock, and configuration that others do not share. */
function differences(
  { config, clockOffsetMs, clockDriftPpm }: PlanNode,
  common: Partial<Config>,
): { readonly config?: Partial<Config>; readonly clock?: ScenarioClock } {
  const own = Object.entries(config).filter(([key, value]) => common[key as ConfigKey] !== value);
  const clock = {
    ...(clockOffsetMs === 0 ? {} : { offsetMs: clockOffsetMs }),
    ...(clockDriftPpm === 0 ? {} : { driftPpm: clockDriftPpm }),
  };
  return {
    ...(own.length === 0 ? {} : { config: Object.fromEntries(own) }),
    ...(Object.keys(clock).length === 0 ? {} : { clock }),
  };
}

/** What all nodes have in common. */
function commonConfig([first, ...others]: readonly PlanNode[]): Partial<Config> {
  const shared = Object.entries(first?.config ?? {}).filter(([key, value]) =>
    others.every(({ config }) => config[key as ConfigKey] === value),
  );
  return Object.fromEntries(shared);
}

/** `{{` stands for a brace in a template. */
function escaped(value: Json): Json {
  if (typeof value === "string") return value.replaceAll("{", "{{");
  if (Array.isArray(value)) return value.map(escaped);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, escaped(held)]));
}

interface FaultPlace {
  readonly plan: Plan;
  readonly config: Partial<Config>;
  readonly idsOf: (nodes: readonly number[]) => readonly string[];
}

function explicitFault(fault: PlanFault, place: FaultPlace): readonly ScenarioFault[] {
  const { idsOf } = place;
  const at = duration(fault.atUs);
  const times = { at, ...(fault.untilUs === null ? {} : { until: duration(fault.untilUs) }) };
  const onSome = "nodes" in fault && fault.nodes !== null ? { nodes: idsOf(fault.nodes) } : {};
  switch (fault.kind) {
    case "partition":
    case "flap": {
      const groups = fault.groups.filter((group) => group.length > 0).map(idsOf);
      return fault.kind === "partition"
        ? [{ kind: fault.kind, ...times, groups }]
        : [{ kind: fault.kind, ...times, period: duration(fault.periodUs), groups }];
    }
    case "oneway":
      return [{ kind: fault.kind, ...times, from: idsOf(fault.from), to: idsOf(fault.to) }];
    case "loss":
    case "duplicate":
    case "reorder":
    case "corrupt":
      return [{ kind: fault.kind, ...times, rate: fault.rate, ...onSome }];
    case "latency":
      return fault.latency !== null
        ? [{ kind: fault.kind, ...times, latency: fault.latency, ...onSome }]
        : [{ kind: fault.kind, ...times, addMs: fault.addMs ?? 0, ...onSome }];
    case "bandwidth":
      return [{ kind: fault.kind, ...times, kbps: fault.kbps, ...onSome }];
    case "crash": {
      const copies = fault.disk === "rollback" ? { copiedAt: fault.copiedAtUs.map(duration) } : {};
      return [{ kind: fault.kind, ...times, nodes: idsOf(fault.nodes), disk: fault.disk, ...copies }];
    }
    case "slow":
      return [{ kind: fault.kind, ...times, nodes: idsOf(fault.nodes), factor: fault.factor }];
    case "disk-slow": {
      const [fromUs, toUs] = fault.syncUs;
      return [
        { kind: fault.kind, ...times, nodes: idsOf(fault.nodes), syncMs: [fromUs / 1_000, toUs / 1_000] },
      ];
    }
    case "disk-full":
      return [{ kind: fault.kind, ...times, nodes: idsOf(fault.nodes) }];
    case "disk-fail":
      return [{ kind: fault.kind, ...times, nodes: idsOf(fault.nodes), rate: fault.rate }];
    case "byzantine":
      return [{ kind: fault.kind, ...times, nodes: idsOf(fault.nodes), behaviour: fault.behaviours }];
    case "pause":
      return [{ kind: fault.kind, ...times, nodes: idsOf(fault.nodes) }];
    case "leave":
      return [{ kind: fault.kind, at, nodes: idsOf(fault.nodes) }];
    case "clock-jump":
      return [{ kind: fault.kind, at, nodes: idsOf(fault.nodes), byMs: fault.byMs }];
    case "clock-drift":
      return [{ kind: fault.kind, ...times, nodes: idsOf(fault.nodes), ppm: fault.ppm }];
    case "join":
      return explicitJoins(fault, place);
    default:
      return unreachable(fault);
  }
}

/** One `join` for the nodes that are alike in clock and configuration, in the order in which they come. */
function explicitJoins(
  { atUs, nodes, contexts }: Extract<PlanFault, { kind: "join" }>,
  { plan, config }: FaultPlace,
): readonly ScenarioFault[] {
  const groups: { readonly own: ReturnType<typeof differences>; readonly ids: string[] }[] = [];
  for (const index of nodes) {
    const node = plan.nodes[index];
    if (node === undefined) continue;
    const own = differences(node, config);
    const last = groups.at(-1);
    if (last !== undefined && JSON.stringify(last.own) === JSON.stringify(own)) last.ids.push(node.id);
    else groups.push({ own, ids: [node.id] });
  }
  return groups.map(({ own, ids }) => ({ kind: "join", at: duration(atUs), nodes: ids, contexts, ...own }));
}

function explicitExpectation(
  expectation: PlanExpectation,
  idsOf: (nodes: readonly number[]) => readonly string[],
): Expectation {
  const nodesOf = ({ nodes }: { readonly nodes: readonly number[] | null }) =>
    nodes === null ? {} : { nodes: idsOf(nodes) };
  switch (expectation.kind) {
    case "converged": {
      const { withinMs, context } = expectation;
      const within = duration(withinMs * 1_000);
      return { converged: { within, ...(context === null ? {} : { context }), ...nodesOf(expectation) } };
    }
    case "value": {
      const { context, key, equals } = expectation;
      return { value: { context, key, equals, ...nodesOf(expectation) } };
    }
    case "blob": {
      const { context, name } = expectation;
      return { blob: { context, name, ...nodesOf(expectation) } };
    }
    case "entities":
      return { entities: { context: expectation.context, equals: expectation.equals } };
    case "fault-counted":
      return { "fault-counted": { kind: expectation.fault, atLeast: expectation.atLeast } };
    case "probe-counted": {
      const { probe, atLeast, atMost } = expectation;
      const least = atLeast === null ? {} : { atLeast };
      return { "probe-counted": { name: probe, ...least, ...(atMost === null ? {} : { atMost }) } };
    }
  }
}
