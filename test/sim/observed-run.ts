// Runs of two nodes that are looked at closely: what each heard and said, when, and how long it was under way.

import * as assert from "uvu/assert";
import type { Effect } from "../../core/effect.ts";
import type { Input } from "../../core/input.ts";
import { createPlanSimulation, planOf } from "../../sim/host/simulate.ts";
import type { SimulationResult } from "../../sim/result.ts";
import type { Scenario, ScenarioFault } from "../../sim/scenario/scenario.ts";
import type { Simulation, SimulationEvent } from "../../sim/simulation.ts";

/** Both write so often that messages follow each other faster than they cross, and sync all the time. */
export const busyPair: Scenario = {
  ...{ name: "busy-pair", nodes: 2, until: "6s", disk: { syncMs: 5 } },
  network: { latency: { kind: "constant", ms: 20 } },
  config: { syncFrequencyMs: 200, syncIntervalMs: 0, syncBackoffMaxMs: 0 },
  workload: [
    { rate: "100/s", until: "6s", method: "set", args: { key: "k{int 0 9}", value: "{seq}" } },
    { at: "1s", node: "n1", method: "put-blob", args: { name: "early", bytes: 1_000 } },
    { at: "2100ms", node: "n1", method: "put-blob", args: { name: "photo", bytes: 300_000 } },
  ],
};

/** The time in which faults of these runs are on. */
export const [fromUs, untilUs] = [2_000_000, 4_000_000];

export interface ObservedRun {
  readonly events: readonly SimulationEvent[];
  readonly result: SimulationResult;
  /** The run as it was at the moments that were asked for. */
  readonly moments: ReadonlyMap<number, Simulation>;
}

export function observe(scenario: Scenario, momentsUs: readonly number[] = []): ObservedRun {
  const events: SimulationEvent[] = [];
  const simulation = createPlanSimulation(planOf(scenario, 7), { onEvent: (event) => events.push(event) });
  const moments = new Map<number, Simulation>();
  for (const timeUs of momentsUs) {
    simulation.runUntil(timeUs);
    moments.set(timeUs, simulation.fork({}));
  }
  return { result: simulation.finish(), events, moments };
}

export function observePair(
  faults: readonly ScenarioFault[],
  momentsUs: readonly number[] = [],
  more: Partial<Scenario> = {},
): ObservedRun {
  return observe({ ...busyPair, ...more, faults }, momentsUs);
}

/** What a node heard of some kinds, while faults are on. */
export function heard<Kind extends Input["kind"]>(
  { events }: ObservedRun,
  to: string,
  ...kinds: readonly Kind[]
): readonly { readonly timeUs: number; readonly input: Extract<Input, { kind: Kind }> }[] {
  return events.flatMap(({ node, timeUs, input }) =>
    node === to && isWithin(timeUs) && (kinds as readonly string[]).includes(input.kind)
      ? [{ timeUs, input: input as Extract<Input, { kind: Kind }> }]
      : [],
  );
}

/** What a node handled at all, while faults are on. */
export function handledBy({ events }: ObservedRun, by: string): readonly SimulationEvent[] {
  return events.filter(({ node, timeUs }) => node === by && isWithin(timeUs));
}

export interface Crossing {
  readonly bytes: Uint8Array;
  readonly sentUs: number;
  readonly tookUs: number;
}

/** Messages on topics that one node published while faults are on, and the other heard, as they arrived. */
export function gossipCrossings({ events }: ObservedRun, from: string, to: string): readonly Crossing[] {
  const sentUs = new Map(
    said(events, from, "publish").map(({ timeUs, effect }) => [nameOf(effect.message), timeUs]),
  );
  return events.flatMap(({ node, timeUs, input }) => {
    if (node !== to || input.kind !== "gossip") return [];
    const publishedUs = sentUs.get(nameOf(input.message));
    if (publishedUs === undefined || !isWithin(publishedUs)) return [];
    return [{ bytes: input.message, sentUs: publishedUs, tookUs: timeUs - publishedUs }];
  });
}

/** Frames on streams, likewise; of equal ones the first that was sent is the first that came. */
export function frameCrossings({ events }: ObservedRun, from: string, to: string): readonly Crossing[] {
  const sentUs = new Map<string, number[]>();
  for (const { timeUs, effect } of said(events, from, "send")) {
    const name = nameOf(effect.frame);
    sentUs.set(name, [...(sentUs.get(name) ?? []), timeUs]);
  }
  return events.flatMap(({ node, timeUs, input }) => {
    if (node !== to || input.kind !== "stream-frame") return [];
    const leftUs = sentUs.get(nameOf(input.frame))?.shift();
    if (leftUs === undefined || !isWithin(leftUs)) return [];
    return [{ bytes: input.frame, sentUs: leftUs, tookUs: timeUs - leftUs }];
  });
}

export function said<Kind extends Effect["kind"]>(
  events: readonly SimulationEvent[],
  by: string,
  kind: Kind,
): readonly { readonly timeUs: number; readonly effect: Extract<Effect, { kind: Kind }> }[] {
  return events.flatMap(({ node, timeUs, effects }) =>
    node !== by
      ? []
      : effects.flatMap((effect) =>
          effect.kind === kind ? [{ timeUs, effect: effect as Extract<Effect, { kind: Kind }> }] : [],
        ),
  );
}

export function isWithin(timeUs: number): boolean {
  return timeUs >= fromUs && timeUs < untilUs;
}

export function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function crossed(run: ObservedRun, from: "n0" | "n1", to: "n0" | "n1"): number {
  const all = heard(run, to, "gossip", "stream-frame");
  assert.ok(all.every(({ input }) => input.kind !== "gossip" || input.from === from));
  return all.length;
}

/** Messages that were said while a cut was on, and arrived though nobody said them again. */
export function arrivedLater(run: ObservedRun, from: "n0" | "n1", to: "n0" | "n1"): number {
  // What is said at its very end leaves after it: the disk comes first.
  return gossipCrossings(run, from, to).filter(({ sentUs }) => sentUs < untilUs - 10_000).length;
}

export function allCrossings(run: ObservedRun): readonly Crossing[] {
  return [gossipCrossings, frameCrossings].flatMap((of) => [...of(run, "n0", "n1"), ...of(run, "n1", "n0")]);
}

export function share(crossings: readonly Crossing[], is: (crossing: Crossing) => boolean): number {
  assert.ok(crossings.length > 0, "something crosses");
  return crossings.filter(is).length / crossings.length;
}

export function least(crossings: readonly Crossing[]): number {
  return Math.min(...crossings.map(({ tookUs }) => tookUs));
}

/** How often one arrived right before one that was sent before it. */
export function overtakings(crossings: readonly Crossing[]): number {
  return crossings.filter(({ sentUs }, nth) => sentUs < (crossings[nth - 1]?.sentUs ?? 0)).length;
}

export function startsOf({ events }: ObservedRun, by: string): readonly number[] {
  return events.flatMap(({ node, input, timeUs }) => (node === by && input.kind === "start" ? [timeUs] : []));
}

/** By how much the clocks of n0 are ahead of those of n1. */
export function apart({ moments }: ObservedRun, timeUs: number) {
  const [n0, n1] = [0, 1].map((node) => moments.get(timeUs)?.world.node(node).clock.now(timeUs));
  assert.ok(n0 !== undefined && n1 !== undefined);
  return { wallMs: n0.wallMs - n1.wallMs, monotonicMs: n0.monotonicMs - n1.monotonicMs };
}

export function replicaOf({ moments }: ObservedRun, node: number, timeUs: number) {
  return Array.from(moments.get(timeUs)?.world.node(node).core?.replicas().values() ?? [])[0];
}

/** Keys of the deltas on the disk of n1. */
export function deltasOn({ moments }: ObservedRun, timeUs: number): readonly string[] {
  const keys = moments.get(timeUs)?.world.node(1).disk.memory.entries.keys() ?? [];
  return Array.from(keys).filter((key) => key.startsWith("d"));
}
