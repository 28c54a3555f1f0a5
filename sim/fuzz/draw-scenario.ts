/**
 * START HERE: a random scenario for a seed. Swarm testing (Groce et al., 2012): each scenario switches only some kinds
 * of faults and some settings on, since what is always on hides what shows without it.
 *
 * 1. A scenario is always valid, and what it expects a sound core keeps: whatever breaks for good leaves the members of
 *    each context connected, and the time to converge in is computed (`convergence-bound.ts`).
 * 2. Every concern draws from a stream of its own, so that spaces which differ in one concern draw the others alike.
 */

import { type Stream, stream } from "../random.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { convergenceBoundMs, slowestSyncMs } from "./convergence-bound.ts";
import { drawBursts } from "./draw-bursts.ts";
import { drawConfig } from "./draw-config.ts";
import { drawFaults } from "./draw-faults.ts";
import { drawLargeState, type LargeState, type Setting } from "./draw-large-states.ts";
import { drawLeftBehind } from "./draw-left-behind.ts";
import { drawMembership } from "./draw-members.ts";
import { drawClocks, drawDiskSync, drawNetwork } from "./draw-network.ts";
import { type DrawnParting, drawPartings } from "./draw-partings.ts";
import { drawRemovals } from "./draw-removals.ts";
import { type Cast, drawContexts, drawWorkload } from "./draw-workload.ts";
import type { ScenarioSpace, VariedPart } from "./profiles.ts";

/** A part that may be varied is varied in this share of the scenarios. */
const variedShare = 0.6;
/** How long a run goes on once all have converged; null: to its end. Little comes to light so late, at four times the cost. */
const settlesMs: readonly (number | null)[] = [1_500, 1_500, 1_500, 3_000, 3_000, 5_000, 5_000, 20_000, null];
/** With more nodes none goes on to its end, which would take millions of events. */
const toItsEndNodesMax = 16;
/** Who may take longer to converge than this does not go on for all of it once it has. */
const unsettledMaxMs = 300_000;

/** The scenario of a seed: a whole number from 0 to 2^53 - 1. Pure. */
export function drawScenario(seed: number, space: ScenarioSpace, name = "random"): Scenario {
  const draws = (concern: string) => stream(seed, `fuzz-${concern}`);
  const isVaried = (part: VariedPart) =>
    space.varied.includes(part) && draws(`varies-${part}`).chance(variedShare);
  const nodes = draws("size").pick(space.sizes);
  const drawnMs = draws("length").between(...space.activeMs);
  const network = drawNetwork(nodes, {
    draws: draws("network"),
    hasTopology: isVaried("topology"),
    hasConditions: isVaried("network"),
  });
  const disk = isVaried("disk") ? { syncMs: drawDiskSync(draws("disk")) } : {};
  const syncMs = slowestSyncMs({ disk });
  const contexts = drawContexts(nodes, space, draws("contexts"));
  const setting = { nodes, contexts, activeMs: drawnMs };
  const largeState = drawLargeState(setting, space, draws("large-state"));
  const activeMs = largeState?.activeMs ?? drawnMs;
  const { memberships, partings } = drawMembers({ nodes, contexts, activeMs, largeState }, space, draws);
  const mayCollect = memberships.size === 0 && largeState === null;
  const isCollecting = mayCollect && draws("collecting").chance(space.collectingShare);
  const config = {
    ...drawConfig(network, { syncMs, isVaried: isVaried("config"), isCollecting }, draws("config")),
    ...largeState?.config,
  };
  const anchors = contexts.flatMap(({ id, members }) => {
    const going = memberships.get(id)?.going ?? [];
    return members.find((member) => !going.includes(member)) ?? [];
  });
  const { faults, joining } = drawFaults({
    nodes,
    activeMs,
    contexts,
    anchors,
    crashing: largeState === null ? [] : [largeState.crashing],
    space: isCollecting ? withoutLiars(space) : space,
    draws: draws("faults"),
  });
  const cast: Cast = { contexts, joining, memberships, activeMs };
  const parted = new Set(partings.map(({ context }) => context));
  const collecting = isCollecting ? contexts.filter(({ id }) => !parted.has(id)) : [];
  const leftBehind = drawLeftBehind({ contexts: collecting, activeMs }, space, draws("left-behind"));
  const entries = drawWorkload(cast, space, draws("workload"));
  const bursts = drawBursts(cast, space, draws("bursts")).filter(
    ({ calls }) => !parted.has(calls.context ?? ""),
  );
  const scenario: Scenario = {
    ...{ name, seed, nodes, contexts: contexts.map(({ id, app, members }) => ({ id, app, members })) },
    ...(Object.keys(network).length > 0 ? { network } : {}),
    ...(isVaried("clocks") ? { clocks: drawClocks(draws("clocks")) } : {}),
    ...(disk.syncMs === undefined ? {} : { disk }),
    ...(Object.keys(config).length > 0 ? { config } : {}),
    workload: [
      ...entries.filter(({ context = "" }) => !parted.has(context)),
      ...partings.flatMap(({ calls }) => calls),
      ...bursts.map(({ calls }) => calls),
      ...leftBehind.flatMap(({ calls }) => calls),
      ...(largeState?.calls ?? []),
    ],
    faults: [
      ...faults,
      ...partings.map(({ fault }) => fault),
      ...bursts.flatMap((burst) => burst.faults),
      ...leftBehind.map(({ fault }) => fault),
      ...(largeState?.faults ?? []),
    ],
  };
  const withinMs = convergenceBoundMs(scenario, activeMs);
  const drawn = draws("settle").pick(settlesMs);
  const mayGoOn = nodes <= toItsEndNodesMax && withinMs <= unsettledMaxMs;
  const settle = mayGoOn ? drawn : (drawn ?? 20_000);
  return {
    ...scenario,
    expect: [{ converged: { within: withinMs } }],
    until: activeMs + withinMs + 1_000,
    ...(settle === null ? {} : { settle }),
  };
}

/** Where deletions are collected, a member that answers twice may send all others astray: docs/decisions/0034-collecting.md. */
function withoutLiars(space: ScenarioSpace): ScenarioSpace {
  return { ...space, faults: space.faults.filter((kind) => kind !== "byzantine") };
}

interface MembersSetting extends Setting {
  readonly largeState: LargeState | null;
}

/** Of each context at most one: members come and go, are apart while all is called, or are removed as others write. */
function drawMembers(
  { nodes, contexts, activeMs, largeState }: MembersSetting,
  space: ScenarioSpace,
  draws: (concern: string) => Stream,
): Pick<Cast, "memberships"> & { readonly partings: readonly DrawnParting[] } {
  const ofMembers = draws("members");
  const changing = contexts.filter(() => ofMembers.chance(space.membershipShare));
  const memberships = new Map(
    changing.map((context) => {
      return [context.id, drawMembership({ context, nodes, activeMs, draws: ofMembers })];
    }),
  );
  const drawn = drawPartings({ contexts, memberships, activeMs }, space, draws("partings"));
  // For a state that is much, many calls are made.
  const partings = drawn.filter(({ context }) => context !== largeState?.context);
  const taken = new Set([...memberships.keys(), ...partings.map(({ context }) => context)]);
  const free = contexts.filter(({ id }) => !taken.has(id));
  const removals = drawRemovals({ contexts: free, activeMs }, space, draws("removals"));
  return { memberships: new Map([...memberships, ...removals]), partings };
}
