/** The log of what nodes handled, the latest at the bottom. */

import type { Size } from "../grid.ts";
import type { EventRow, EventsPane } from "../pane-views.ts";
import { cut, cutLine, type Line, printable, span, spread, widthOf } from "../text.ts";

const timeColumns = 11;
const nodeColumnsMax = 12;
const kindColumns = 7;

export function drawEventsPane(
  { entries, filter, isFollowing }: EventsPane,
  { columns, rows }: Size,
): readonly Line[] {
  const state = isFollowing ? span("follows", "good") : span("stands still, G follows", "warning");
  const heading = spread([span("events", "bold"), span(`  ${filter}`, "dim")], [state], columns);
  const shown = entries.slice(-Math.max(0, rows - 1));
  const nodeColumns = Math.min(nodeColumnsMax, Math.max(4, ...shown.map(({ node }) => widthOf(node))));
  if (shown.length === 0) return [heading, [span("none that passes", "dim")]];
  return [heading, ...shown.map((entry) => drawEntry(entry, { columns, nodeColumns }))];
}

function drawEntry(
  { time, node, kind, text, tone }: EventRow,
  { columns, nodeColumns }: { readonly columns: number; readonly nodeColumns: number },
): Line {
  const name = cut(node, nodeColumns);
  const about = `${name}${" ".repeat(nodeColumns - widthOf(name))} `;
  return cutLine(
    [
      span(`${time.padStart(timeColumns)} `, "dim"),
      span(about, "bold"),
      span(`${kind.padEnd(kindColumns)} `, "dim"),
      span(printable(text), tone),
    ],
    columns,
  );
}
