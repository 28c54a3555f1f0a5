/** Random contexts, and calls of their applications. */

import type { Stream } from "../random.ts";
import type { ScenarioContext, WorkloadEntry } from "../scenario/scenario.ts";
import type { ScenarioSpace } from "./profiles.ts";

/** A context, its members named one by one. */
export interface DrawnContext extends ScenarioContext {
  readonly app: string;
  readonly members: readonly string[];
}

/** Who joins later: what of, and when. */
export interface Joining {
  readonly id: string;
  readonly contexts: readonly string[];
}

export interface Cast {
  readonly contexts: readonly DrawnContext[];
  readonly joining: readonly Joining[];
  readonly activeMs: number;
}

const entriesMax = 5;

export function drawContexts(
  nodes: number,
  { contextsMax, calls }: ScenarioSpace,
  draws: Stream,
): readonly DrawnContext[] {
  const ids = Array.from({ length: nodes }, (_, index) => `n${index}`);
  const apps = Array.from(new Set(calls.map(({ app }) => app)));
  return Array.from({ length: draws.between(1, contextsMax) }, (_, index) => {
    const count = draws.chance(0.6) ? nodes : draws.between(Math.min(2, nodes), nodes);
    const members = new Set(draws.shuffle(ids).slice(0, count));
    return { id: `c${index}`, app: draws.pick(apps), members: ids.filter((id) => members.has(id)) };
  });
}

/** Some calls of each context, each at a rate of its own, together about as many as the space allows. */
export function drawWorkload(
  { contexts, joining, activeMs }: Cast,
  { calls, callsMax }: ScenarioSpace,
  draws: Stream,
): readonly WorkloadEntry[] {
  return contexts.flatMap(({ id, app, members }) => {
    // Other calls have nothing to change, and are refused, unless somebody made it first.
    const [maker, ...others] = calls.filter((call) => call.app === app);
    if (maker === undefined) return [];
    const chosen = [maker, ...draws.shuffle(others).slice(0, draws.between(0, entriesMax - 1))];
    const late = joining.filter(({ contexts: joined }) => joined.includes(id)).map((node) => node.id);
    return chosen.map(({ method, args }): WorkloadEntry => {
      const count = draws.between(1, Math.max(1, Math.floor(callsMax / contexts.length / chosen.length)));
      const from = draws.chance(0.7) ? 0 : draws.between(0, Math.floor(activeMs / 2));
      const until = draws.chance(0.7) ? activeMs : draws.between(from + 1, activeMs);
      const everywhere = [...members, ...late];
      const nodes = draws.chance(0.7) ? everywhere : [draws.pick(everywhere)];
      const perMinute = Math.ceil((count * 60_000) / (until - from));
      return { from, until, rate: `${perMinute}/m`, nodes, context: id, method, args };
    });
  });
}
