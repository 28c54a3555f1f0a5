/**
 * A scenario as people write it, in YAML, JSON or TypeScript. The same format is published as a JSON Schema in
 * `scenario.schema.json`, which `schema.ts` builds; what each choice means is written there, key by key.
 */

import type { Config } from "../../core/config.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Behaviour } from "./behaviours.ts";

/** `250ms`, `10s`, `2m`, `1h`, or a number of milliseconds. */
export type Duration = string | number;

/** `12/s`, `30/m`, `2/h`, or a number a second. */
export type Rate = string | number;

/** One id, a range `n0..n49` with both ends in it, a list of these, or `all`: the nodes there at the start. */
export type NodeReference = string | readonly string[];

/** One number for all, or the two ends, both included, between which each is drawn. */
export type NumberOrRange = number | readonly [min: number, max: number];

export interface Scenario {
  /** For editors that look for it; means nothing to the simulator. */
  readonly $schema?: string;
  readonly name: string;
  readonly description?: string;
  /** Default 1. */
  readonly seed?: number;
  /** A number of nodes n0, n1 …, or a list of them. */
  readonly nodes: number | readonly ScenarioNode[];
  /** Paths of modules that export applications, from the folder of the scenario's file. Default: the built-in ones alone. */
  readonly applications?: readonly string[];
  /** Default: one, "kv", of the application kv-store, with every node as a member. */
  readonly contexts?: readonly ScenarioContext[];
  readonly network?: ScenarioNetwork;
  readonly clocks?: ScenarioClock;
  /** Default: a sync of the disk takes 1 ms. */
  readonly disk?: { readonly syncMs?: NumberOrRange };
  readonly config?: Partial<Config>;
  readonly workload?: readonly WorkloadEntry[];
  readonly faults?: readonly ScenarioFault[];
  readonly expect?: readonly Expectation[];
  /** The hard end of virtual time. Default 120 s. */
  readonly until?: Duration;
  /** How long a run goes on once it has converged and all that is planned has happened. Default: to its hard end. */
  readonly settle?: Duration;
}

export interface ScenarioNode {
  /** With a `count`, the beginning of the ids: { id: edge, count: 3 } is edge0, edge1 and edge2. */
  readonly id: string;
  readonly count?: number;
  readonly config?: Partial<Config>;
  readonly clock?: ScenarioClock;
}

export interface ScenarioClock {
  readonly offsetMs?: NumberOrRange;
  readonly driftPpm?: NumberOrRange;
}

export interface ScenarioContext {
  readonly id: string;
  /** Default kv-store. */
  readonly app?: string;
  /** Default all. */
  readonly members?: NodeReference;
}

export interface ScenarioNetwork {
  /** Default: full up to 16 nodes, else random-regular of degree 8. */
  readonly topology?: Topology;
  /** Default: constant 20 ms. */
  readonly latency?: LatencyDistribution;
  readonly loss?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly bandwidthKbps?: number;
  /** After this long a cut connection breaks. Default 10 s. */
  readonly keepalive?: Duration;
  readonly gossip?: {
    readonly d?: number;
    readonly dLow?: number;
    readonly dHigh?: number;
    readonly dLazy?: number;
    readonly heartbeatMs?: number;
  };
}

export type TopologyKind = "random-regular" | "full" | "ring" | "line" | "star";
export type Topology =
  | TopologyKind
  | { readonly kind: "random-regular"; readonly degree?: number }
  | { readonly kind: "full" | "ring" | "line" | "star" }
  | { readonly kind?: "links"; readonly links: readonly (readonly [string, string])[] };

export type LatencyDistribution =
  | { readonly kind: "constant"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: "exponential"; readonly meanMs: number }
  | { readonly kind: "lognormal"; readonly medianMs: number; readonly p99Ms: number };

interface Call {
  /** One node, or several of which one is drawn for each write. Default: the first members of the context. */
  readonly node?: string;
  readonly nodes?: NodeReference;
  /** May be left out when there is one context. */
  readonly context?: string;
  readonly method: string;
  /** Texts in it may hold templates: {int a b} {node} {seq} {pick a b c} {zipf n} {bytes n}. */
  readonly args?: JsonObject;
}

/** Writes at a steady rate, or one at a time. */
export type WorkloadEntry = SteadyWrites | SingleWrite;
export interface SteadyWrites extends Call {
  readonly rate: Rate;
  /** Default 0. */
  readonly from?: Duration;
  /** Not included. Default: the end of the run. */
  readonly until?: Duration;
}
export interface SingleWrite extends Call {
  readonly at: Duration;
}

interface Instant {
  readonly at: Duration;
}
interface Lasting extends Instant {
  /** Without it: to the end of the run, and not waited for. */
  readonly until?: Duration;
}

export type ScenarioFault =
  | (Lasting & { readonly kind: "partition" } & Split)
  | (Lasting & { readonly kind: "flap"; readonly period: Duration } & Split)
  | (Lasting & { readonly kind: "oneway"; readonly from: NodeReference; readonly to: NodeReference })
  | (Lasting & {
      readonly kind: "loss" | "duplicate" | "reorder" | "corrupt";
      readonly rate: number;
      readonly nodes?: NodeReference;
    })
  | (Lasting & { readonly kind: "latency"; readonly nodes?: NodeReference } & AddedLatency)
  | (Lasting & { readonly kind: "bandwidth"; readonly kbps: number; readonly nodes?: NodeReference })
  | (Lasting & {
      readonly kind: "crash";
      readonly nodes: NodeReference;
      readonly disk?: CrashedDisk;
      /** With rollback: when the copy of each node's disk was made. Default: drawn for each. */
      readonly copiedAt?: readonly Duration[];
    })
  | (Lasting & { readonly kind: "pause"; readonly nodes: NodeReference })
  | (Lasting & { readonly kind: "slow"; readonly nodes: NodeReference; readonly factor: number })
  | (Lasting & { readonly kind: "disk-slow"; readonly nodes: NodeReference; readonly syncMs: NumberOrRange })
  | (Lasting & { readonly kind: "disk-full"; readonly nodes: NodeReference })
  | (Lasting & { readonly kind: "disk-fail"; readonly nodes: NodeReference; readonly rate?: number })
  | (Lasting & {
      readonly kind: "byzantine";
      readonly nodes: NodeReference;
      readonly behaviour: Behaviour | readonly Behaviour[];
    })
  | (Instant & { readonly kind: "clock-jump"; readonly nodes: NodeReference; readonly byMs: number })
  | (Lasting & { readonly kind: "clock-drift"; readonly nodes: NodeReference; readonly ppm: number })
  | (Instant & {
      readonly kind: "join";
      readonly nodes: NodeReference;
      readonly contexts?: readonly string[];
      /** Of these nodes, besides what the scenario says for all. */
      readonly config?: Partial<Config>;
      readonly clock?: ScenarioClock;
    })
  | (Instant & { readonly kind: "leave"; readonly nodes: NodeReference });

type Split = { readonly groups: readonly NodeReference[] } | { readonly split: number };
type AddedLatency = { readonly addMs: number } | { readonly latency: LatencyDistribution };
export type CrashedDisk = "keep" | "lose-unsynced" | "torn" | "corrupt" | "wipe" | "rollback";

export type FaultOf<Kind extends ScenarioFault["kind"]> = Extract<ScenarioFault, { readonly kind: Kind }>;

/** Each entry holds one of these. */
export interface Expectation {
  readonly converged?: {
    readonly within: Duration;
    readonly nodes?: NodeReference;
    readonly context?: string;
  };
  readonly value?: {
    readonly context?: string;
    readonly key: string;
    readonly equals: Json;
    readonly nodes?: NodeReference;
  };
  readonly blob?: { readonly context?: string; readonly name: string; readonly nodes?: NodeReference };
  readonly entities?: { readonly context?: string; readonly equals: number };
  readonly "fault-counted"?: { readonly kind: ScenarioFault["kind"]; readonly atLeast: number };
  readonly "probe-counted"?: {
    readonly name: string;
    readonly atLeast?: number;
    readonly atMost?: number;
  };
}

/** The scenario itself: gives a TypeScript file completion and types. */
export function defineScenario(scenario: Scenario): Scenario {
  return scenario;
}
