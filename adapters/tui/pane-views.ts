/** What each pane shows below the run's own lines, as plain data. */

import type { NoticeView } from "./view-model.ts";

export type PaneName = "cluster" | "node" | "links" | "events" | "what-if";

export type PaneView =
  | { readonly kind: "cluster"; readonly selected: string | null }
  | { readonly kind: "node"; readonly node: NodePane; readonly scroll: number }
  | { readonly kind: "links"; readonly links: LinksPane; readonly scroll: number }
  | { readonly kind: "events"; readonly events: EventsPane }
  | { readonly kind: "what-if"; readonly whatIf: WhatIfPane }
  | { readonly kind: "help"; readonly groups: readonly HelpGroup[]; readonly scroll: number };

export type Tone = NoticeView["style"] | "plain" | "bold";

/** A row of a label, which stands in a column of its own, and words. */
export interface Row {
  readonly label: string;
  readonly text: string;
  readonly tone: Tone;
}

/** Rows under a title; left out where there are none. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** One node looked at closely. */
export interface NodePane {
  readonly title: string;
  readonly slot: number | null;
  /** What should not be, in sentences. */
  readonly trouble: readonly Row[];
  /** What it lacks, where it stands, its machine. */
  readonly facts: readonly Section[];
  /** Whom it talks to, and what it waits for. */
  readonly around: readonly Section[];
  /** Its latest deltas, the latest first. */
  readonly graph: readonly GraphDelta[];
}

export interface GraphDelta {
  readonly id: string;
  readonly parents: readonly string[];
  readonly isHead: boolean;
  readonly text: string;
}

export interface LinksPane {
  readonly schedule: readonly ScheduledFault[];
  readonly counts: readonly Row[];
  /** Those that are not as they should be, those of the chosen node first. */
  readonly links: readonly Row[];
}

export interface ScheduledFault {
  readonly kind: string;
  readonly detail: string;
  readonly fromUs: number;
  readonly untilUs: number;
  readonly when: "past" | "now" | "coming";
}

export interface EventsPane {
  /** The latest last. */
  readonly entries: readonly EventRow[];
  readonly filter: string;
  readonly isFollowing: boolean;
}

export interface EventRow {
  readonly time: string;
  readonly node: string;
  readonly kind: string;
  readonly text: string;
  readonly tone: Tone;
}

export interface WhatIfPane {
  /** Null in the run as it was. */
  readonly changed: string | null;
  readonly options: readonly string[];
  readonly chosen: number;
  readonly comparison: ComparisonPane | null;
}

export type ComparisonPane =
  | { readonly kind: "running"; readonly progress: number }
  | {
      readonly kind: "done";
      readonly rows: readonly ComparedRow[];
    };

export interface ComparedRow {
  readonly what: string;
  readonly first: string;
  readonly second: string;
  /** Does it say how it ended, and not merely by which way? */
  readonly isEnding: boolean;
}

export interface HelpGroup {
  readonly title: string;
  readonly keys: readonly { readonly keys: string; readonly meaning: string }[];
}
