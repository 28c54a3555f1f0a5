/**
 * A state that is much for its pages: one member is apart, or loses its disk, while the others write more than the
 * pages of a state that is joined at once, and drop the bodies. What it lacks is staged, and made beside what it
 * shows; meanwhile it is slow, everybody writes on, and it crashes.
 */

import type { Config } from "../../core/config.ts";
import type { Stream } from "../random.ts";
import type { ScenarioFault, WorkloadEntry } from "../scenario/scenario.ts";
import type { DrawnContext } from "./draw-workload.ts";
import type { ScenarioSpace } from "./profiles.ts";

export interface LargeState {
  /** For how long there are calls and faults: long enough that some of them come while the state does. */
  readonly activeMs: number;
  readonly config: Partial<Config>;
  readonly calls: readonly WorkloadEntry[];
  readonly faults: readonly ScenarioFault[];
  /** Whose crashes are here, and nowhere else. */
  readonly crashing: string;
  /** Whose state it is. */
  readonly context: string;
}

/** By application, a call that makes an entity or two each time. */
const makers: Readonly<Record<string, Pick<WorkloadEntry, "method" | "args">>> = {
  "kv-store": { method: "set", args: { key: "{node}/{seq}", value: "{bytes 40}" } },
  "team-chat": { method: "post", args: { channel: "general", text: "{bytes 30}" } },
  warehouse: { method: "order", args: { ware: "axe", order: "{node}-{seq}" } },
};

/** As small as pages may be: 32 KiB are much then, and 4 KiB a turn's work. */
const pageBytes = 256;
/** A hundred make a state that is much. All of them are made by others, so that nobody else lacks so much. */
const callsMeanwhile = [150, 250] as const;
const callsAfterwards = [100, 200] as const;
/** While it is behind, what others write waits: only what it writes itself changes the state that is copied. */
const callsOfApart = [40, 150] as const;
/** Of the time in which there are calls: how long it is apart. A transfer of small pages takes some seconds. */
const apartShare = 0.3;
const crashesMax = 3;
/** Of the rest: crashes come in its last part, when much has come. */
const crashesShare = 0.6;
const activeMsMin = 9_000;
/** Small pages take a round trip each, and more nodes need more of them one after the other than there is time for. */
const nodesMax = 7;

export interface Setting {
  readonly nodes: number;
  readonly contexts: readonly DrawnContext[];
  /** As it is drawn for runs without one. */
  readonly activeMs: number;
}

/** Null where none is drawn, or none can be. */
export function drawLargeState(
  { nodes, contexts, ...setting }: Setting,
  space: ScenarioSpace,
  draws: Stream,
): LargeState | null {
  if (nodes > nodesMax || !draws.chance(space.largeStateShare)) return null;
  const activeMs = Math.max(activeMsMin, setting.activeMs);
  const fit = contexts.filter(({ app, members }) => makerOf(app, space) !== null && members.length > 1);
  if (fit.length === 0) return null;
  const { id: context, app, members } = draws.pick(fit);
  const maker = makerOf(app, space);
  const apart = draws.pick(members);
  const backMs = Math.floor(apartShare * activeMs);
  const faults = drawFaultsOf(apart, { backMs, activeMs, space, draws });
  if (faults.length === 0 || maker === null) return null;
  const calls = (count: number, between: readonly [from: number, until: number]) => {
    const [from, until] = between;
    return { from, until, rate: `${Math.ceil((count * 60_000) / (until - from))}/m`, context, ...maker };
  };
  const others = members.filter((member) => member !== apart);
  return {
    activeMs,
    config: {
      ...{ compactKeepDeltas: 4, compactAboveDeltas: 8, compactMs: draws.pick([50, 500]) },
      ...{ snapshotPageBytes: pageBytes, syncFrequencyMs: draws.pick([200, 1_000]) },
    },
    calls: [
      { ...calls(draws.pick(callsMeanwhile), [0, backMs]), nodes: others },
      { ...calls(draws.pick(callsAfterwards), [backMs, activeMs]), nodes: others },
      { ...calls(draws.pick(callsOfApart), [backMs, activeMs]), nodes: [apart] },
    ],
    faults,
    crashing: apart,
    context,
  };
}

function makerOf(app: string, { calls }: ScenarioSpace): Pick<WorkloadEntry, "method" | "args"> | null {
  const maker = makers[app];
  const isCalled = calls.some((call) => call.app === app && call.method === maker?.method);
  return isCalled && maker !== undefined ? maker : null;
}

/** Empty where the space has nothing that has somebody lack a state. */
function drawFaultsOf(
  apart: string,
  about: {
    readonly backMs: number;
    readonly activeMs: number;
    readonly space: ScenarioSpace;
    readonly draws: Stream;
  },
): readonly ScenarioFault[] {
  const { backMs, activeMs, space, draws } = about;
  const has = (kind: ScenarioFault["kind"]) => space.faults.includes(kind);
  const nodes = [apart];
  const ways: readonly ScenarioFault[] = [
    ...(has("partition") ? [{ kind: "partition", at: 0, until: backMs, groups: [nodes] } as const] : []),
    ...(has("crash")
      ? [{ kind: "crash", at: backMs - 50, until: backMs, nodes, disk: "wipe" } as const]
      : []),
  ];
  if (ways.length === 0) return [];
  const slow = {
    kind: "slow",
    at: backMs,
    until: activeMs,
    nodes,
    factor: draws.pick([10, 25]),
  } as const;
  const count = has("crash") ? draws.between(1, crashesMax) : 0;
  const crashesFromMs = activeMs - Math.floor(crashesShare * (activeMs - backMs));
  const partMs = Math.floor((activeMs - crashesFromMs) / crashesMax);
  const crashes = Array.from({ length: count }, (_, index): ScenarioFault => {
    const at = crashesFromMs + index * partMs + draws.between(1, partMs - 100);
    const disk = draws.pick(["keep", "lose-unsynced", "torn"] as const);
    return { kind: "crash", at, until: at + draws.pick([20, 90]), nodes, disk };
  });
  return [draws.pick(ways), ...(has("slow") ? [slow] : []), ...crashes];
}
