/**
 * Every way to make an explicit scenario smaller, in the order in which they are tried, over and over.
 *
 * 1. Whatever a reducing pass proposes has less of something and more of nothing, so that to take its proposals comes to
 *    an end. Rounding may make times later again, so it is none of them. A longer run alone is proposed where the
 *    mistake shows only after it: that is taken once for each time that something else was made smaller.
 */

import type { JsonObject } from "../../core/json.ts";
import type { NodeReference, ScenarioFault, ScenarioNode } from "../scenario/scenario.ts";
import { ddmin } from "./ddmin.ts";
import type { ExplicitScenario } from "./explicit.ts";
import { shorterWait, slowerPeriods } from "./passes-pace.ts";
import { closeGaps, cutEnd, roundTimes, shortenFaults, withFault } from "./passes-time.ts";
import type { Search } from "./shrink.ts";
import { nodeIds, onlyContexts, onlyNodes } from "./without.ts";

export interface Pass {
  /** What is made smaller, in words. */
  readonly name: string;
  readonly run: (search: Search) => void;
  /** In what it proposes the mistake shows before the run's time is over, if it did before. */
  readonly isInTime?: true;
}

export const endPass: Pass = { name: "end", run: cutEnd, isInTime: true };

export const reducingPasses: readonly Pass[] = [
  endPass,
  { name: "nodes", run: fewer(nodeIds, onlyNodes) },
  { name: "contexts", run: fewer(({ contexts }) => contexts.map(({ id }) => id), onlyContexts) },
  {
    name: "calls",
    run: fewer(
      ({ workload }) => workload,
      (scenario, workload) => ({ ...scenario, workload }),
    ),
  },
  {
    name: "faults",
    run: fewer(
      ({ faults }) => faults,
      (scenario, faults) => ({ ...scenario, faults }),
    ),
  },
  endPass,
  { name: "members", run: fewerMembers },
  { name: "nodes in faults", run: fewerInFaults },
  { name: "gaps", run: closeGaps },
  { name: "lengths of faults", run: shortenFaults },
  {
    name: "links",
    run: fewer(
      ({ network }) => network.topology.links,
      (scenario, links) => ({ ...scenario, network: { ...scenario.network, topology: { links } } }),
    ),
  },
  { name: "configuration", run: fewer(keysOf("config"), withKeys("config")) },
  { name: "periods", run: slowerPeriods },
  { name: "network", run: fewer(networkKeys, withNetworkKeys) },
  { name: "disk", run: plainDisk },
  { name: "clocks", run: plainNodes },
  { name: "kinds of crashes", run: plainCrashes },
  {
    name: "expectations",
    isInTime: true,
    run: fewer(
      ({ expect }) => expect,
      (scenario, expect) => ({ ...scenario, expect }),
    ),
  },
  { name: "time to converge in", run: shorterWait },
  { name: "arguments", run: shorterTexts },
];

/** Once, when nothing else is left to do. */
export const roundingPass: Pass = { name: "times", run: roundTimes };

const minimalIn = ["nodes", "contexts", "calls", "faults"];
/** Those on which it rests that nothing can be taken out of what is left. */
export const minimizingPasses: readonly Pass[] = reducingPasses.filter(({ name }) =>
  minimalIn.includes(name),
);

/** Delta debugging over one list in the scenario. */
function fewer<Entry>(
  read: (scenario: ExplicitScenario) => readonly Entry[],
  write: (scenario: ExplicitScenario, entries: readonly Entry[]) => ExplicitScenario,
): (search: Search) => void {
  return (search) => {
    const whole = search.current;
    ddmin(read(whole), (part) => search.attempt(write(whole, part)));
  };
}

function keysOf(part: "config"): (scenario: ExplicitScenario) => readonly string[] {
  return (scenario) => Object.keys(scenario[part]);
}

function withKeys(part: "config") {
  return (scenario: ExplicitScenario, keys: readonly string[]): ExplicitScenario => ({
    ...scenario,
    [part]: picked(scenario[part], keys),
  });
}

function networkKeys({ network }: ExplicitScenario): readonly string[] {
  return Object.keys(network).filter((key) => key !== "topology");
}

function withNetworkKeys(scenario: ExplicitScenario, keys: readonly string[]): ExplicitScenario {
  const { topology } = scenario.network;
  return { ...scenario, network: { topology, ...picked(scenario.network, keys) } };
}

function picked<Whole extends object>(whole: Whole, keys: readonly string[]): Partial<Whole> {
  return Object.fromEntries(Object.entries(whole).filter(([key]) => keys.includes(key))) as Partial<Whole>;
}

function fewerMembers(search: Search): void {
  for (const [index, { members }] of search.current.contexts.entries()) {
    ddmin(members, (part) => {
      const context = search.current.contexts[index];
      if (context === undefined || part.length === 0) return false;
      const contexts = search.current.contexts.with(index, { ...context, members: part });
      return search.attempt({ ...search.current, contexts });
    });
  }
}

/** Fewer nodes in each place of a fault that names some. */
function fewerInFaults(search: Search): void {
  for (const index of search.current.faults.keys()) {
    for (const place of ["nodes", "from", "to", "groups"] as const) {
      const listed = listedAt(search.current.faults[index], place);
      ddmin(listed, (part) => {
        const fault = search.current.faults[index];
        if (fault === undefined || part.length === 0) return false;
        return search.attempt(withFault(search.current, index, { ...fault, [place]: part } as ScenarioFault));
      });
    }
  }
}

function listedAt(
  fault: ScenarioFault | undefined,
  place: "nodes" | "from" | "to" | "groups",
): readonly NodeReference[] {
  const [, listed] = Object.entries(fault ?? {}).find(([key]) => key === place) ?? [];
  return Array.isArray(listed) ? listed : [];
}

function plainDisk(search: Search): void {
  const { disk, ...rest } = search.current;
  if (disk !== undefined) search.attempt(rest);
}

/** No clocks and no configuration of one's own: everywhere at once, or of one node after the other. */
function plainNodes(search: Search): void {
  const bare = ({ id }: ScenarioNode) => ({ id });
  const isBare = ({ config, clock }: ScenarioNode) => config === undefined && clock === undefined;
  const { nodes } = search.current;
  if (nodes.every(isBare) || search.attempt({ ...search.current, nodes: nodes.map(bare) })) return;
  for (const [index, node] of nodes.entries()) {
    const { config, ...withoutConfig } = node;
    const { clock, ...withoutClock } = node;
    for (const plainer of [bare(node), withoutConfig, withoutClock]) {
      if (search.attempt({ ...search.current, nodes: search.current.nodes.with(index, plainer) })) break;
    }
  }
}

function plainCrashes(search: Search): void {
  for (const [index, fault] of search.current.faults.entries()) {
    if (fault.kind !== "crash" || fault.disk === undefined) continue;
    const { disk, ...plain } = fault;
    search.attempt(withFault(search.current, index, plain));
  }
}

/** A long text becomes a short one. */
function shorterTexts(search: Search): void {
  for (const [index, call] of search.current.workload.entries()) {
    if (call.args === undefined) continue;
    for (const [key, value] of Object.entries(call.args)) {
      if (value === "x" || (typeof value !== "object" && String(value).length < 4)) continue;
      const args: JsonObject = { ...search.current.workload[index]?.args, [key]: "x" };
      search.attempt({ ...search.current, workload: search.current.workload.with(index, { ...call, args }) });
    }
  }
}
