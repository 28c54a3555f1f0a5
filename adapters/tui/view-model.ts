/** What the screen shows, as plain data: sampled from a simulation by `viewer.ts`, drawn by `frame.ts`. */

/** How a node stands towards the shown context. `joining`: running, but without the context's first delta. */
export type NodeMark = "up" | "paused" | "joining" | "outside" | "down" | "absent" | "left";

export interface NodeView {
  readonly id: string;
  readonly mark: NodeMark;
  /** Of the group that has its state root; null for a node that has none. */
  readonly slot: number | null;
}

/** Nodes that no cut of the scenario's current ones separates, in the order of their indexes. */
export interface SideView {
  readonly nodes: readonly NodeView[];
  /** Sides with equal names can talk to each other now. */
  readonly name: string;
}

/** Nodes with one state root. Equal roots have equal slots, others others, for as long as a root lives. */
export interface GroupView {
  readonly slot: number;
  /** The first hexadecimal digits. */
  readonly root: string;
  readonly nodes: number;
}

export interface FaultView {
  readonly kind: string;
  readonly detail: string;
  /** "end": lasts to the end of the run. "moment": it was instantaneous, and a moment ago. */
  readonly left: { readonly us: number } | "end" | "moment";
}

/** A fault's place in time. An instantaneous one ends when it begins. */
export interface SpanView {
  readonly fromUs: number;
  readonly untilUs: number;
  readonly isCut: boolean;
}

export interface PaceView {
  readonly isPaused: boolean;
  /** Virtual seconds per second: what is asked for (infinite for no limit), and what is reached. */
  readonly limit: number;
  readonly reached: number | null;
  readonly eventsPerSecond: number | null;
}

export interface FiguresView {
  readonly acknowledged: number;
  /** Of the latest arrivals; null before the first. */
  readonly propagationP50Ms: number | null;
  /** Deltas that wait for parents, on all nodes. */
  readonly pending: number;
  /** Per second of virtual time. */
  readonly messagesPerSecond: number | null;
}

export interface ContextView {
  readonly id: string;
  /** From 0. */
  readonly position: number;
  readonly count: number;
}

export interface ViewModel {
  readonly name: string;
  readonly seed: number;
  readonly description: string | null;
  readonly nowUs: number;
  readonly untilUs: number;
  readonly pace: PaceView;
  readonly context: ContextView;
  /** At least one. */
  readonly sides: readonly SideView[];
  /** By slot. */
  readonly groups: readonly GroupView[];
  readonly faults: readonly FaultView[];
  /** The most faults that are ever shown at once, so that room can be kept for them. */
  readonly faultsMax: number;
  readonly spans: readonly SpanView[];
  /** The mean number of distinct roots in each of equal parts of the run; null for those not reached. */
  readonly rootCounts: readonly (number | null)[];
  readonly figures: FiguresView;
  /** One line each. */
  readonly violations: readonly string[];
  /** How the run ended; null while it runs. */
  readonly verdict: { readonly isPassed: boolean; readonly text: string } | null;
}
