/**
 * Which of some entities differ between two sides, from sums alone that are as few as the differences (the syndromes
 * of a Reed-Solomon code, as set reconciliation uses them: Minsky, Trachtenberg and Zippel, 2003). The k-th sum is
 * that of value · place^k over all entities, modulo a prime; an entity that both have alike cancels out of the
 * difference of two sides' sums, and of what is left the places follow: a polynomial is zero at these and nowhere
 * else (Berlekamp 1968, Massey 1969). It is what is asked with: the other side need not know what it means.
 */

import { modulus } from "./short-hash.ts";

export interface Summand {
  readonly place: number;
  readonly value: number;
}

/** The first `count` sums. O(entities · count). */
export function sumsOf(summands: readonly Summand[], count: number): readonly number[] {
  const sums = new Array<number>(count).fill(0);
  for (const { place, value } of summands) {
    let term = value;
    for (let index = 0; index < count; index += 1) {
      sums[index] = ((sums[index] as number) + term) % modulus;
      term = (term * place) % modulus;
    }
  }
  return sums;
}

/** Coefficients from the constant one on; the leading one is 1 and left out. */
export type Locator = readonly number[];

/**
 * What is zero at the places where two sides differ. Null when they differ in more than the sums can tell: an odd
 * one is left to see that, so `count` sums tell of (count − 1) / 2 differences. O(count²).
 */
export function locate(ours: readonly number[], theirs: readonly number[]): Locator | null {
  const sums = ours.map((sum, index) => (modulus + (theirs[index] as number) - sum) % modulus);
  const connection = connectionOf(sums);
  const degree = connection.length - 1;
  if (2 * degree >= sums.length) return null;
  return connection.slice(1).reverse();
}

/** Is the polynomial zero at this place? O(differences). */
export function isLocated(locator: Locator, place: number): boolean {
  let value = 1;
  for (let index = locator.length - 1; index >= 0; index -= 1)
    value = (value * place + (locator[index] as number)) % modulus;
  return value === 0;
}

/** The shortest recurrence that gives these sums: coefficients from the constant one, which is 1, on. */
function connectionOf(sums: readonly number[]): readonly number[] {
  let [current, before]: [number[], number[]] = [[1], [1]];
  let [length, gap, last] = [0, 1, 1];
  for (let index = 0; index < sums.length; index += 1) {
    let discrepancy = 0;
    for (let each = 0; each <= length; each += 1)
      discrepancy = (discrepancy + (current[each] ?? 0) * (sums[index - each] as number)) % modulus;
    if (discrepancy === 0) {
      gap += 1;
      continue;
    }
    const corrected = subtracted(current, before, { factor: (discrepancy * inverse(last)) % modulus, gap });
    if (2 * length <= index) {
      before = current;
      [length, gap, last] = [index + 1 - length, 1, discrepancy];
    } else {
      gap += 1;
    }
    current = corrected;
  }
  return Array.from({ length: length + 1 }, (_, index) => current[index] ?? 0);
}

/** a − factor · z^gap · b. */
function subtracted(
  a: readonly number[],
  b: readonly number[],
  { factor, gap }: { readonly factor: number; readonly gap: number },
): number[] {
  return Array.from({ length: Math.max(a.length, b.length + gap) }, (_, index) => {
    const taken = (factor * (b[index - gap] ?? 0)) % modulus;
    return ((a[index] ?? 0) + modulus - taken) % modulus;
  });
}

/** By Fermat's little theorem. */
function inverse(value: number): number {
  let [result, power] = [1, value];
  for (let exponent = modulus - 2; exponent > 0; exponent = Math.floor(exponent / 2)) {
    if (exponent % 2 === 1) result = (result * power) % modulus;
    power = (power * power) % modulus;
  }
  return result;
}
