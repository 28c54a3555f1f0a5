/**
 * The nodes, arranged by the sides of the current cuts, in the roomiest cells that fit. The sides stand beside
 * each other with a wall where they are cut off; sides too many for that follow one another.
 */

import { type CellStyle, cellStyles } from "./cells.ts";
import { type Line, lineWidth, padLine, type Span, span } from "./text.ts";
import type { Theme } from "./theme.ts";
import type { NodeView, SideView } from "./view-model.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Grid {
  readonly lines: readonly Line[];
  /** How many nodes share a cell. */
  readonly nodesPerCell: number;
  readonly places: readonly Place[];
}

/** Where on the grid a node is; those that share a cell share its place. */
export interface Place {
  readonly id: string;
  readonly row: number;
  readonly column: number;
}

const wallColumns = 3;
const sideColumnsMin = 7;
/** So few sides stand beside each other even if cells must be smaller for it. */
const sidesBesideWanted = 4;

/** At most as many lines as there are rows, each at most as wide as there are columns. */
export function drawGrid(sides: readonly SideView[], size: Size, theme: Theme): Grid {
  if (size.columns < 1 || size.rows < 1) return { lines: [], nodesPerCell: 1, places: [] };
  const styles = cellStyles(
    sides.flatMap(({ nodes }) => nodes),
    theme,
  );
  const ways =
    sides.length <= sidesBesideWanted
      ? [
          ...styles.map((style) => ({ style, draw: drawBeside })),
          ...styles.map((style) => ({ style, draw: drawInARow })),
        ]
      : styles.flatMap((style) => [
          { style, draw: drawBeside },
          { style, draw: drawInARow },
        ]);
  for (const { style, draw } of ways) {
    const drawn = draw(sides, { style, size, theme });
    if (drawn !== null) return { ...drawn, nodesPerCell: style.nodes };
  }
  return { lines: [[span("too small to show the nodes", "dim")]], nodesPerCell: 1, places: [] };
}

type Drawn = Pick<Grid, "lines" | "places">;

interface Drawing {
  readonly style: CellStyle;
  readonly size: Size;
  readonly theme: Theme;
}

/** Each side in a column of its own; null when that does not fit. */
function drawBeside(sides: readonly SideView[], { style, size, theme }: Drawing): Drawn | null {
  const hasHeader = sides.length > 1;
  const rowsMax = Math.floor((size.rows - Number(hasHeader) + style.gapRows) / style.rows);
  const columnsMax = size.columns - wallColumns * (sides.length - 1);
  for (let rows = 1; rows <= rowsMax; rows += 1) {
    const widths = sides.map(({ nodes }) => {
      const cells = Math.ceil(nodes.length / style.nodes);
      const columns = Math.ceil(cells / rows) * style.columns - style.gapColumns;
      return hasHeader ? Math.max(columns, sideColumnsMin) : columns;
    });
    if (widths.reduce((sum, width) => sum + width, 0) > columnsMax) continue;
    const blocks = sides.map(({ nodes }, index) =>
      drawCells(bundles(nodes, style.nodes), { style, theme, columns: widths[index] ?? 0 }),
    );
    const height = blocks.reduce((max, block) => Math.max(max, block.length), 0);
    const lines = Array.from({ length: height }, (_, row) =>
      beside(sides, widths, (index) => blocks[index]?.[row] ?? []),
    );
    const places = sides.flatMap(({ nodes }, index) => {
      const offset = widths.slice(0, index).reduce((sum, width) => sum + width + wallColumns, 0);
      return placesOf(bundles(nodes, style.nodes), { style, columns: widths[index] ?? 0, offset });
    });
    return { lines: hasHeader ? [headerOf(sides, widths), ...lines] : lines, places };
  }
  return null;
}

/** All sides one after the other, with a wall for a cell between them; null when that does not fit. */
function drawInARow(sides: readonly SideView[], { style, size, theme }: Drawing): Drawn | null {
  if (sides.length === 1) return null;
  const cells = sides.flatMap(({ nodes, name }, index): readonly (readonly NodeView[] | Wall)[] => {
    const own = bundles(nodes, style.nodes);
    return index === 0 ? own : [{ isUp: name !== sides[index - 1]?.name }, ...own];
  });
  const across = Math.floor((size.columns + style.gapColumns) / style.columns);
  if (across < 1) return null;
  const rows = Math.ceil(cells.length / across);
  if (rows * style.rows - style.gapRows > size.rows) return null;
  const { columns } = size;
  return {
    lines: drawCells(cells, { style, theme, columns }),
    places: placesOf(cells, { style, columns, offset: 0 }),
  };
}

interface Wall {
  readonly isUp: boolean;
}

function drawCells(
  cells: readonly (readonly NodeView[] | Wall)[],
  { style, theme, columns }: { readonly style: CellStyle; readonly theme: Theme; readonly columns: number },
): readonly Line[] {
  const across = cellsAcross(style, columns);
  const height = style.rows - style.gapRows;
  const lines: Line[] = [];
  for (let start = 0; start < cells.length; start += across) {
    const drawn = cells
      .slice(start, start + across)
      .map((cell) => ("isUp" in cell ? drawWall(cell, height) : style.draw(cell, theme)));
    if (start > 0) for (let gap = 0; gap < style.gapRows; gap += 1) lines.push([]);
    for (let row = 0; row < height; row += 1) {
      const width = style.columns - style.gapColumns;
      const parts = drawn.map((cell) => padLine(cell[row] ?? [], width));
      lines.push(parts.flatMap((part, index) => (index === 0 ? part : [gapOf(style), ...part])));
    }
  }
  return lines;
}

function placesOf(
  cells: readonly (readonly NodeView[] | Wall)[],
  {
    style,
    columns,
    offset,
  }: { readonly style: CellStyle; readonly columns: number; readonly offset: number },
): readonly Place[] {
  const across = cellsAcross(style, columns);
  return cells.flatMap((cell, index) => {
    if ("isUp" in cell) return [];
    const place = { row: Math.floor(index / across), column: offset + (index % across) * style.columns };
    return cell.map(({ id }) => ({ id, ...place }));
  });
}

function cellsAcross({ gapColumns, columns: cellColumns }: CellStyle, columns: number): number {
  return Math.max(1, Math.floor((columns + gapColumns) / cellColumns));
}

function drawWall({ isUp }: Wall, height: number): readonly Line[] {
  return Array.from({ length: height }, () => [span(isUp ? "┃" : " ", "wall")]);
}

function gapOf({ gapColumns }: CellStyle): Span {
  return span(" ".repeat(gapColumns));
}

function headerOf(sides: readonly SideView[], widths: readonly number[]): Line {
  const isCut = sides.some(({ name }) => name !== sides[0]?.name);
  return beside(sides, widths, (index) => {
    const side = sides[index];
    if (side === undefined || !isCut) return [];
    const { name, nodes } = side;
    const long = [span(`side ${name}`, "bold"), span(` · ${nodes.length} nodes`, "dim")];
    const short = [span(name, "bold"), span(` ${nodes.length}`, "dim")];
    return lineWidth(long) <= (widths[index] ?? 0) ? long : short;
  });
}

/** A line made of a part for each side, with the walls between them. */
function beside(sides: readonly SideView[], widths: readonly number[], part: (index: number) => Line): Line {
  return sides.flatMap(({ name }, index) => {
    const own = padLine(part(index), widths[index] ?? 0);
    if (index === 0) return own;
    return [span(name === sides[index - 1]?.name ? "   " : " ┃ ", "wall"), ...own];
  });
}

function bundles(nodes: readonly NodeView[], size: number): readonly (readonly NodeView[])[] {
  const count = Math.ceil(nodes.length / size);
  return Array.from({ length: count }, (_, index) => nodes.slice(index * size, (index + 1) * size));
}
