/**
 * A plan: a scenario with one seed, every choice made. The plan is what runs, and is plain JSON: what is saved,
 * shrunk and replayed. Nodes are named by their index; times are whole microseconds of virtual time.
 */

import type { Config } from "../../core/config.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Behaviour } from "../scenario/behaviours.ts";
import type { CrashedDisk } from "../scenario/scenario.ts";

export interface Plan {
  readonly name: string;
  readonly seed: number;
  /** The hard end of virtual time. */
  readonly untilUs: number;
  /** How long the run goes on once all have converged; where it is left out, to the end. */
  readonly settleUs?: number;
  readonly nodes: readonly PlanNode[];
  /** Each pair once, the lower index first: who can dial whom. */
  readonly links: readonly (readonly [number, number])[];
  readonly contexts: readonly PlanContext[];
  readonly network: PlanNetwork;
  /** Each disk sync takes a whole number of microseconds drawn from this range, both ends included. */
  readonly diskSyncUs: readonly [number, number];
  /** By time, then by the order in which the scenario names them. */
  readonly operations: readonly PlanOperation[];
  /** By time, then by the order in which the scenario names them. */
  readonly faults: readonly PlanFault[];
  readonly expectations: readonly PlanExpectation[];
}

export interface PlanNode {
  readonly id: string;
  /** Core configuration for this node: what the scenario says for all, then for it. */
  readonly config: Partial<Config>;
  /** Added to its wall clock from the start. */
  readonly clockOffsetMs: number;
  /** Parts per million by which both its clocks run fast (or slow, when negative). */
  readonly clockDriftPpm: number;
  /** Null for a node that is there from the start; others enter with a `join` fault. */
  readonly joinsAtUs: number | null;
}

export interface PlanContext {
  readonly id: string;
  readonly application: string;
  /** Initial members. A joining node is named by its `join`. */
  readonly members: readonly number[];
  /** Who keeps it and is no member in the end: not expected to agree with the others unless an expectation names it. */
  readonly outsiders: readonly number[];
}

export type LatencyPlan =
  | { readonly kind: "constant"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: "exponential"; readonly meanMs: number }
  | { readonly kind: "lognormal"; readonly medianMs: number; readonly p99Ms: number };

export interface PlanNetwork {
  readonly latency: LatencyPlan;
  /** Probabilities from 0 to 1. */
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  /** Of each link and direction, in thousands of bits a second; null for no limit. */
  readonly bandwidthKbps: number | null;
  /** After this long a cut connection breaks. */
  readonly keepaliveMs: number;
  readonly gossip: GossipPlan;
}

/** The gossipsub mesh's knobs, by their usual names. */
export interface GossipPlan {
  readonly d: number;
  readonly dLow: number;
  readonly dHigh: number;
  readonly dLazy: number;
  readonly heartbeatMs: number;
}

export interface PlanOperation {
  readonly atUs: number;
  readonly node: number;
  /** A context's id in the scenario. */
  readonly context: string;
  readonly method: string;
  readonly args: JsonObject;
}

interface FaultTimes {
  readonly atUs: number;
  /** Null for an instantaneous fault, and for one that lasts to the end of the run and is not waited for. */
  readonly untilUs: number | null;
}

/** `nodes: null` means every link. A link is affected when either of its ends is named. */
export type PlanFault = FaultTimes &
  (
    | { readonly kind: "partition"; readonly groups: readonly (readonly number[])[] }
    | { readonly kind: "flap"; readonly groups: readonly (readonly number[])[]; readonly periodUs: number }
    | { readonly kind: "oneway"; readonly from: readonly number[]; readonly to: readonly number[] }
    | {
        readonly kind: "loss" | "duplicate" | "reorder" | "corrupt";
        readonly rate: number;
        readonly nodes: readonly number[] | null;
      }
    | {
        readonly kind: "latency";
        readonly addMs: number | null;
        readonly latency: LatencyPlan | null;
        readonly nodes: readonly number[] | null;
      }
    | { readonly kind: "bandwidth"; readonly kbps: number; readonly nodes: readonly number[] | null }
    | {
        readonly kind: "crash";
        readonly nodes: readonly number[];
        readonly disk: Exclude<CrashedDisk, "rollback">;
      }
    /** `copiedAtUs`: of each node's disk, when the copy was made that it comes back on. */
    | {
        readonly kind: "crash";
        readonly nodes: readonly number[];
        readonly disk: "rollback";
        readonly copiedAtUs: readonly number[];
      }
    | { readonly kind: "slow"; readonly nodes: readonly number[]; readonly factor: number }
    | {
        readonly kind: "disk-slow";
        readonly nodes: readonly number[];
        readonly syncUs: readonly [number, number];
      }
    | { readonly kind: "disk-full"; readonly nodes: readonly number[] }
    | { readonly kind: "disk-fail"; readonly nodes: readonly number[]; readonly rate: number }
    | {
        readonly kind: "byzantine";
        readonly nodes: readonly number[];
        readonly behaviours: readonly Behaviour[];
      }
    | { readonly kind: "pause"; readonly nodes: readonly number[] }
    | { readonly kind: "clock-jump"; readonly nodes: readonly number[]; readonly byMs: number }
    | { readonly kind: "clock-drift"; readonly nodes: readonly number[]; readonly ppm: number }
    | { readonly kind: "join"; readonly nodes: readonly number[]; readonly contexts: readonly string[] }
    | { readonly kind: "leave"; readonly nodes: readonly number[] }
  );

export type FaultKind = PlanFault["kind"];

export type PlanExpectation =
  /** Nodes null: all that are live at the end. Context null: every context. */
  | {
      readonly kind: "converged";
      readonly withinMs: number;
      readonly nodes: readonly number[] | null;
      readonly context: string | null;
    }
  | {
      readonly kind: "value";
      readonly context: string;
      readonly key: string;
      readonly equals: Json;
      readonly nodes: readonly number[] | null;
    }
  /** A client at each of these nodes put the blob of this name, or got it whole. */
  | {
      readonly kind: "blob";
      readonly context: string;
      readonly name: string;
      readonly nodes: readonly number[] | null;
    }
  | { readonly kind: "entities"; readonly context: string; readonly equals: number }
  | { readonly kind: "fault-counted"; readonly fault: FaultKind; readonly atLeast: number }
  /** Null: no bound on that side. */
  | {
      readonly kind: "probe-counted";
      readonly probe: string;
      readonly atLeast: number | null;
      readonly atMost: number | null;
    };
