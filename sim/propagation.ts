/** How long deltas take from being made to being applied elsewhere. */

import type { CausalDelta } from "../core/dag/delta.ts";
import type { DeltaId } from "../core/ids.ts";

/** How many of the latest samples `recentMedianMs` looks at. */
const recentSamples = 1_000;
/** Samples in a full part, which never changes again and is shared by copies of a run. */
const partSamples = 4_096;

export interface PropagationMemory {
  readonly made: Map<DeltaId, { readonly node: number; readonly timeUs: number }>;
  /** In microseconds, oldest first: full parts, frozen, and those after them. */
  readonly parts: (readonly number[])[];
  readonly latest: number[];
}

export class Propagation {
  readonly memory: PropagationMemory;

  constructor(memory: PropagationMemory = { made: new Map(), parts: [], latest: [] }) {
    this.memory = memory;
  }

  /** Was it applied anywhere? */
  knows(id: DeltaId): boolean {
    return this.memory.made.has(id);
  }

  /** A node applied a delta; the first to do so is its maker. True when it was another. */
  applied(delta: CausalDelta, { node, nowUs }: { readonly node: number; readonly nowUs: number }): boolean {
    const made = this.memory.made.get(delta.id);
    if (made === undefined) {
      this.memory.made.set(delta.id, Object.freeze({ node, timeUs: nowUs }));
      return false;
    }
    if (made.node === node) return false;
    const { parts, latest } = this.memory;
    latest.push(nowUs - made.timeUs);
    if (latest.length === partSamples) parts.push(Object.freeze(latest.splice(0)));
    return true;
  }

  /** Of the latest samples, in milliseconds; null when nothing has travelled yet. Cheap enough to ask often. */
  recentMedianMs(): number | null {
    const { parts, latest } = this.memory;
    const recent = [...(parts.at(-1) ?? []), ...latest].slice(-recentSamples);
    const sorted = Float64Array.from(recent).sort();
    const median = sorted[Math.floor(sorted.length / 2)];
    return median === undefined ? null : median / 1_000;
  }

  /** In milliseconds; null when nothing ever travelled. O(n log n). */
  percentiles(): { readonly p50: number | null; readonly p99: number | null; readonly max: number | null } {
    const { parts, latest } = this.memory;
    const sorted = Float64Array.from([...parts, latest].flat()).sort();
    const at = (fraction: number): number | null => {
      const sample = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))];
      return sample === undefined ? null : sample / 1_000;
    };
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
