/** Choosing among nodes on a grid. */

import type { Place } from "./grid.ts";

/** The node in the next row that is nearest to a column; the same one at the edge, or where nodes have no places. */
export function nearest(places: readonly Place[], id: string, direction: "up" | "down"): string {
  const from = places.find((place) => place.id === id);
  if (from === undefined) return id;
  const rows = places
    .map(({ row }) => row)
    .filter((row) => (direction === "up" ? row < from.row : row > from.row));
  const row = direction === "up" ? Math.max(...rows) : Math.min(...rows);
  const candidates = places.filter((place) => place.row === row);
  const distance = ({ column }: Place) => Math.abs(column - from.column);
  return candidates.reduce<Place>(
    (best, place) => (best === from || distance(place) < distance(best) ? place : best),
    from,
  ).id;
}
