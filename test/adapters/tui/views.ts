// Views made by hand: a cluster of any size, on sides of any number, as a moment in the middle of a run.

import { hintsOf } from "../../../adapters/tui/keys.ts";
import type { NodeView, SideView, ViewModel } from "../../../adapters/tui/view-model.ts";

export interface ViewSketch {
  readonly nodes?: number;
  readonly sides?: number;
  /** Nodes take the roots in turn. */
  readonly roots?: number;
  readonly faults?: number;
  readonly violations?: number;
  readonly isCut?: boolean;
  readonly name?: string;
}

const runUs = 180_000_000;

export function viewOf(sketch: ViewSketch = {}, changes: Partial<ViewModel> = {}): ViewModel {
  const { nodes = 100, roots = 2, faults = 1, violations = 0, name = "partition-heals" } = sketch;
  const sides = sidesOf(sketch);
  const counts = sides.flatMap((side) => side.nodes).map(({ slot }) => slot);
  return {
    name,
    seed: 42,
    description: "Two halves write apart for a minute, then meet.",
    nowUs: 34_200_000,
    untilUs: runUs,
    isLive: false,
    pace: {
      isPaused: false,
      isBackwards: false,
      goal: null,
      limit: 20,
      reached: 18.4,
      eventsPerSecond: 61_204,
    },
    context: { id: "kv", position: 0, count: 1 },
    sides,
    groups: Array.from({ length: Math.min(roots, nodes) }, (_, slot) => ({
      slot,
      root: slot.toString(16).padStart(8, "a"),
      nodes: counts.filter((other) => other === slot).length,
    })),
    faults: Array.from({ length: faults }, (_, index) => ({
      kind: index === 0 ? "partition" : "crash",
      detail: index === 0 ? "50 | 50" : `n${index}, disk: keep`,
      left: { us: 35_800_000 },
    })),
    faultsMax: faults,
    spans: [{ fromUs: 10_000_000, untilUs: 70_000_000, isCut: true }],
    rootCounts: Array.from({ length: 480 }, (_, part) => (part < 91 ? 1 + (part % 7) : null)),
    figures: { acknowledged: 333, propagationP50Ms: 117, pending: 3, messagesPerSecond: 3_196 },
    violations: Array.from({ length: violations }, (_, index) => `bounds n${index}: too many deltas wait`),
    verdict: null,
    violationsAtUs: [],
    pane: { kind: "cluster", selected: null },
    notice: null,
    prompt: null,
    keys: hintsOf("cluster", "run"),
    ...changes,
  };
}

export function nodeOf(changes: Partial<NodeView>): NodeView {
  return { id: "n0", mark: "up", slot: 0, isSelected: false, ...changes };
}

function sidesOf({ nodes = 100, sides = 2, roots = 2, isCut = true }: ViewSketch): readonly SideView[] {
  const size = Math.ceil(nodes / sides);
  return Array.from({ length: sides }, (_, side) => ({
    name: isCut ? String.fromCharCode(65 + side) : "A",
    nodes: Array.from({ length: Math.max(0, Math.min(size, nodes - side * size)) }, (__, index) =>
      nodeOf({ id: `n${side * size + index}`, slot: roots === sides ? side : (side * size + index) % roots }),
    ),
  }));
}
