/** How long deltas take from being made to being applied elsewhere. */

import type { CausalDelta } from "../core/dag/delta.ts";
import type { DeltaId } from "../core/ids.ts";

/** How many of the latest samples `recentMedianMs` looks at. */
const recentSamples = 1_000;

export class Propagation {
  readonly #made = new Map<DeltaId, { readonly node: number; readonly timeUs: number }>();
  readonly #samplesUs: number[] = [];

  /** A node applied a delta; the first to do so is its maker. True when it was another. */
  applied(delta: CausalDelta, { node, nowUs }: { readonly node: number; readonly nowUs: number }): boolean {
    const made = this.#made.get(delta.id);
    if (made === undefined) {
      this.#made.set(delta.id, { node, timeUs: nowUs });
      return false;
    }
    if (made.node === node) return false;
    this.#samplesUs.push(nowUs - made.timeUs);
    return true;
  }

  /** Of the latest samples, in milliseconds; null when nothing has travelled yet. Cheap enough to ask often. */
  recentMedianMs(): number | null {
    const sorted = Float64Array.from(this.#samplesUs.slice(-recentSamples)).sort();
    const median = sorted[Math.floor(sorted.length / 2)];
    return median === undefined ? null : median / 1_000;
  }

  /** In milliseconds; null when nothing ever travelled. O(n log n). */
  percentiles(): { readonly p50: number | null; readonly p99: number | null; readonly max: number | null } {
    const sorted = Float64Array.from(this.#samplesUs).sort();
    const at = (fraction: number): number | null => {
      const sample = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))];
      return sample === undefined ? null : sample / 1_000;
    };
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
