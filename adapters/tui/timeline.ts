/** What happens along the run, one below the other on the same scale: time, faults, the number of distinct roots. */

import { formatSeconds, type Line, type Span, span, widthOf } from "./text.ts";
import type { Style } from "./theme.ts";
import type { SpanView, ViewModel } from "./view-model.ts";

const gutterColumns = 9;
const endColumns = 9;
const levelsPerRow = 8;
const levelGlyphs = " ▁▂▃▄▅▆▇█";
/** A chart is at least this high, so that two roots do not look like many. */
const rootsAtTopMin = 8;

/** The progress of virtual time. */
export function drawProgress(view: ViewModel, columns: number): Line {
  const { nowUs, untilUs, verdict, isLive } = view;
  const track = trackColumns(columns);
  if (isLive) {
    const seconds = `${Math.round(untilUs / 1_000_000)} s`;
    return [
      gutter("live", "good"),
      span(`watched for ${formatSeconds(nowUs)}, the chart shows ${seconds}`, "dim"),
    ];
  }
  const done = Math.min(track, Math.floor((nowUs / untilUs) * track));
  const doneStyle: Style = verdict === null ? "plain" : verdict.isPassed ? "good" : "bad";
  const bar = [span("━".repeat(done), doneStyle), span("─".repeat(track - done), "dim")];
  return [gutter(formatSeconds(nowUs), "bold"), ...bar, span(` ${formatSeconds(untilUs)}`, "dim")];
}

/** Where the faults are, and what was found to be wrong. Null when there is neither. */
export function drawFaultLane(view: ViewModel, columns: number): Line | null {
  const { spans, untilUs, violationsAtUs } = view;
  if (spans.length === 0 && violationsAtUs.length === 0) return null;
  const track = trackColumns(columns);
  const lane = new Array<Span>(track).fill(span(" "));
  const column = (timeUs: number) => Math.min(track - 1, Math.floor((timeUs / untilUs) * track));
  // What is shorter stays visible before what is longer.
  const byLength = [...spans].sort((a, b) => b.untilUs - b.fromUs - (a.untilUs - a.fromUs));
  for (const fault of byLength) {
    const from = column(fault.fromUs);
    const until = Math.max(from + 1, column(fault.untilUs));
    lane.fill(laneSpan(fault), from, Math.min(track, until));
  }
  for (const timeUs of violationsAtUs) lane[column(timeUs)] = span("✘", "bad");
  return [gutter("faults", "dim"), ...lane];
}

/** How many distinct roots there were, as a chart of some rows. */
export function drawRootChart(
  view: ViewModel,
  { columns, rows }: { columns: number; rows: number },
): readonly Line[] {
  const track = trackColumns(columns);
  const counts = resample(view.rootCounts, track);
  // What is after the present is known, but not yet.
  const present = view.isLive ? track : Math.ceil((view.nowUs / view.untilUs) * track);
  const peak = counts.reduce<number>((max, count) => Math.max(max, count ?? 0), rootsAtTopMin);
  const levels = counts.map((count) => levelOf(count, { peak, levels: rows * levelsPerRow }));
  const now = view.groups.length;
  const label = gutter(`${now} ${now === 1 ? "root" : "roots"}`, now === 1 ? "good" : "warning");
  return Array.from({ length: rows }, (_, row) => {
    const floor = (rows - 1 - row) * levelsPerRow;
    const line = levels.map((level, index) => {
      const glyph = levelGlyphs[Math.max(0, Math.min(levelsPerRow, level - floor))] ?? " ";
      return span(glyph, index > present ? "dim" : (counts[index] ?? 0) > 1 ? "chart" : "good");
    });
    return [row === rows - 1 ? label : gutter("", "plain"), ...line];
  });
}

function trackColumns(columns: number): number {
  return Math.max(1, columns - gutterColumns - endColumns);
}

function gutter(text: string, style: Style): Span {
  return span(`${" ".repeat(Math.max(0, gutterColumns - 1 - widthOf(text)))}${text} `, style);
}

function laneSpan({ fromUs, untilUs, isCut }: SpanView): Span {
  if (fromUs === untilUs) return span("•", "warning");
  return isCut ? span("━", "wall") : span("╍", "warning");
}

/** The mean of what falls into each of so many columns; null where nothing was seen. */
function resample(values: readonly (number | null)[], columns: number): readonly (number | null)[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column / columns) * values.length);
    const until = Math.max(from + 1, Math.floor(((column + 1) / columns) * values.length));
    const seen = values.slice(from, until).filter((value) => value !== null);
    return seen.length === 0 ? null : seen.reduce((sum, value) => sum + value, 0) / seen.length;
  });
}

/** One root is the lowest level; more are above it, on a logarithmic scale. */
function levelOf(count: number | null, { peak, levels }: { peak: number; levels: number }): number {
  if (count === null || count === 0) return 0;
  if (count <= 1) return 1;
  return 2 + Math.round((Math.log2(count) / Math.log2(peak)) * (levels - 2));
}
