/**
 * The name that somebody who misspelt it probably meant: fewest insertions, deletions, replacements and swaps
 * of neighbours (optimal string alignment; Damerau 1964, Levenshtein 1965).
 */

/** The nearest of the names, or null if none is near. Upper and lower case count as the same, at first. */
export function nearestName(name: string, names: Iterable<string>): string | null {
  const wanted = name.toLowerCase();
  const farthest = Math.max(1, Math.floor(wanted.length / 3));
  let nearest: string | null = null;
  let least = farthest + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - wanted.length) >= least) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** `; did you mean "nodes"?`, or nothing. For the end of a message. */
export function suggestion(name: string, names: Iterable<string>): string {
  const nearest = nearestName(name, names);
  return nearest === null ? "" : `; did you mean "${nearest}"?`;
}

/** O(length of a × length of b). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        cell(last, column) + 1,
        cell(current, column - 1) + 1,
        cell(last, column - 1) + (same ? 0 : 1),
        swapped ? cell(beforeLast, column - 2) + 1 : a.length + b.length,
      );
    }
    beforeLast = last;
    last = current;
  }
  return cell(last, b.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] as number;
}
