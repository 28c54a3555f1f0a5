/** How nodes are drawn: from a labelled tile each, where there is room, down to several nodes in one column. */

import { cut, type Line, type Span, span, widthOf } from "./text.ts";
import type { Style, Theme } from "./theme.ts";
import type { NodeMark, NodeView } from "./view-model.ts";

/** A way to draw nodes. Sizes include the gap to the next cell. */
export interface CellStyle {
  readonly columns: number;
  readonly rows: number;
  readonly gapColumns: number;
  readonly gapRows: number;
  /** How many nodes share a cell. */
  readonly nodes: number;
  /** The lines of a cell without gaps, each `columns - gapColumns` wide. */
  draw(nodes: readonly NodeView[], theme: Theme): readonly Line[];
}

export const markGlyphs: Readonly<Record<Exclude<NodeMark, "up">, string>> = {
  syncing: "↕",
  lagging: "≈",
  byzantine: "‡",
  paused: "‖",
  joining: "○",
  outside: "·",
  down: "✕",
  absent: "◌",
  left: "–",
};

const tileFill: Readonly<Record<NodeMark, string>> = {
  up: "█",
  syncing: "█",
  lagging: "▓",
  byzantine: "▚",
  paused: "▒",
  joining: "░",
  outside: " ",
  down: "░",
  absent: " ",
  left: " ",
};

const selectedGlyph = "◆";
const labelledNodesMax = 40;
const labelColumnsMax = 10;
const tileSizes = [
  { columns: 14, rows: 5 },
  { columns: 10, rows: 3 },
  { columns: 6, rows: 2 },
];
const bundleSizes = [2, 3, 4, 5, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** From the roomiest to the tightest; the last holds any number of nodes that a scenario may have. */
export function cellStyles(nodes: readonly NodeView[], theme: Theme): readonly CellStyle[] {
  return [
    ...(nodes.length <= labelledNodesMax ? labelled(nodes) : []),
    ...(theme.hasColours ? [block("████", 1), block("███", 1), block("██", 1), block("▆▆", 0)] : []),
    block("■", 0),
    bundle(1),
    ...bundleSizes.map(bundle),
  ];
}

export function markStyle(mark: NodeMark, slot: number | null): Style {
  if (mark === "down") return "bad";
  return slot === null ? "dim" : `slot-${slot}`;
}

function labelled(nodes: readonly NodeView[]): readonly CellStyle[] {
  const longest = nodes.reduce((max, { id }) => Math.max(max, widthOf(id)), 0);
  const label = Math.min(longest, labelColumnsMax) + 2;
  return [...tileSizes.map(({ columns, rows }) => tile(Math.max(columns, label), rows)), named(label)];
}

/** A block with the node's name below it. */
function tile(columns: number, blockRows: number): CellStyle {
  return {
    ...{ columns: columns + 2, rows: blockRows + 2, gapColumns: 2, gapRows: 1, nodes: 1 },
    draw: each((node, theme) => [
      ...Array.from({ length: blockRows }, () => fill(node, columns, theme)),
      [name(node, columns)],
    ]),
  };
}

/** A small block with the node's name beside it. */
function named(label: number): CellStyle {
  return {
    ...{ columns: label + 3, rows: 1, gapColumns: 1, gapRows: 0, nodes: 1 },
    draw: each((node, theme) => [[glyph(node, { block: "██", theme }), span(" "), name(node, label - 1)]]),
  };
}

/** Nodes without their names, with a column between them. */
function block(shape: string, gapRows: number): CellStyle {
  return {
    ...{ columns: shape.length + 1, rows: 1 + gapRows, gapColumns: 1, gapRows, nodes: 1 },
    draw: each((node, theme) => [[glyph(node, { block: shape, theme })]]),
  };
}

/** Several nodes in one column: the root that most have, and whether it is all of them. */
function bundle(size: number): CellStyle {
  return {
    ...{ columns: 1, rows: 1, gapColumns: 0, gapRows: 0, nodes: size },
    draw(nodes, theme) {
      const [first] = nodes;
      if (first === undefined) return [[]];
      const slot = commonest(nodes);
      if (nodes.some(({ isSelected }) => isSelected)) return [[span(selectedGlyph, markStyle("up", slot))]];
      if (nodes.length === 1 || slot === null) return [[glyph(first, { block: "■", theme })]];
      if (nodes.every((node) => node.slot === slot)) return [[span(theme.glyph(slot, "■"), `slot-${slot}`)]];
      return [[span(theme.glyph(slot, "▒").toLowerCase(), `slot-${slot}`)]];
    },
  };
}

function each(draw: (node: NodeView, theme: Theme) => readonly Line[]): CellStyle["draw"] {
  return ([node], theme) => (node === undefined ? [] : draw(node, theme));
}

function glyph(
  { mark, slot, isSelected }: NodeView,
  { block: shape, theme }: { readonly block: string; readonly theme: Theme },
): Span {
  const style = markStyle(mark, slot);
  const [first = " "] = shape;
  const own = slot === null ? " " : theme.glyph(slot, first);
  // Where there is one column and no colour, who is equal to whom is more than who is busy.
  const isQuiet = mark === "up" || (shape.length === 1 && !theme.hasColours && slot !== null);
  const plain = mark === "up" || slot === null ? own : own.toLowerCase();
  const middle = isSelected ? selectedGlyph : isQuiet ? plain : markGlyphs[mark];
  const before = Math.floor((shape.length - 1) / 2);
  return span(own.repeat(before) + middle + own.repeat(shape.length - 1 - before), style);
}

function fill({ mark, slot }: NodeView, columns: number, theme: Theme): Line {
  const character = slot === null ? tileFill[mark] : theme.glyph(slot, tileFill[mark]);
  return [span(character.repeat(columns), markStyle(mark, slot))];
}

/** The node's id, after the mark it bears if any. */
function name({ id, mark, slot, isSelected }: NodeView, columns: number): Span {
  const marked = mark === "up" ? id : `${markGlyphs[mark]} ${id}`;
  const text = isSelected ? `${selectedGlyph} ${marked}` : marked;
  const shown = cut(text, columns);
  const missing = columns - widthOf(shown);
  return span(shown + " ".repeat(missing), nameStyle({ mark, slot, isSelected }));
}

function nameStyle({ mark, slot, isSelected }: Omit<NodeView, "id">): Style {
  if (isSelected) return "bold";
  return mark === "down" ? markStyle(mark, slot) : "dim";
}

/** The slot that most of the nodes have; null when none has one. */
function commonest(nodes: readonly NodeView[]): number | null {
  const counts = new Map<number, number>();
  for (const { slot } of nodes) if (slot !== null) counts.set(slot, (counts.get(slot) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most?.[0] ?? null;
}
