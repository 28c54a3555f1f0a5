/**
 * How many interleavings there are, by formula. Each node's operations follow one another, and every delivery of an
 * operation's message follows the operation, and nothing else is ordered: a forest, whose linear extensions are
 * n! / (product over all steps of how many steps stand at or below them). Knuth, "The Art of Computer Programming",
 * volume 3, 5.1.4, exercise 20.
 */

/** By node: to how many other nodes the message of each of its operations goes, in the order of the operations. */
export type Deliveries = readonly (readonly number[])[];

export function countInterleavings(deliveries: Deliveries): bigint {
  let [steps, product] = [0n, 1n];
  for (const operations of deliveries) {
    let below = 0n;
    for (const count of [...operations].reverse()) {
      below += 1n + BigInt(count);
      product *= below;
    }
    steps += below;
  }
  return factorial(steps) / product;
}

function factorial(n: bigint): bigint {
  let product = 1n;
  for (let factor = 2n; factor <= n; factor += 1n) product *= factor;
  return product;
}
