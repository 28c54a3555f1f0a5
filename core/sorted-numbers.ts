/** Sets of whole numbers, as ascending lists. */

/** Of ascending numbers those in either; the very array that has the other's too, as one mostly does. O(both). */
export function mergedNumbers(a: readonly number[], b: readonly number[]): readonly number[] {
  const all: number[] = [];
  let [ofA, ofB] = [0, 0];
  while (ofA < a.length || ofB < b.length) {
    const [one, other] = [a[ofA] ?? Number.POSITIVE_INFINITY, b[ofB] ?? Number.POSITIVE_INFINITY];
    all.push(Math.min(one, other));
    if (one <= other) ofA += 1;
    if (other <= one) ofB += 1;
  }
  if (all.length === a.length) return a;
  return all.length === b.length ? b : all;
}
