/** Failed runs, grouped by what went wrong in them. */

import type { SimulationResult } from "../result.ts";
import { signatureOf } from "./signature.ts";

export interface FailureGroup {
  readonly signature: string;
  readonly seeds: readonly number[];
  /** The result of the first seed. */
  readonly first: SimulationResult;
}

export class Failures {
  readonly #groups = new Map<string, { readonly seeds: number[]; readonly first: SimulationResult }>();

  /** Takes a result that did not pass; gives its signature, and whether it is the first of its kind. */
  add(result: SimulationResult): { readonly signature: string; readonly nth: number } {
    const [earliest] = result.violations;
    const signature = earliest === undefined ? result.outcome : signatureOf(earliest);
    const group = this.#groups.get(signature) ?? { seeds: [], first: result };
    this.#groups.set(signature, group);
    group.seeds.push(result.seed);
    return { signature, nth: group.seeds.length };
  }

  /** The largest first. */
  groups(): readonly FailureGroup[] {
    return Array.from(this.#groups, ([signature, group]) => ({ signature, ...group })).sort(
      (a, b) => b.seeds.length - a.seeds.length,
    );
  }
}
