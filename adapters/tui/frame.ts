/**
 * One frame: the whole screen as one string, from a view alone.
 *
 * 1. It has exactly as many lines as there are rows, none of them wider than there are columns.
 * 2. What is left out first, when room gets short: blank lines, the description, the height of the chart, faults
 *    beyond the first, the lane of faults; then cells get smaller, and at last several nodes share one.
 */

import { drawGrid, type Size } from "./grid.ts";
import {
  drawDescription,
  drawFaults,
  drawFigures,
  drawKeys,
  drawLegend,
  drawTitle,
  drawViolations,
} from "./panels.ts";
import { cutLine, type Line, paintLine } from "./text.ts";
import type { Theme } from "./theme.ts";
import { drawFaultLane, drawProgress, drawRootChart } from "./timeline.ts";
import type { ViewModel } from "./view-model.ts";

export type { Size } from "./grid.ts";

const chartRowsMax = 3;
const marginFromColumns = 40;

export function renderFrame(view: ViewModel, { columns, rows }: Size, theme: Theme): string {
  const margin = columns >= marginFromColumns ? " " : "";
  const inner = Math.max(1, columns - 2 * margin.length);
  const lines = composeFrame(view, { columns: inner, rows }, theme);
  const all = Array.from({ length: Math.max(0, rows) }, (_, row) => lines[row] ?? []);
  return all
    .map((line) => (line.length === 0 ? "" : margin + paintLine(cutLine(line, inner), theme)))
    .join("\n");
}

/** How much room there is, as decisions. */
interface Room {
  readonly hasDescription: boolean;
  readonly hasLane: boolean;
  readonly hasBlanks: boolean;
  readonly faultRows: number;
  /** It may be higher where nothing else wants the rows. */
  readonly chartRows: number;
}

function roomFor(rows: number, faultsMax: number): Room {
  const faultRowsMax = rows >= 34 ? 6 : rows >= 22 ? 4 : rows >= 18 ? 3 : rows >= 13 ? 2 : rows >= 11 ? 1 : 0;
  return {
    hasDescription: rows >= 24,
    hasLane: rows >= 10,
    hasBlanks: rows >= 18,
    faultRows: Math.min(faultRowsMax, faultsMax),
    chartRows: rows >= 28 ? 3 : rows >= 22 ? 2 : 1,
  };
}

function composeFrame(view: ViewModel, { columns, rows }: Size, theme: Theme): readonly Line[] {
  const room = roomFor(rows, view.faultsMax);
  const blank: readonly Line[] = room.hasBlanks ? [[]] : [];
  const top = [
    drawTitle(view, columns),
    ...optional(room.hasDescription ? drawDescription(view, columns) : null),
    ...blank,
    drawProgress(view, columns),
    ...optional(room.hasLane ? drawFaultLane(view, columns) : null),
  ];
  const bottom = drawBottom(view, { columns, rows }, room);
  const legendRows = 1;
  const left = rows - top.length - room.chartRows - 2 * blank.length - legendRows - bottom.length;
  const { lines, nodesPerCell } = drawGrid(view.sides, { columns, rows: Math.max(left, 1) }, theme);
  const spare = Math.max(0, left - lines.length);
  const chartRows = Math.max(room.chartRows, Math.min(chartRowsMax, room.chartRows + Math.floor(spare / 2)));
  return [
    ...top,
    ...drawRootChart(view, { columns, rows: chartRows }),
    ...blank,
    ...lines,
    ...blanks(spare - (chartRows - room.chartRows)),
    ...blank,
    drawLegend(view, { columns, nodesPerCell, theme }),
    ...bottom,
  ];
}

/** What is below the legend. Faults keep their rows when there are none, so that nothing jumps. */
function drawBottom(view: ViewModel, { columns, rows }: Size, room: Room): readonly Line[] {
  const figures = drawFigures(view, columns);
  const violations = drawViolations(view, { columns, rows: rows >= 18 ? 3 : 1 });
  if (view.verdict !== null) return [figures, ...violations];
  const faults = drawFaults(view, { columns, rows: room.faultRows });
  return [
    figures,
    ...blanks(room.hasBlanks && room.faultRows > 0 ? 1 : 0),
    ...faults,
    ...blanks(room.faultRows - faults.length),
    ...violations,
    ...blanks(room.hasBlanks ? 1 : 0),
    drawKeys(view, columns),
  ];
}

function optional(line: Line | null): readonly Line[] {
  return line === null ? [] : [line];
}

function blanks(count: number): readonly Line[] {
  return Array.from({ length: Math.max(0, count) }, () => []);
}
