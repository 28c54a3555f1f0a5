/**
 * Random faults of the kinds that this run has switched on. Of each context somebody stays who neither leaves nor lies,
 * so that somebody is there to converge; whatever cuts, stops or slows somebody ends before the run is judged.
 */

import { unreachable } from "../../core/assert.ts";
import type { Stream } from "../random.ts";
import { behaviours } from "../scenario/behaviours.ts";
import type { NodeReference, ScenarioFault } from "../scenario/scenario.ts";
import { drawLatency } from "./draw-network.ts";
import type { DrawnContext, Joining } from "./draw-workload.ts";
import type { FuzzedFaultKind, ScenarioSpace } from "./profiles.ts";

export interface FaultSetting {
  readonly nodes: number;
  readonly activeMs: number;
  readonly contexts: readonly DrawnContext[];
  /** Of each context one who stays. */
  readonly anchors: readonly string[];
  /** Who has crashes already, and is given no others. */
  readonly crashing: readonly string[];
  readonly space: ScenarioSpace;
  readonly draws: Stream;
}

export interface DrawnFaults {
  readonly faults: readonly ScenarioFault[];
  readonly joining: readonly Joining[];
}

const joiningMax = 4;
const fromStartShare = 0.15;

export function drawFaults(setting: FaultSetting): DrawnFaults {
  const { space, draws } = setting;
  const kinds = space.faults.filter(() => draws.chance(0.4));
  const joins = kinds.includes("join") ? drawJoins(setting) : [];
  const schedule = new Schedule(setting, joins);
  const others = kinds.filter((kind) => kind !== "join");
  const count = others.length === 0 ? 0 : draws.between(0, space.faultsMax);
  const faults = Array.from({ length: count }, () => schedule.draw(draws.pick(others)));
  return {
    faults: [...joins.map(({ fault }) => fault), ...faults.flatMap((fault) => fault ?? [])],
    joining: joins.map(({ joining }) => joining),
  };
}

interface Join {
  readonly atMs: number;
  readonly joining: Joining;
  readonly fault: ScenarioFault;
}

function drawJoins({ activeMs, contexts, draws }: FaultSetting): readonly Join[] {
  return Array.from({ length: draws.between(1, joiningMax) }, (_, index): Join => {
    const id = `late${index}`;
    const atMs = draws.between(0, activeMs - 1);
    const ids = contexts.map((context) => context.id);
    const some = draws.chance(0.6) ? ids : draws.shuffle(ids).slice(0, 1);
    return {
      ...{ atMs, joining: { id, contexts: some } },
      fault: { kind: "join", at: atMs, nodes: id, contexts: some },
    };
  });
}

/** Draws faults one by one, none of which contradicts one before. */
class Schedule {
  readonly #setting: FaultSetting;
  readonly #initial: readonly string[];
  readonly #joinsAtMs: ReadonlyMap<string, number>;
  /** By kind and node: until when it is down, paused or gone; they come one after the other. */
  readonly #busyUntilMs = new Map<string, number>();
  readonly #anchors: ReadonlySet<string>;

  constructor(setting: FaultSetting, joins: readonly Join[]) {
    this.#setting = setting;
    this.#initial = Array.from({ length: setting.nodes }, (_, index) => `n${index}`);
    this.#joinsAtMs = new Map(joins.map(({ atMs, joining }) => [joining.id, atMs]));
    this.#anchors = new Set(setting.anchors);
    for (const id of setting.crashing) this.#busyUntilMs.set(`crash/${id}`, Number.POSITIVE_INFINITY);
  }

  /** Null where the draw fits nothing. */
  draw(kind: Exclude<FuzzedFaultKind, "join">): ScenarioFault | null {
    const { activeMs, draws } = this.#setting;
    // Who is apart from the first moment on has nothing in common but the beginning.
    const at = draws.chance(fromStartShare) ? 0 : draws.between(0, activeMs - 2);
    const until = Math.min(activeMs, at + draws.pick([50, 500, 2_000, 5_000, activeMs]));
    const times = { at, until };
    const onSome = draws.chance(0.5) ? {} : { nodes: this.#someNodes() };
    switch (kind) {
      case "partition":
        return { kind, ...times, ...this.#split() };
      case "flap":
        return { kind, ...times, period: draws.pick([100, 700, 3_000]), ...this.#split() };
      case "oneway": {
        const [from, ...to] = draws.shuffle(this.#initial);
        return from === undefined || to.length === 0 ? null : { kind, ...times, from, to };
      }
      case "loss":
        return { kind, ...times, rate: draws.pick([0.1, 0.5, 1]), ...onSome };
      case "duplicate":
      case "reorder":
      case "corrupt":
        return { kind, ...times, rate: draws.pick([0.1, 0.5, 1]), ...onSome };
      case "latency":
        return draws.chance(0.5)
          ? { kind, ...times, addMs: draws.pick([10, 300, 2_000]), ...onSome }
          : { kind, ...times, latency: drawLatency(draws), ...onSome };
      case "bandwidth":
        return { kind, ...times, kbps: draws.pick([20, 200, 2_000]), ...onSome };
      case "crash":
        return this.#occupy(kind, times, (nodes) => {
          const disk = draws.pick(["keep", "lose-unsynced", "torn", "wipe", "rollback"] as const);
          return { kind, ...times, nodes, disk };
        });
      case "slow":
        return { kind, ...times, nodes: this.#someNodes(), factor: draws.pick([2, 20, 100]) };
      case "disk-slow":
        return { kind, ...times, nodes: this.#someNodes(), syncMs: draws.pick([10, 100, 500]) };
      case "disk-full":
        return { kind, ...times, nodes: this.#someNodes() };
      case "disk-fail":
        return { kind, ...times, nodes: this.#someNodes(), rate: draws.pick([0.1, 0.5, 0.9]) };
      case "byzantine":
        return this.#liars(times);
      case "pause":
        return this.#occupy(kind, times, (nodes) => ({ kind, ...times, nodes }));
      case "leave":
        return this.#occupy(kind, { at, until: Number.POSITIVE_INFINITY }, (nodes) => {
          const leaving = nodes.filter((id) => !this.#anchors.has(id));
          return leaving.length === 0 ? null : { kind, at, nodes: leaving };
        });
      case "clock-jump":
        return {
          kind,
          at,
          nodes: this.#someNodes(),
          byMs: draws.pick([-86_400_000, -3_000, 3_000, 3_600_000, 172_800_000]),
        };
      case "clock-drift":
        return {
          kind,
          ...times,
          nodes: this.#someNodes(),
          ppm: draws.pick([-200_000, -1_000, 1_000, 200_000]),
        };
      default:
        return unreachable(kind);
    }
  }

  /** A third of the nodes at most, none of whom is needed for others to converge, in one or several ways. */
  #liars(times: { readonly at: number; readonly until: number }): ScenarioFault | null {
    const { draws } = this.#setting;
    const free = draws.shuffle(this.#initial.filter((id) => !this.#anchors.has(id)));
    const nodes = free.slice(0, Math.min(2, Math.floor(this.#initial.length / 3)));
    const ways = draws.shuffle(behaviours).slice(0, draws.pick([1, 1, 2, behaviours.length]));
    return nodes.length === 0 ? null : { kind: "byzantine", ...times, nodes, behaviour: ways };
  }

  #split(): { readonly split: number } | { readonly groups: readonly NodeReference[] } {
    const { draws } = this.#setting;
    if (draws.chance(0.5) || this.#initial.length < 2) return { split: draws.pick([0.2, 0.5, 0.8]) };
    return { groups: [this.#someNodes(Math.max(1, this.#initial.length - 1))] };
  }

  #someNodes(countMax = this.#initial.length): readonly string[] {
    const { draws } = this.#setting;
    const count = draws.between(1, Math.min(countMax, draws.pick([1, 2, this.#initial.length])));
    return draws.shuffle(this.#initial).slice(0, count);
  }

  /** A fault on nodes that are free for it all the while. */
  #occupy(
    kind: "crash" | "pause" | "leave",
    { at, until }: { readonly at: number; readonly until: number },
    make: (nodes: readonly string[]) => ScenarioFault | null,
  ): ScenarioFault | null {
    const { draws } = this.#setting;
    const everybody = [...this.#initial, ...this.#joinsAtMs.keys()];
    const isFree = (id: string) =>
      at >= (this.#busyUntilMs.get(`${kind}/${id}`) ?? 0) && at >= (this.#joinsAtMs.get(id) ?? 0);
    const free = draws.shuffle(everybody.filter(isFree));
    const nodes = free.slice(0, draws.pick([1, 1, 2, free.length]));
    const fault = nodes.length === 0 ? null : make(nodes);
    if (fault !== null) for (const id of nodes) this.#busyUntilMs.set(`${kind}/${id}`, until);
    return fault;
  }
}
