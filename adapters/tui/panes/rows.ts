/** Rows of words under titles, and the part of many lines that fits. */

import type { Row, Section, Tone } from "../pane-views.ts";
import { cutLine, type Line, printable, span, widthOf } from "../text.ts";

const labelColumnsMax = 24;

/** Each section under its title, with its labels in a column. */
export function drawSections(sections: readonly Section[], columns: number): readonly Line[] {
  return sections
    .filter(({ rows }) => rows.length > 0)
    .flatMap(({ title, rows }, index) => [
      ...(index > 0 ? [[]] : []),
      [span(title, "bold")],
      ...drawRows(rows, columns),
    ]);
}

export function drawRows(rows: readonly Row[], columns: number): readonly Line[] {
  const widest = rows.reduce((max, { label }) => Math.max(max, widthOf(label)), 0);
  const labelColumns = Math.min(widest, labelColumnsMax, Math.floor(columns / 2));
  return rows.map(({ label, text, tone }) => {
    const gap = " ".repeat(Math.max(1, labelColumns - widthOf(label) + 2));
    return cutLine([span(label, labelTone(tone)), span(gap), span(printable(text), tone)], columns);
  });
}

/** What is marked is marked whole, so that it is seen where it begins. */
function labelTone(tone: Tone): Tone {
  return tone === "bad" || tone === "warning" || tone === "good" ? tone : "dim";
}

/** As many lines as there are rows, from `scroll` on; the last says how many there are below. */
export function windowOf(
  lines: readonly Line[],
  { scroll, rows }: { readonly scroll: number; readonly rows: number },
): readonly Line[] {
  if (lines.length <= rows) return lines;
  const from = Math.min(scroll, lines.length - rows + 1);
  const shown = lines.slice(Math.max(0, from), Math.max(0, from) + rows - 1);
  const below = lines.length - from - shown.length;
  const more = below > 0 ? `↓ ${below} more` : "↑ the end";
  return [...shown, [span(from > 0 && below > 0 ? `↑ ${more}` : more, "dim")]];
}

/** Two blocks beside each other, cut to their widths. */
export function besideEachOther(
  left: readonly Line[],
  right: readonly Line[],
  { leftColumns, gapColumns }: { readonly leftColumns: number; readonly gapColumns: number },
): readonly Line[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row) => {
    const cut = cutLine(left[row] ?? [], leftColumns);
    const width = cut.reduce((sum, { text }) => sum + widthOf(text), 0);
    const other = right[row] ?? [];
    return other.length === 0 ? cut : [...cut, span(" ".repeat(leftColumns - width + gapColumns)), ...other];
  });
}
