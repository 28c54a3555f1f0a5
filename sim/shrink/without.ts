/** Explicit scenarios with fewer nodes or contexts: whatever named what is gone goes with it. */

import { Links } from "../plan/links.ts";
import type { Expectation, NodeReference, ScenarioFault } from "../scenario/scenario.ts";
import type { ExplicitScenario } from "./explicit.ts";

/** All nodes that ever are there: those at the start, then those that join. */
export function nodeIds({ nodes, faults }: ExplicitScenario): readonly string[] {
  const joining = faults.flatMap((fault) => (fault.kind === "join" ? named(fault.nodes) : []));
  return [...nodes.map(({ id }) => id), ...joining];
}

/** The ids of a reference in an explicit scenario, which lists them. */
export function named(reference: NodeReference): readonly string[] {
  return typeof reference === "string" ? [reference] : reference;
}

/** Only these nodes, linked so that those who could reach each other before still can. */
export function onlyNodes(scenario: ExplicitScenario, ids: readonly string[]): ExplicitScenario {
  const kept = new Set(ids);
  const some = (reference: NodeReference) => named(reference).filter((id) => kept.has(id));
  const contexts = scenario.contexts
    .map((context) => ({ ...context, members: some(context.members) }))
    .filter(({ members }) => members.length > 0);
  return onlyContexts(
    {
      ...scenario,
      nodes: scenario.nodes.filter(({ id }) => kept.has(id)),
      contexts,
      network: { ...scenario.network, topology: { links: bridged(scenario, kept) } },
      workload: scenario.workload.filter(({ node }) => node !== undefined && kept.has(node)),
      faults: scenario.faults.flatMap((fault) => faultAmong(fault, some) ?? []),
      expect: scenario.expect.flatMap((expectation) => expectationAmong(expectation, some) ?? []),
    },
    contexts.map(({ id }) => id),
  );
}

/** Only these contexts. */
export function onlyContexts(scenario: ExplicitScenario, ids: readonly string[]): ExplicitScenario {
  const isKept = (context: string | undefined) => context === undefined || ids.includes(context);
  return {
    ...scenario,
    contexts: scenario.contexts.filter(({ id }) => isKept(id)),
    workload: scenario.workload.filter(({ context }) => isKept(context)),
    faults: scenario.faults.map((fault) =>
      fault.kind === "join" && fault.contexts !== undefined
        ? { ...fault, contexts: fault.contexts.filter(isKept) }
        : fault,
    ),
    expect: scenario.expect.filter(({ converged, value, entities }) =>
      isKept(converged?.context ?? value?.context ?? entities?.context),
    ),
  };
}

/** The links between those who stay; where one who goes joined some of them, the first of these is linked to the others. */
function bridged(
  { network, contexts, nodes, faults }: ExplicitScenario,
  kept: ReadonlySet<string>,
): readonly (readonly [string, string])[] {
  const ids = nodeIds({ nodes, faults } as ExplicitScenario);
  const indexes = new Map(ids.map((id, index) => [id, index]));
  const indexOf = (id: string) => indexes.get(id) ?? 0;
  const links = new Links(ids.length);
  for (const [a, b] of network.topology.links)
    if (kept.has(a) && kept.has(b)) links.add(indexOf(a), indexOf(b));
  for (const { id, members } of contexts) {
    const joining = faults.flatMap((fault) =>
      fault.kind === "join" && (fault.contexts ?? [id]).includes(id) ? named(fault.nodes) : [],
    );
    for (const group of [members, [...members, ...joining]]) {
      const [first, ...others] = links.components(group.filter((node) => kept.has(node)).map(indexOf));
      for (const [node = 0] of others) links.add(first?.[0] ?? 0, node);
    }
  }
  return links.sorted().map(([a, b]) => [ids[a] ?? "", ids[b] ?? ""]);
}

/** Null for a fault that nobody is left for. */
function faultAmong(
  fault: ScenarioFault,
  some: (reference: NodeReference) => readonly string[],
): ScenarioFault | null {
  switch (fault.kind) {
    case "partition":
    case "flap": {
      if (!("groups" in fault)) return fault;
      const groups = fault.groups.map(some).filter((group) => group.length > 0);
      return groups.length < 2 ? null : { ...fault, groups };
    }
    case "oneway": {
      const [from, to] = [some(fault.from), some(fault.to)];
      return from.length === 0 || to.length === 0 ? null : { ...fault, from, to };
    }
    default: {
      if (fault.nodes === undefined) return fault;
      const nodes = some(fault.nodes);
      return nodes.length === 0 ? null : { ...fault, nodes };
    }
  }
}

/** Null for an expectation of nobody. */
function expectationAmong(
  expectation: Expectation,
  some: (reference: NodeReference) => readonly string[],
): Expectation | null {
  const { converged, value } = expectation;
  const reference = (converged ?? value)?.nodes;
  if (reference === undefined) return expectation;
  const nodes = some(reference);
  if (nodes.length === 0) return null;
  return {
    ...(converged === undefined ? {} : { converged: { ...converged, nodes } }),
    ...(value === undefined ? {} : { value: { ...value, nodes } }),
  };
}
