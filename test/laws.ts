// Laws: properties that must hold for every input fast-check can think of.
//
//   FC_RUNS=5000 npm test -- core/wire      more cases than the usual 300 of a cheap law
//   FC_SEED=123 npm test -- core/wire       the same cases again

import * as fc from "fast-check";

const runs = Number(process.env.FC_RUNS ?? 300);
const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 0x7fff_ffff));
console.log(`laws: FC_SEED=${seed} FC_RUNS=${runs}`);

/** Fails with the smallest counterexample found, and how to see it again. `share` of the usual number of cases, for costly laws. */
export function holds<Values>(property: fc.IProperty<Values>, { share = 1 } = {}): void {
  fc.assert(property, { seed, numRuns: Math.max(1, Math.round(runs * share)), includeErrorInReport: true });
}

/** The same of what happens over time. */
export async function holdsAsync<Values>(
  property: fc.IAsyncProperty<Values>,
  { share = 1 } = {},
): Promise<void> {
  const numRuns = Math.max(1, Math.round(runs * share));
  await fc.assert(property, { seed, numRuns, includeErrorInReport: true });
}
