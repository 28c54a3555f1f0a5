/** Random contexts, and calls of their applications. */

import type { Stream } from "../random.ts";
import type { ScenarioContext, WorkloadEntry } from "../scenario/scenario.ts";
import { blobCalls, type CallTemplate } from "./calls.ts";
import type { DrawnMembership } from "./draw-members.ts";
import { drawOpening } from "./draw-openings.ts";
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
  /** By context; of those alone whose members come and go. */
  readonly memberships: ReadonlyMap<string, DrawnMembership>;
  readonly activeMs: number;
}

const entriesMax = 5;
/** In so many of the contexts an application is called in every way there is: what undoes something meets what did it. */
const everyMethodShare = 0.45;
/** Each may move some hundred thousand bytes. */
const callsWithBlobsMax = 60;
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
  { contexts, joining, memberships, activeMs }: Cast,
  { calls, callsMax, blobsShare }: ScenarioSpace,
  draws: Stream,
): readonly WorkloadEntry[] {
  return contexts.flatMap((context) => {
    const { id, app, members } = context;
    // Other calls have nothing to change, and are refused, unless somebody made it first.
    const [maker, ...others] = calls.filter((call) => call.app === app);
    if (maker === undefined) return [];
    const blobs = draws.chance(blobsShare) ? drawBlobCalls(draws) : [];
    const count = draws.chance(everyMethodShare) ? others.length : draws.between(0, entriesMax - 1);
    const chosen = [maker, ...draws.shuffle(others).slice(0, count), ...blobs];
    const membership = memberships.get(id);
    const late = joining.filter(({ contexts: joined }) => joined.includes(id)).map((node) => node.id);
    const entries = chosen.map(({ method, args }): WorkloadEntry => {
      const most = blobs.length === 0 ? callsMax : Math.min(callsMax, callsWithBlobsMax);
      const count = draws.between(1, Math.max(1, Math.floor(most / contexts.length / chosen.length)));
      const from = draws.chance(0.7) ? 0 : draws.between(0, Math.floor(activeMs / 2));
      const until = draws.chance(0.7) ? activeMs : draws.between(from + 1, activeMs);
      const everywhere = [...members, ...late, ...(membership?.invited ?? [])];
      const nodes = draws.chance(0.7) ? everywhere : [draws.pick(everywhere)];
      const perMinute = Math.ceil((count * 60_000) / (until - from));
      return { from, until, rate: `${perMinute}/m`, nodes, context: id, method, args };
    });
    const opening = drawOpening({ context, calls, activeMs }, draws);
    return [...opening, ...entries, ...(membership?.calls ?? [])];
  });
}

/** A blob is put before it is got; one in some runs is deleted. */
function drawBlobCalls(draws: Stream): readonly Pick<CallTemplate, "method" | "args">[] {
  const { put, get, remove } = blobCalls;
  const puts = draws.shuffle(put).slice(0, draws.between(1, 2));
  return [...puts, ...get, ...(draws.chance(0.5) ? remove : [])];
}
