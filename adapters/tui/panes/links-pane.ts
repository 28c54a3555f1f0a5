/** Links and faults: the schedule with the present marked, how many links are well, and those that are not. */

import type { Size } from "../grid.ts";
import type { LinksPane, ScheduledFault } from "../pane-views.ts";
import { cut, formatSeconds, type Line, type Span, span, spread, widthOf } from "../text.ts";
import type { Style } from "../theme.ts";
import type { ViewModel } from "../view-model.ts";
import { drawRows, windowOf } from "./rows.ts";

const kindColumns = 12;
const trackColumnsMin = 20;
const styleOf: Readonly<Record<ScheduledFault["when"], Style>> = {
  past: "dim",
  now: "bad",
  coming: "warning",
};

export function drawLinksPane(
  { schedule, counts, links }: LinksPane,
  view: ViewModel,
  { columns, rows, scroll }: Size & { readonly scroll: number },
): readonly Line[] {
  const lines: Line[] = [
    ...(schedule.length === 0 ? [] : [drawScheduleTitle(columns)]),
    ...schedule.map((fault) => drawScheduled(fault, view, columns)),
    ...(schedule.length === 0 ? [] : [[]]),
    [span("links", "bold")],
    ...drawRows(counts, columns),
    ...(links.length === 0 ? [] : [[]]),
    ...drawRows(links, columns),
  ];
  return windowOf(lines, { scroll, rows });
}

function drawScheduleTitle(columns: number): Line {
  return spread([span("faults", "bold")], [span("│ now", "dim")], columns);
}

/** What it is, and where it lies in the run. */
function drawScheduled(fault: ScheduledFault, { nowUs, untilUs }: ViewModel, columns: number): Line {
  const style = styleOf[fault.when];
  const track = Math.max(trackColumnsMin, Math.floor(columns / 3));
  const words = `${fault.kind.padEnd(kindColumns - 1)} ${fault.detail}`;
  const times = formatTimes(fault);
  const room = columns - track - widthOf(times) - 2;
  if (room < kindColumns) return [span(cut(words, columns), style)];
  const shown = cut(words, room);
  const gap = " ".repeat(room - widthOf(shown) + 1);
  return [
    span(shown, style),
    span(gap),
    span(times, "dim"),
    span(" "),
    ...drawTrack(fault, { nowUs, untilUs, track }),
  ];
}

function formatTimes({ fromUs, untilUs }: ScheduledFault): string {
  const times =
    fromUs === untilUs
      ? formatSeconds(fromUs)
      : `${(fromUs / 1_000_000).toFixed(1)}–${formatSeconds(untilUs)}`;
  return times.padStart(16);
}

function drawTrack(
  { fromUs, untilUs, when }: ScheduledFault,
  about: { readonly nowUs: number; readonly untilUs: number; readonly track: number },
): readonly Span[] {
  const column = (timeUs: number) =>
    Math.max(0, Math.min(about.track - 1, Math.floor((timeUs / about.untilUs) * about.track)));
  const [from, until, now] = [
    column(fromUs),
    Math.max(column(fromUs) + 1, column(untilUs)),
    column(about.nowUs),
  ];
  return Array.from({ length: about.track }, (_, at) => {
    if (at === now) return span("│", "bold");
    return at >= from && at < until ? span("━", styleOf[when]) : span("·", "dim");
  });
}
