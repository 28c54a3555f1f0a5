/** What a scenario expects of its run, with contexts, nodes and times resolved. */

import type { Expectation, NodeReference } from "../scenario/scenario.ts";
import type { ScenarioPath } from "../scenario/scenario-error.ts";
import type { ResolvedContext } from "./contexts.ts";
import type { PlanExpectation } from "./plan.ts";
import { type Resolving, readDuration } from "./resolving.ts";
import { membersOnly } from "./workload.ts";

/** In the order of the scenario. */
export function resolveExpectations(resolving: Resolving): readonly PlanExpectation[] {
  return (resolving.scenario.expect ?? []).flatMap((expectation, index) => {
    return resolveExpectation(expectation, ["expect", index], resolving);
  });
}

function resolveExpectation(
  { converged, value, blob, entities, "fault-counted": counted, "probe-counted": probe }: Expectation,
  path: ScenarioPath,
  resolving: Resolving,
): readonly PlanExpectation[] {
  const { contexts, problems } = resolving;
  if (converged !== undefined) {
    const place = [...path, "converged"];
    const context =
      converged.context === undefined ? null : contexts.find(converged.context, [...place, "context"]);
    const withinMs = readDuration(converged.within, [...place, "within"], problems) / 1_000;
    const nodes = expectedNodes(converged.nodes, { context, path: place }, resolving);
    return [{ kind: "converged", withinMs, nodes, context: context?.id ?? null }];
  }
  if (value !== undefined) {
    const place = [...path, "value"];
    const context = contexts.ofEntry(value.context, place);
    const nodes = expectedNodes(value.nodes, { context, path: place }, resolving);
    if (context?.application != null && !Object.hasOwn(context.application.methods, "get")) {
      const message = `${context.id} is a ${context.application.name}, which has no method "get" to read a value with`;
      problems.add("unknown-name", place, message);
    }
    return [{ kind: "value", context: context?.id ?? "", key: value.key, equals: value.equals, nodes }];
  }
  if (blob !== undefined) {
    const place = [...path, "blob"];
    const context = contexts.ofEntry(blob.context, place);
    const nodes = expectedNodes(blob.nodes, { context, path: place }, resolving);
    return [{ kind: "blob", context: context?.id ?? "", name: blob.name, nodes }];
  }
  if (entities !== undefined) {
    const context = contexts.ofEntry(entities.context, [...path, "entities"]);
    return [{ kind: "entities", context: context?.id ?? "", equals: entities.equals }];
  }
  if (counted !== undefined)
    return [{ kind: "fault-counted", fault: counted.kind, atLeast: counted.atLeast }];
  if (probe !== undefined) {
    const { name, atLeast = null, atMost = null } = probe;
    return [{ kind: "probe-counted", probe: name, atLeast, atMost }];
  }
  return [];
}

/** Null when the expectation names none. Nodes of an expectation about one context must be members of it. */
function expectedNodes(
  nodes: NodeReference | undefined,
  { context, path }: { readonly context: ResolvedContext | null; readonly path: ScenarioPath },
  { roster, problems }: Resolving,
): readonly number[] | null {
  if (nodes === undefined) return null;
  const place = [...path, "nodes"];
  const named = roster.resolve(nodes, place);
  return context === null ? named : membersOnly(named, { context, path: place }, { roster, problems });
}
