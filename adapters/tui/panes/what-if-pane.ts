/** What could be different from here on, and how the ending would be. */

import type { Size } from "../grid.ts";
import type { ComparisonPane, WhatIfPane } from "../pane-views.ts";
import { cut, cutLine, type Line, span, widthOf } from "../text.ts";

const comparisonRowsMax = 10;
const columnsOfWhat = 22;
const columnsOfOne = 26;

export function drawWhatIfPane(
  { changed, options, chosen, comparison }: WhatIfPane,
  { columns, rows }: Size,
): readonly Line[] {
  const heading: Line =
    changed === null
      ? [span("what if, from here on …", "bold"), span("  enter tries it", "dim")]
      : [span(`what if: ${changed}`, "warning"), span("  b goes back to the run as it was", "dim")];
  const ending = comparison === null ? [] : [[], ...drawComparison(comparison, columns)];
  const room = Math.max(1, rows - 1 - Math.min(ending.length, comparisonRowsMax + 2));
  const from = Math.max(0, Math.min(chosen - Math.floor(room / 2), options.length - room));
  const shown = options.slice(from, from + room);
  const lines = shown.map((option, index): Line => {
    const isChosen = from + index === chosen;
    return cutLine([span(`${isChosen ? "▸ " : "  "}${option}`, isChosen ? "bold" : "plain")], columns);
  });
  return [heading, ...lines, ...ending].slice(0, rows);
}

function drawComparison(comparison: ComparisonPane, columns: number): readonly Line[] {
  if (comparison.kind === "running")
    return [[span(`running both to their ends … ${Math.floor(comparison.progress * 100)} %`, "warning")]];
  const { rows } = comparison;
  const differing = rows.filter(({ first, second, isEnding }) => isEnding && first !== second);
  const what = differing.map((row) => row.what).join(", ");
  const says = differing.length === 0 ? "it ends the same" : `it ends differently: ${what}`;
  const title: Line = [span(says, differing.length === 0 ? "good" : "warning")];
  const header = drawRow({ what: "", first: "as it was", second: "what if" }, "bold", columns);
  const lines = rows
    .slice(0, comparisonRowsMax)
    .map((row) => drawRow(row, row.first === row.second ? "dim" : "plain", columns));
  return [title, header, ...lines];
}

function drawRow(
  { what, first, second }: { readonly what: string; readonly first: string; readonly second: string },
  style: "bold" | "dim" | "plain",
  columns: number,
): Line {
  const pad = (text: string, width: number) => {
    const shown = cut(text, width - 1);
    return shown + " ".repeat(width - widthOf(shown));
  };
  return cutLine(
    [span(pad(what, columnsOfWhat), "dim"), span(pad(first, columnsOfOne), style), span(second, style)],
    columns,
  );
}
