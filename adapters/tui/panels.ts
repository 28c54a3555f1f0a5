/** The lines around the nodes: title, legend, figures, faults, violations, keys. */

import { markGlyphs, markStyle } from "./cells.ts";
import {
  cut,
  cutLine,
  formatCount,
  formatDelay,
  formatRate,
  formatSeconds,
  joinFitting,
  type Line,
  lineWidth,
  printable,
  span,
  spread,
} from "./text.ts";
import type { Theme } from "./theme.ts";
import type { FaultView, GroupView, NodeMark, PaceView, ViewModel } from "./view-model.ts";

const groupsNamedMax = 4;
const nameColumnsMin = 8;

export function drawTitle(view: ViewModel, columns: number): Line {
  const { name, seed, context, pace, verdict, isLive } = view;
  const about = [
    ...(seed === null ? [] : [span(`  seed ${seed}`, "dim")]),
    ...(context.count > 1
      ? [span(`  context ${context.id}`), span(` ${context.position + 1} of ${context.count}`, "dim")]
      : []),
  ];
  const [long, short] = verdict === null ? drawPace(pace, isLive) : drawVerdict(verdict);
  const room = Math.max(nameColumnsMin, columns - lineWidth(about) - lineWidth(short) - 2);
  const left = [span(cut(printable(name), room), "bold"), ...about];
  const full = spread(left, long, columns);
  return lineWidth(full) > lineWidth(left) ? full : spread(left, short, columns);
}

export function drawDescription({ description }: ViewModel, columns: number): Line | null {
  if (description === null) return null;
  return cutLine([span(printable(description), "dim")], columns);
}

/** Which colour is which root on how many nodes, and which nodes do not run. */
export function drawLegend(
  view: ViewModel,
  { columns, nodesPerCell, theme }: { columns: number; nodesPerCell: number; theme: Theme },
): Line {
  const bundling = nodesPerCell > 1 ? [[span(`${nodesPerCell} nodes a cell`, "dim")]] : [];
  const marks = [...bundling, ...drawMarks(view)];
  const [only] = view.groups;
  if (only !== undefined && view.groups.length === 1) {
    const all = [
      span(theme.glyph(only.slot, "■"), `slot-${only.slot}`),
      span(` ${only.nodes === 1 ? "1 node has" : `all ${only.nodes} nodes have`} root `),
      span(only.root, "bold"),
    ];
    return joinFitting([all, ...marks], { columns, separator: "   " });
  }
  const long = [...drawGroups(view.groups, { theme, hasRoots: true }), ...marks];
  const isTooLong = long.reduce((sum, part) => sum + lineWidth(part) + 3, -3) > columns;
  const parts = isTooLong ? [...drawGroups(view.groups, { theme, hasRoots: false }), ...marks] : long;
  return joinFitting(parts, { columns, separator: "   " });
}

export function drawFigures({ figures, isLive }: ViewModel, columns: number): Line {
  if (isLive) {
    const counts = `deltas ${formatCount(figures.acknowledged)} at most   pending ${formatCount(figures.pending)}`;
    return cutLine([span(counts, "dim")], columns);
  }
  const { acknowledged, propagationP50Ms, pending, messagesPerSecond } = figures;
  const p50 = propagationP50Ms === null ? "–" : formatDelay(propagationP50Ms);
  const messages = messagesPerSecond === null ? "–" : `${formatCount(messagesPerSecond)}/s`;
  const long: readonly Line[] = [
    [span("writes acknowledged ", "dim"), span(formatCount(acknowledged))],
    [span("propagation p50 ", "dim"), span(p50)],
    [span("pending ", "dim"), span(formatCount(pending))],
    [span("messages ", "dim"), span(messages)],
  ];
  const short: readonly Line[] = [
    [span("writes ", "dim"), span(formatCount(acknowledged))],
    [span("p50 ", "dim"), span(p50)],
    [span("pending ", "dim"), span(formatCount(pending))],
    [span("messages ", "dim"), span(messages)],
  ];
  const isLong = long.reduce((sum, part) => sum + lineWidth(part) + 3, -3) <= columns;
  return joinFitting(isLong ? long : short, { columns, separator: "   " });
}

/** At most so many lines; the last says how many faults have none. */
export function drawFaults({ faults }: ViewModel, size: { columns: number; rows: number }): readonly Line[] {
  const { columns, rows } = size;
  if (rows < 1) return [];
  const shown = faults.length <= rows ? faults : faults.slice(0, rows - 1);
  const hidden = faults.length - shown.length;
  return [
    ...shown.map((fault) => drawFault(fault, columns)),
    ...(hidden > 0 ? [[span(`and ${hidden} more ${hidden === 1 ? "fault" : "faults"}`, "dim")]] : []),
  ];
}

/** At most so many lines, the last ones first: they are the news. */
export function drawViolations(
  { violations }: ViewModel,
  size: { columns: number; rows: number },
): readonly Line[] {
  if (size.rows < 1 || violations.length === 0) return [];
  const count = `${violations.length} ${violations.length === 1 ? "violation" : "violations"}`;
  return violations
    .slice(-size.rows)
    .reverse()
    .map((text, index) =>
      cutLine([span(`✘ ${index === 0 ? `${count}: ` : ""}${printable(text)}`, "bad")], size.columns),
    );
}

/** What is worth a line of its own; else, in the cluster, which node is chosen. */
export function drawNotice({ notice, pane }: ViewModel, columns: number): Line | null {
  if (notice !== null) return cutLine([span(printable(notice.text), notice.style)], columns);
  if (pane.kind !== "cluster" || pane.selected === null) return null;
  return cutLine([span("◆ ", "bold"), span(printable(pane.selected))], columns);
}

/** The prompt while there is one, else the keys that fit. */
export function drawKeys({ keys, prompt }: ViewModel, columns: number): Line {
  if (prompt !== null) {
    const { label, text, problem } = prompt;
    const typed = [span(`${label} `, "bold"), span(printable(text)), span("▏")];
    return spread(typed, problem === null ? [] : [span(problem, "bad")], columns);
  }
  const hints = keys.map(({ key, meaning }): Line => [span(key, "bold"), span(` ${meaning}`, "dim")]);
  return joinFitting(hints, { columns, separator: "   " });
}

function drawVerdict({ isPassed, text }: NonNullable<ViewModel["verdict"]>): readonly [Line, Line] {
  const style = isPassed ? "good" : "bad";
  return [[span(`${isPassed ? "✔" : "✘"} ${text}`, style)], [span(isPassed ? "✔" : "✘", style)]];
}

/** Long and short. */
function drawPace(pace: PaceView, isLive: boolean): readonly [Line, Line] {
  if (isLive) return [[span("heard of as it happens", "dim")], []];
  const { isPaused, isBackwards, goal, limit, reached, eventsPerSecond } = pace;
  if (goal !== null) return [[span(`▶▶ ${goal}`, "warning")], [span("▶▶", "warning")]];
  if (isPaused) return [[span("‖ paused", "warning")], [span("‖", "warning")]];
  const arrow = isBackwards ? "◀" : "▶";
  const speed = `${arrow} ${reached === null ? "–" : formatRate(Math.abs(reached))}×`;
  const bound = limit === Number.POSITIVE_INFINITY ? "no limit" : `limit ${formatRate(limit)}×`;
  const events = eventsPerSecond === null ? "" : `  ${formatCount(eventsPerSecond)} events/s`;
  return [[span(`${speed} real time`), span(` (${bound})${events}`, "dim")], [span(speed)]];
}

function drawGroups(
  groups: readonly GroupView[],
  { theme, hasRoots }: { readonly theme: Theme; readonly hasRoots: boolean },
): readonly Line[] {
  const bySize = [...groups].sort((a, b) => b.nodes - a.nodes);
  const namedCount = groups.length > groupsNamedMax + 1 ? groupsNamedMax : groups.length;
  const named = bySize.slice(0, namedCount).sort((a, b) => a.slot - b.slot);
  const others = bySize.slice(namedCount);
  const parts = named.map(
    ({ slot, root, nodes }): Line => [
      span(theme.glyph(slot, "■"), `slot-${slot}`),
      span(` ${nodes}`),
      ...(hasRoots ? [span(` ${root}`, "dim")] : []),
    ],
  );
  if (others.length === 0) return parts;
  const nodes = others.reduce((sum, group) => sum + group.nodes, 0);
  return [...parts, [span(`${nodes} on ${others.length} other roots`, "dim")]];
}

const markMeanings: Readonly<Record<Exclude<NodeMark, "up">, string>> = {
  syncing: "syncing",
  lagging: "lagging",
  byzantine: "byzantine",
  paused: "paused",
  joining: "joining",
  outside: "not a member",
  down: "down",
  absent: "not there yet",
  left: "left",
};

function drawMarks({ sides }: ViewModel): readonly Line[] {
  const counts = new Map<NodeMark, number>();
  for (const { nodes } of sides) for (const { mark } of nodes) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  return (
    ["down", "byzantine", "paused", "lagging", "syncing", "joining", "left", "absent", "outside"] as const
  ).flatMap((mark): readonly Line[] => {
    const count = counts.get(mark);
    if (count === undefined) return [];
    return [[span(markGlyphs[mark], markStyle(mark, null)), span(` ${count} ${markMeanings[mark]}`, "dim")]];
  });
}

function drawFault({ kind, detail, left }: FaultView, columns: number): Line {
  const isCut = kind === "partition" || kind === "flap" || kind === "oneway";
  const time =
    left === "end" ? "to the end" : left === "moment" ? "just now" : `${formatSeconds(left.us)} left`;
  const fault = [span(kind.padEnd(11), isCut ? "bad" : "warning"), span(` ${detail}`)];
  const right = [span(time, "dim")];
  const room = columns - lineWidth(right) - 2;
  return room < 16 ? cutLine(fault, columns) : spread(cutLine(fault, room), right, columns);
}
