/** One node: what is wrong with it and where it stands, whom it talks to, and its part of the delta graph. */

import type { Size } from "../grid.ts";
import type { NodePane } from "../pane-views.ts";
import { type Line, span } from "../text.ts";
import type { Theme } from "../theme.ts";
import { drawGraph } from "./graph.ts";
import { besideEachOther, drawRows, drawSections, windowOf } from "./rows.ts";

const besideFromColumns = 96;
const gapColumns = 3;

/** Two columns where they fit, else one below the other: what says most comes first. */
export function drawNodePane(
  { title, slot, trouble, facts, around, graph }: NodePane,
  { columns, rows, scroll, theme }: Size & { readonly scroll: number; readonly theme: Theme },
): readonly Line[] {
  const glyph = slot === null ? [] : [span(`${theme.glyph(slot, "■")} `, `slot-${slot}`)];
  const heading: Line = [...glyph, span(title, "bold")];
  const isBeside = columns >= besideFromColumns;
  const leftColumns = isBeside ? Math.floor((columns - gapColumns) * 0.55) : columns;
  const rightColumns = isBeside ? columns - leftColumns - gapColumns : columns;
  const standing = drawSections(facts, leftColumns);
  const others = drawSections(around, rightColumns);
  const deltas = drawDeltas(graph, leftColumns);
  const lines = isBeside
    ? besideEachOther([...standing, ...deltas], others, { leftColumns, gapColumns })
    : [...standing, ...(others.length > 0 ? [[], ...others] : []), ...deltas];
  const wrong = trouble.length === 0 ? [] : [...drawRows(trouble, columns), []];
  return [heading, ...windowOf([...wrong, ...lines], { scroll, rows: rows - 1 })];
}

function drawDeltas(graph: NodePane["graph"], columns: number): readonly Line[] {
  if (graph.length === 0) return [];
  return [[], [span("latest deltas", "bold"), span("  ◉ head", "dim")], ...drawGraph(graph, columns)];
}
