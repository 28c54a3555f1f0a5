/**
 * One frame: the whole screen as one string, from a view alone.
 *
 * 1. It has exactly as many lines as there are rows, none of them wider than there are columns.
 * 2. Every pane stands below the run's own lines: title, progress, faults, chart.
 * 3. What is left out first, when room gets short: blank lines, the description, the height of the chart, faults
 *    beyond the first, the lane of faults; then cells get smaller, and at last several nodes share one. Of other
 *    panes the lower part scrolls.
 */

import { drawGrid, type Place, type Size } from "./grid.ts";
import {
  drawDescription,
  drawFaults,
  drawFigures,
  drawKeys,
  drawLegend,
  drawNotice,
  drawTitle,
  drawViolations,
} from "./panels.ts";
import { drawPane } from "./panes/pane.ts";
import { cutLine, type Line, paintLine } from "./text.ts";
import type { Theme } from "./theme.ts";
import { drawFaultLane, drawProgress, drawRootChart } from "./timeline.ts";
import type { ViewModel } from "./view-model.ts";

export type { Place, Size } from "./grid.ts";

const chartRowsMax = 3;
const marginFromColumns = 40;

export interface Frame {
  readonly text: string;
  /** Where nodes are, for choosing among them; empty where they are not shown. */
  readonly places: readonly Place[];
}

export function renderFrame(view: ViewModel, size: Size, theme: Theme): string {
  return drawFrame(view, size, theme).text;
}

export function drawFrame(view: ViewModel, { columns, rows }: Size, theme: Theme): Frame {
  const margin = columns >= marginFromColumns ? " " : "";
  const inner = Math.max(1, columns - 2 * margin.length);
  const size = { columns: inner, rows };
  const { lines, places } =
    view.pane.kind === "cluster" ? composeCluster(view, size, theme) : composePane(view, size, theme);
  const all = Array.from({ length: Math.max(0, rows) }, (_, row) => lines[row] ?? []);
  const text = all
    .map((line) => (line.length === 0 ? "" : margin + paintLine(cutLine(line, inner), theme)))
    .join("\n");
  return { text, places };
}

interface Composed {
  readonly lines: readonly Line[];
  readonly places: readonly Place[];
}

/** What is seen of the run whatever the pane. */
function composePane(view: ViewModel, { columns, rows }: Size, theme: Theme): Composed {
  const top = [
    drawTitle(view, columns),
    drawProgress(view, columns),
    ...optional(rows >= 16 ? drawFaultLane(view, columns) : null),
    ...(rows >= 12 ? drawRootChart(view, { columns, rows: 1 }) : []),
    ...(rows >= 20 ? [[]] : []),
  ];
  const bottom = [...optional(rows >= 10 ? drawNotice(view, columns) : null), drawKeys(view, columns)];
  const room = Math.max(1, rows - top.length - bottom.length);
  const body = drawPane(view, { columns, rows: room }, theme);
  return { lines: [...top, ...body, ...blanks(room - body.length), ...bottom], places: [] };
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

function composeCluster(view: ViewModel, { columns, rows }: Size, theme: Theme): Composed {
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
  const { lines, nodesPerCell, places } = drawGrid(view.sides, { columns, rows: Math.max(left, 1) }, theme);
  const spare = Math.max(0, left - lines.length);
  const chartRows = Math.max(room.chartRows, Math.min(chartRowsMax, room.chartRows + Math.floor(spare / 2)));
  const all = [
    ...top,
    ...drawRootChart(view, { columns, rows: chartRows }),
    ...blank,
    ...lines,
    ...blanks(spare - (chartRows - room.chartRows)),
    ...blank,
    drawLegend(view, { columns, nodesPerCell, theme }),
    ...bottom,
  ];
  return { lines: all, places };
}

/** What is below the legend. Faults keep their rows when there are none, so that nothing jumps. */
function drawBottom(view: ViewModel, { columns, rows }: Size, room: Room): readonly Line[] {
  const figures = drawFigures(view, columns);
  const violations = drawViolations(view, { columns, rows: rows >= 18 ? 3 : 1 });
  const notice = rows >= 12 ? drawNotice(view, columns) : null;
  const keys = view.keys.length === 0 && view.prompt === null ? [] : [drawKeys(view, columns)];
  if (view.verdict !== null && keys.length === 0) return [figures, ...violations, ...optional(notice)];
  const faults = drawFaults(view, { columns, rows: room.faultRows });
  return [
    figures,
    ...blanks(room.hasBlanks && room.faultRows > 0 ? 1 : 0),
    ...faults,
    ...blanks(room.faultRows - faults.length),
    ...violations,
    ...(room.hasBlanks ? [notice ?? []] : optional(notice)),
    ...keys,
  ];
}

function optional(line: Line | null): readonly Line[] {
  return line === null ? [] : [line];
}

function blanks(count: number): readonly Line[] {
  return Array.from({ length: Math.max(0, count) }, () => []);
}
