/** What the screen shows, as plain data: of a simulation by `run/`, of live nodes by `live/`; drawn by `frame.ts`. */

import type { PaneView } from "./pane-views.ts";

/**
 * How a node stands towards the shown context. `joining`: running, but without the context's first delta; `lagging`:
 * well behind others it can hear; `byzantine`: says now what is not so.
 */
export type NodeMark =
  | "up"
  | "syncing"
  | "lagging"
  | "byzantine"
  | "paused"
  | "joining"
  | "outside"
  | "down"
  | "absent"
  | "left";

export interface NodeView {
  readonly id: string;
  readonly mark: NodeMark;
  /** Of the group that has its state root; null for a node that has none. */
  readonly slot: number | null;
  readonly isSelected: boolean;
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
  readonly isBackwards: boolean;
  /** What it hurries to, in words; null when it just goes on. */
  readonly goal: string | null;
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

/** A line that is being typed. */
export interface PromptView {
  readonly label: string;
  readonly text: string;
  /** What was wrong with what was typed before. */
  readonly problem: string | null;
}

/** Something worth a line of its own. */
export interface NoticeView {
  readonly text: string;
  readonly style: "good" | "bad" | "warning" | "dim";
}

/** A key and what it does, for the last line. */
export interface KeyHint {
  readonly key: string;
  readonly meaning: string;
}

export interface ViewModel {
  readonly name: string;
  /** Null for live nodes. */
  readonly seed: number | null;
  readonly description: string | null;
  /** Of live nodes: since when they have been watched, and how much of that the chart shows. */
  readonly nowUs: number;
  readonly untilUs: number;
  readonly isLive: boolean;
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
  /** Times at which something was found to be wrong, those still to come included where they are known. */
  readonly violationsAtUs: readonly number[];
  readonly pane: PaneView;
  readonly notice: NoticeView | null;
  readonly prompt: PromptView | null;
  /** Empty where there are no keys to press. */
  readonly keys: readonly KeyHint[];
}
