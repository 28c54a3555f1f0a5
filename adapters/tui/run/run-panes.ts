/** What the panes show of a run. */

import { unreachable } from "../../../core/assert.ts";
import type { ContextId } from "../../../core/ids.ts";
import type { LogEntry } from "../../../sim/watch/event-log.ts";
import type { Playback } from "../../../sim/watch/playback.ts";
import type { Controls } from "../controls.ts";
import type { ComparisonPane, EventsPane, PaneView } from "../pane-views.ts";
import { formatCount, formatSeconds } from "../text.ts";
import type { NodeView } from "../view-model.ts";
import { linksPaneOf } from "./links-view.ts";
import { nodePaneOf } from "./node-view.ts";
import type { WhatIfOption } from "./what-if-options.ts";

/** More than a screen has rows. */
const entriesMax = 200;

export interface RunPaneParts {
  readonly playback: Playback;
  readonly controls: Controls;
  readonly contextId: ContextId;
  readonly nodes: readonly NodeView[];
  readonly changed: string | null;
  readonly options: () => readonly WhatIfOption[];
  readonly comparison: ComparisonPane | null;
}

export function runPane(parts: RunPaneParts): PaneView {
  const { playback, controls } = parts;
  const { pane, help, scroll } = controls;
  if (help !== null) return help;
  switch (pane) {
    case "cluster":
      return { kind: "cluster", selected: controls.selected === null ? null : describeNode(parts) };
    case "node": {
      const index = indexOf(parts);
      const { id, slot } = chosenNode(parts) ?? { id: "", slot: null };
      const about = { slot, heardUs: playback.log.lastHeardUs(id), nowUs: playback.nowUs };
      return { kind: "node", node: nodePaneOf(playback.detail(index, parts.contextId), about), scroll };
    }
    case "links": {
      const about = { plan: playback.plan, nowUs: playback.nowUs, selected: controls.node() };
      return { kind: "links", links: linksPaneOf(playback.links(), about), scroll };
    }
    case "events":
      return { kind: "events", events: eventsPane(parts) };
    case "what-if": {
      const { changed, comparison, options } = parts;
      const chosen = controls.chosen;
      return {
        kind: "what-if",
        whatIf: { changed, options: options().map(({ text }) => text), chosen, comparison },
      };
    }
    default:
      return unreachable(pane);
  }
}

/** The index of the chosen node. */
export function indexOf({ playback, controls }: Pick<RunPaneParts, "playback" | "controls">): number {
  return Math.max(
    0,
    playback.plan.nodes.findIndex(({ id }) => id === controls.node()),
  );
}

function chosenNode({ nodes, controls }: RunPaneParts): NodeView | undefined {
  const chosen = controls.node();
  return nodes.find(({ id }) => id === chosen);
}

/** One line on the chosen node. */
function describeNode(parts: RunPaneParts): string {
  const { playback, contextId, controls } = parts;
  const replica = playback.shown.world.node(indexOf(parts)).core?.replicas().get(contextId);
  const mark = chosenNode(parts)?.mark ?? "up";
  if (replica === undefined || !replica.isInitialized) return `${controls.node()} · ${mark}`;
  const { deltas } = replica;
  const counts = `${formatCount(deltas.graph.count)} deltas, ${replica.heads().length} heads, ${deltas.pending.count} pending`;
  return `${controls.node()} · ${mark} · ${counts} · enter looks at it`;
}

function eventsPane({ playback, controls }: RunPaneParts): EventsPane {
  const { filter, logUntil, scroll } = controls;
  const wanted = { until: logUntil, skip: scroll, count: entriesMax };
  const entries = playback.log.latest(filter, wanted);
  const parts = [
    ...(filter.node === null ? [] : [`node ${filter.node}`]),
    ...(filter.kind === null ? [] : [filter.kind]),
    ...(filter.text === "" ? [] : [`"${filter.text}"`]),
  ];
  const first = playback.log.firstEvent;
  const since = first === null ? "" : `, since event ${formatCount(first)}`;
  return {
    entries: entries.toReversed().map(rowOf),
    filter: `${parts.length === 0 ? "all" : `only ${parts.join(", ")}`}${since}`,
    isFollowing: logUntil === null,
  };
}

function rowOf({ timeUs, node, kind, text }: LogEntry) {
  const isBad = text.includes("blames") || text.includes("refused");
  const isKept = text.includes("keeps");
  const tone = isBad ? "bad" : isKept ? "good" : "plain";
  return { time: formatSeconds(timeUs, 3), node, kind, text, tone } as const;
}
