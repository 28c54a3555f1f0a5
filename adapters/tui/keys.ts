/** Keys and what they do: one table for pressing them, for the last line and for the help. */

import type { HelpGroup, PaneName } from "./pane-views.ts";
import type { KeyHint } from "./view-model.ts";

export type Action =
  | "quit"
  | "interrupt"
  | "help"
  | "next-pane"
  | "previous-pane"
  | PaneName
  | "up"
  | "down"
  | "left"
  | "right"
  | "page-up"
  | "page-down"
  | "top"
  | "bottom"
  | "enter"
  | "back"
  | "next-context"
  | "pause"
  | "faster"
  | "slower"
  | "reverse"
  | "event-forward"
  | "event-back"
  | "second-forward"
  | "second-back"
  | "next-mark"
  | "previous-mark"
  | "go-to"
  | "filter-text"
  | "filter-node"
  | "filter-kind"
  | "sync-now"
  | "retry-parked";

/** What is watched. */
export type Watched = "run" | "live";

/** Keys as the screen names them (more than one apart by spaces), what they do, as people are told, and in words; and of what, where it is of one only. */
type Binding = readonly [keys: string, action: Action, shown: string, meaning: string, of?: Watched];

interface Group {
  readonly title: string;
  /** Null: of both. */
  readonly of: Watched | null;
  readonly keys: readonly Binding[];
}

const groups: readonly Group[] = [
  {
    title: "Look at",
    of: null,
    keys: [
      ["1", "cluster", "1", "the cluster"],
      ["2", "node", "2", "the chosen node"],
      ["3", "links", "3", "links and faults"],
      ["4", "events", "4", "events"],
      ["5", "what-if", "5", "what if: crash, cut, heal, lose a message", "run"],
      ["tab", "next-pane", "tab", "next pane"],
      ["shift-tab", "previous-pane", "shift-tab", "pane before"],
      ["c", "next-context", "c", "next context"],
    ],
  },
  {
    title: "Choose",
    of: null,
    keys: [
      ["left h", "left", "← h", "node before"],
      ["right l", "right", "→ l", "next node"],
      ["up k", "up", "↑ k", "up"],
      ["down j", "down", "↓ j", "down"],
      ["pageup ctrl-b", "page-up", "page up", "a page up"],
      ["pagedown ctrl-f", "page-down", "page down", "a page down"],
      ["home", "top", "home", "first"],
      ["end G", "bottom", "end G", "last; the log follows"],
      ["return", "enter", "enter", "open, or try what is chosen", "run"],
      ["return", "enter", "enter", "open the chosen node", "live"],
      ["escape b", "back", "esc b", "back; to the run as it was", "run"],
      ["escape b", "back", "esc b", "back to the cluster", "live"],
    ],
  },
  {
    title: "Time",
    of: "run",
    keys: [
      ["space", "pause", "space", "play, pause"],
      ["+ =", "faster", "+", "faster"],
      ["- _", "slower", "-", "slower"],
      ["r", "reverse", "r", "play backwards, forwards"],
      [".", "event-forward", ".", "one event on"],
      [",", "event-back", ",", "one event back"],
      [">", "second-forward", ">", "one second on"],
      ["<", "second-back", "<", "one second back"],
      ["]", "next-mark", "]", "to the next fault or violation"],
      ["[", "previous-mark", "[", "to the one before"],
      ["g", "go-to", "g", "go to 12.5s, or to event #4096"],
    ],
  },
  {
    title: "Log",
    of: null,
    keys: [
      ["/", "filter-text", "/", "only what has this text"],
      ["n", "filter-node", "n", "only the chosen node, all"],
      ["t", "filter-kind", "t", "only one kind, the next, all"],
    ],
  },
  {
    title: "Live nodes",
    of: "live",
    keys: [
      ["s", "sync-now", "s", "have the chosen node sync now"],
      ["p", "retry-parked", "p", "have it retry parked work"],
    ],
  },
  {
    title: "Leave",
    of: null,
    keys: [
      ["q", "quit", "q", "leave"],
      ["ctrl-c", "interrupt", "ctrl-c", "leave at once"],
      ["?", "help", "?", "these keys"],
    ],
  },
];

/** For the last line, what is most of use first: of which panes (of all, where none is named) and of what. */
const hints: readonly (readonly [
  key: string,
  meaning: string,
  panes: readonly PaneName[],
  of: Watched | null,
])[] = [
  ["q", "quit", [], null],
  ["?", "keys", [], null],
  ["1-5", "panes", [], "run"],
  ["1-4", "panes", [], "live"],
  ["space", "play", [], "run"],
  ["← →", "node", ["cluster", "node", "links", "what-if"], null],
  ["enter", "open", ["cluster"], null],
  ["b", "back", ["what-if"], null],
  ["[ ]", "fault or violation", ["cluster", "node", "links"], "run"],
  ["/", "text", ["events"], null],
  ["n", "node", ["events"], null],
  ["t", "kind", ["events"], null],
  ["G", "follow", ["events"], null],
  ["+ -", "speed", ["cluster"], "run"],
  [", .", "event", ["cluster", "node", "events"], "run"],
  ["s", "sync now", [], "live"],
];

/** Null for a key that does nothing here. */
export function actionOf(key: string, watched: Watched): Action | null {
  const name = key === " " ? "space" : key;
  const bindings = groupsOf(watched).flatMap(({ keys }) => keys);
  return bindings.find(([keys]) => keys.split(" ").includes(name))?.[1] ?? null;
}

export function hintsOf(pane: PaneName, watched: Watched): readonly KeyHint[] {
  return hints.flatMap(([key, meaning, panes, of]) =>
    (of ?? watched) === watched && (panes.length === 0 || panes.includes(pane)) ? [{ key, meaning }] : [],
  );
}

export function helpOf(watched: Watched): readonly HelpGroup[] {
  return groupsOf(watched).map(({ title, keys }) => ({
    title,
    keys: keys.map(([, , shown, meaning]) => ({ keys: shown, meaning })),
  }));
}

function groupsOf(watched: Watched): readonly Group[] {
  return groups
    .filter(({ of }) => (of ?? watched) === watched)
    .map((group) => ({ ...group, keys: group.keys.filter(([, , , , of]) => (of ?? watched) === watched) }));
}
