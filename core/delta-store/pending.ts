/**
 * Deltas that wait for parents. Bounded in count and bytes, shared fairly: over a bound, the author with the
 * most of what is short loses its oldest. What is dropped can be fetched again. Invariants 8 and 14.
 */

import { present } from "../assert.ts";
import type { CausalDelta } from "../dag/delta.ts";
import type { AuthorId, DeltaId } from "../ids.ts";

interface Waiting {
  readonly delta: CausalDelta;
  readonly sinceMs: number;
  /** Parents not applied yet. */
  unapplied: number;
}

/** What of an author waits. */
interface Share {
  /** In order of arrival. */
  readonly ids: Set<DeltaId>;
  bytes: number;
}

export interface PendingMemory {
  readonly waiting: Map<DeltaId, Waiting>;
  /** By parent: who waits for it. */
  readonly children: Map<DeltaId, Set<DeltaId>>;
  readonly byAuthor: Map<AuthorId, Share>;
  /** Those that wait for no parents, but for others' word. */
  readonly held: Set<DeltaId>;
  bytes: number;
}

export function createPendingMemory(): PendingMemory {
  return { waiting: new Map(), children: new Map(), byAuthor: new Map(), held: new Set(), bytes: 0 };
}

export interface PendingBounds {
  readonly deltasMax: number;
  readonly bytesMax: number;
}

export class Pending {
  readonly #memory: PendingMemory;
  readonly #bounds: PendingBounds;

  constructor(memory: PendingMemory, bounds: PendingBounds) {
    this.#memory = memory;
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#memory.waiting.size;
  }

  get bytes(): number {
    return this.#memory.bytes;
  }

  has(id: DeltaId): boolean {
    return this.#memory.waiting.has(id);
  }

  /** Parents that are waited for and neither wait here themselves nor satisfy `isKnown`. O(parents waited for). */
  missing(isKnown: (id: DeltaId) => boolean): readonly DeltaId[] {
    return Array.from(this.#memory.children.keys()).filter((id) => !this.has(id) && !isKnown(id));
  }

  get holdsAny(): boolean {
    return this.#memory.held.size > 0;
  }

  /** Deltas that wait for others' word, in order of arrival. */
  held(): readonly CausalDelta[] {
    return Array.from(this.#memory.held, (id) => present(this.#memory.waiting.get(id), "a held delta").delta);
  }

  /** The authors of what waits for a delta, directly or not. O(that). */
  authorsAbove(id: DeltaId): ReadonlySet<AuthorId> {
    const { children, waiting } = this.#memory;
    const above = new Set([id]);
    const authors = new Set<AuthorId>();
    for (const each of above) {
      for (const child of children.get(each) ?? []) {
        above.add(child);
        authors.add(present(waiting.get(child), "a child that waits").delta.author);
      }
    }
    return authors;
  }

  /** Keeps a delta until its unapplied parents are applied; one without any, until it is removed. Gives what a bound pushed out, which may be the delta itself. */
  add(delta: CausalDelta, unapplied: readonly DeltaId[], nowMs: number): readonly DeltaId[] {
    const { waiting, children, byAuthor } = this.#memory;
    waiting.set(delta.id, { delta, sinceMs: nowMs, unapplied: unapplied.length });
    for (const parent of unapplied) addToSet(children, parent, delta.id);
    if (unapplied.length === 0 && delta.content.kind !== "needs-upgrade") this.#memory.held.add(delta.id);
    const share = byAuthor.get(delta.author) ?? { ids: new Set(), bytes: 0 };
    byAuthor.set(delta.author, share);
    share.ids.add(delta.id);
    share.bytes += delta.sealed.length;
    this.#memory.bytes += delta.sealed.length;
    return this.#evict();
  }

  /**
   * A parent was applied: gives the deltas that waited for nothing else, and keeps them no more. Those that need
   * an upgrade go on waiting. O(children).
   */
  release(parent: DeltaId): readonly CausalDelta[] {
    const released: CausalDelta[] = [];
    for (const id of this.#memory.children.get(parent) ?? []) {
      const child = present(this.#memory.waiting.get(id), "a child that waits");
      child.unapplied -= 1;
      if (child.unapplied === 0 && child.delta.content.kind !== "needs-upgrade") released.push(child.delta);
    }
    this.#memory.children.delete(parent);
    for (const delta of released) this.remove(delta.id);
    return released;
  }

  /** Drops a delta from every index. O(parents). */
  remove(id: DeltaId): void {
    const { waiting, children, byAuthor } = this.#memory;
    const entry = waiting.get(id);
    if (entry === undefined) return;
    const { author, parents, sealed } = entry.delta;
    waiting.delete(id);
    this.#memory.held.delete(id);
    this.#memory.bytes -= sealed.length;
    const share = present(byAuthor.get(author), "the share of an author with pending deltas");
    share.ids.delete(id);
    share.bytes -= sealed.length;
    if (share.ids.size === 0) byAuthor.delete(author);
    for (const parent of parents) removeFromSet(children, parent, id);
  }

  /** Drops what has waited since before the given time, but for what only waits until this node is upgraded. */
  removeOlderThan(sinceMs: number): readonly DeltaId[] {
    const aged: DeltaId[] = [];
    for (const [id, entry] of this.#memory.waiting) {
      if (entry.sinceMs >= sinceMs) break;
      if (entry.delta.content.kind !== "needs-upgrade") aged.push(id);
    }
    for (const id of aged) this.remove(id);
    return aged;
  }

  /** Drops what is over a bound: of the author with the most deltas, or with the most bytes. O(authors) for each. */
  #evict(): readonly DeltaId[] {
    const evicted: DeltaId[] = [];
    for (;;) {
      const isCrowded = this.count > this.#bounds.deltasMax;
      if (!isCrowded && this.bytes <= this.#bounds.bytesMax) return evicted;
      const id = this.#oldestOfBusiest((share) => (isCrowded ? share.ids.size : share.bytes));
      this.remove(id);
      evicted.push(id);
    }
  }

  #oldestOfBusiest(weigh: (share: Share) => number): DeltaId {
    let busiest: Share | undefined;
    for (const share of this.#memory.byAuthor.values()) {
      if (busiest === undefined || weigh(share) > weigh(busiest)) busiest = share;
    }
    const [oldest] = present(busiest, "an author with pending deltas").ids;
    return present(oldest, "the author's oldest pending delta");
  }
}

function addToSet<Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function removeFromSet<Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
