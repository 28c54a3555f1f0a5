/** All keys, in as many columns as fit. */

import type { Size } from "../grid.ts";
import type { HelpGroup } from "../pane-views.ts";
import { type Line, span } from "../text.ts";
import { besideEachOther, windowOf } from "./rows.ts";

const besideFromColumns = 90;
const keyColumns = 10;

export function drawHelpPane(
  groups: readonly HelpGroup[],
  { columns, rows, scroll }: Size & { readonly scroll: number },
): readonly Line[] {
  const blocks = groups.map(({ title, keys }): readonly Line[] => [
    [span(title, "bold")],
    ...keys.map(
      ({ keys: shown, meaning }): Line => [span(`  ${shown.padEnd(keyColumns)}`), span(meaning, "dim")],
    ),
  ]);
  const marks: readonly Line[] = [
    [span("Marks", "bold")],
    ...[
      ["■ A", "equal colours or letters are equal states"],
      ["◆", "the chosen node"],
      ["↕ ≈", "syncing; lagging behind those it can hear"],
      ["✕ ‖ ‡", "crashed; paused; byzantine"],
      ["○ ◌ – ·", "joining; not there yet; left; not a member"],
    ].map(([mark = "", meaning = ""]): Line => [span(`  ${mark.padEnd(keyColumns)}`), span(meaning, "dim")]),
  ];
  const all = [...blocks, marks];
  if (columns < besideFromColumns)
    return windowOf(
      all.flatMap((block, index) => (index === 0 ? block : [[], ...block])),
      { scroll, rows },
    );
  const half = splitByHeight(all);
  const join = (part: readonly (readonly Line[])[]) =>
    part.flatMap((block, index) => (index === 0 ? block : [[], ...block]));
  const leftColumns = Math.floor(columns / 2) - 1;
  const lines = besideEachOther(join(all.slice(0, half)), join(all.slice(half)), {
    leftColumns,
    gapColumns: 2,
  });
  return windowOf(lines, { scroll, rows });
}

/** How many blocks go to the left, so that both sides are about as high. */
function splitByHeight(blocks: readonly (readonly Line[])[]): number {
  const total = blocks.reduce((sum, { length }) => sum + length + 1, 0);
  let height = 0;
  for (const [index, { length }] of blocks.entries()) {
    if (height >= total / 2) return index;
    height += length + 1;
  }
  return blocks.length;
}
