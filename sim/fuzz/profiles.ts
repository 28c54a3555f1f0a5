/** Where random scenarios are drawn from: a space, and the spaces that `reconverge fuzz` has names for. */

import { suggestion } from "../../core/nearest-name.ts";
import type { ScenarioFault } from "../scenario/scenario.ts";
import { builtInCalls, type CallTemplate } from "./calls.ts";

export type FuzzedFaultKind = ScenarioFault["kind"];

export interface ScenarioSpace {
  /** How many nodes there are at the start; one is picked, so what stands twice comes twice as often. */
  readonly sizes: readonly number[];
  /** Each run switches a random part of these on. */
  readonly faults: readonly FuzzedFaultKind[];
  readonly faultsMax: number;
  readonly contextsMax: number;
  readonly calls: readonly CallTemplate[];
  /** Calls in one run, over all contexts. */
  readonly callsMax: number;
  /** In so many of the contexts members come and go by their own calls. */
  readonly membershipShare: number;
  /** In so many of the other contexts members are removed while others write. */
  readonly removalShare: number;
  /** In so many of the contexts blobs are put, got and deleted. */
  readonly blobsShare: number;
  /** In so many of the contexts there is a moment with more calls than a turn has room for, beyond `callsMax`. */
  readonly burstShare: number;
  /** In so many of the contexts all calls are made before two parts of the members meet, and few, instead of others. */
  readonly partingShare: number;
  /** In so many of the runs one context has a state that is much for its pages, beyond `callsMax`. */
  readonly largeStateShare: number;
  /** In so many of the runs whose members stay who they are deletions are collected soon. */
  readonly collectingShare: number;
  /** For how long there are calls and faults. */
  readonly activeMs: readonly [min: number, max: number];
  /** Parts of a scenario that may differ from the defaults. */
  readonly varied: readonly VariedPart[];
}

export type VariedPart = "topology" | "network" | "clocks" | "disk" | "config";

export interface Profile extends ScenarioSpace {
  readonly name: string;
  readonly meaning: string;
}

const linkFaults: readonly FuzzedFaultKind[] = [
  ...([
    "partition",
    "flap",
    "oneway",
    "loss",
    "duplicate",
    "reorder",
    "corrupt",
    "latency",
    "bandwidth",
  ] as const),
];
const diskFaults: readonly FuzzedFaultKind[] = ["disk-slow", "disk-full", "disk-fail"];
const nodeFaults: readonly FuzzedFaultKind[] = [
  "crash",
  "pause",
  "slow",
  "clock-jump",
  "clock-drift",
  "join",
  "leave",
];

/** Applications whose deletions are collected; of the others tombstones stay. */
const collectingApps: readonly string[] = ["kv-store", "todo-list"];

export const everything: ScenarioSpace = {
  sizes: [
    ...[2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 6, 6, 7],
    ...[2, 3, 3, 4, 5, 6, 8, 10, 12, 16, 40],
  ],
  faults: [...linkFaults, ...nodeFaults, ...diskFaults, "byzantine"],
  ...{ faultsMax: 6, contextsMax: 3, callsMax: 160 },
  calls: builtInCalls,
  ...{ membershipShare: 0.25, removalShare: 0.2, partingShare: 0.1 },
  ...{ blobsShare: 0.15, burstShare: 0.08, largeStateShare: 0.15, collectingShare: 0.2 },
  activeMs: [2_000, 12_000],
  varied: ["topology", "network", "clocks", "disk", "config"],
};

export const profiles: readonly Profile[] = [
  { ...everything, name: "default", meaning: "a bit of everything, mostly small" },
  {
    ...everything,
    ...{ name: "network", meaning: "cuts, loss and slow links; clocks and disks stay sound" },
    ...{ faults: linkFaults, faultsMax: 10, varied: ["topology", "network", "config"] },
  },
  {
    ...everything,
    ...{
      name: "disk",
      meaning: "crashes that lose, tear, empty or age disks, and disks that are slow, full or fail",
    },
    ...{ faults: ["crash", "pause", "partition", ...diskFaults], faultsMax: 16, varied: ["disk", "config"] },
  },
  {
    ...everything,
    ...{ name: "clocks", meaning: "wall clocks that are off, jump and drift" },
    ...{
      faults: ["clock-jump", "clock-drift", "partition", "pause"],
      faultsMax: 12,
      varied: ["clocks", "config"],
    },
  },
  {
    ...everything,
    ...{
      name: "members",
      meaning: "nodes that come, go and return, invited, removed or not, while old changes are dropped",
    },
    ...{
      faults: ["join", "leave", "crash", "partition", "clock-jump", "byzantine"],
      ...{ faultsMax: 10, varied: ["topology", "config"] },
    },
    ...{ membershipShare: 0.8, removalShare: 1 },
  },
  {
    ...everything,
    ...{ name: "blobs", meaning: "blobs put, got and deleted among cuts, crashes, bad disks and liars" },
    ...{ faults: ["crash", "pause", "partition", "loss", "byzantine", ...diskFaults], blobsShare: 0.9 },
  },
  {
    ...everything,
    ...{ name: "liars", meaning: "byzantine nodes among others, and little else" },
    ...{ sizes: [3, 4, 5, 6, 9], faults: ["byzantine", "partition", "crash"], faultsMax: 4 },
  },
  {
    ...everything,
    ...{
      name: "past",
      meaning: "deletions that are collected early, while members are cut off, crash or come late",
    },
    ...{ sizes: [2, 3, 3, 3, 4, 4, 5, 6], contextsMax: 2 },
    ...{ faults: ["partition", "crash", "pause", "clock-jump", "join"], faultsMax: 4 },
    ...{ membershipShare: 0, removalShare: 0, partingShare: 0, blobsShare: 0, burstShare: 0 },
    ...{ largeStateShare: 0, collectingShare: 1, varied: ["topology", "config"] },
    calls: builtInCalls.filter(({ app }) => collectingApps.includes(app)),
    // Enough for cuts to be named and answered while somebody is away.
    activeMs: [6_000, 15_000],
  },
  {
    ...everything,
    ...{ name: "scale", meaning: "20 to 40 nodes, few contexts, more calls" },
    ...{ sizes: [20, 25, 30, 40], contextsMax: 2, callsMax: 600, activeMs: [10_000, 30_000] },
  },
];

export const profileNames: readonly string[] = profiles.map(({ name }) => name);

/** The profile of this name, or what to say about there being none. */
export function findProfile(name: string): Profile | string {
  const found = profiles.find((profile) => profile.name === name);
  if (found !== undefined) return found;
  return `found "${name}", expected one of ${profileNames.join(", ")}${suggestion(name, profileNames)}`;
}
