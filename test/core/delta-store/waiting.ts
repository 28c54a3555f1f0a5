// Deltas as the store sees them, without codec or signatures, and a check of the indexes of those that wait.

import * as assert from "uvu/assert";
import type { CausalDelta, DeltaContent } from "../../../core/dag/delta.ts";
import type { PendingMemory } from "../../../core/delta-store/pending.ts";
import { type AuthorId, byteString, type ContextId, type DeltaId, type Hash } from "../../../core/ids.ts";
import { Turn } from "../../../core/turn.ts";
import type { SimDisk } from "../../../sim/world/disk.ts";
import { hashOf, incarnation, openGenesis } from "../authors.ts";
import type { History } from "../dag/histories.ts";
import { idOf } from "../dag/histories.ts";

export interface Bare {
  readonly author?: string;
  readonly bytes?: number;
  readonly content?: DeltaContent;
}

export const contextId = idOf(0) as string as ContextId;
export const merge: DeltaContent = { kind: "merge" };

/** A delta of a history, without anything that a codec would care for. */
export function bareDelta(id: DeltaId, parents: readonly DeltaId[], about: Bare = {}): CausalDelta {
  const { author = "ann", bytes = 100, content = merge } = about;
  return Object.freeze({
    kind: "delta" as const,
    id,
    contextId,
    parents,
    author: byteString<AuthorId>(hashOf(author)),
    incarnation,
    hlc: { ms: 0, counter: 0 },
    content,
    events: [],
    bodyDigest: byteString<Hash>(hashOf(id)),
    sealed: new Uint8Array(bytes),
  });
}

/** All of a history, the genesis first. */
export function bareDeltas(
  history: History,
  about: (position: number) => Bare = () => ({}),
): readonly CausalDelta[] {
  const genesis: DeltaContent = { ...openGenesis, application: "kv-store" };
  return history.map((parents, position) =>
    bareDelta(idOf(position), parents.map(idOf).sort(), {
      ...about(position),
      ...(position === 0 ? { content: genesis } : {}),
    }),
  );
}

export function turnOn(disk: SimDisk, monotonicMs = 0): Turn {
  return new Turn({ monotonicMs, wallMs: 0 }, disk);
}

/** Every index holds what the deltas that wait call for, and nothing else. */
export function assertIndexed(memory: PendingMemory, isApplied: (id: DeltaId) => boolean): void {
  const waiting = Array.from(memory.waiting.values());
  const childrenOf = new Map<DeltaId, Set<DeltaId>>();
  const byAuthor = new Map<AuthorId, { ids: Set<DeltaId>; bytes: number }>();
  for (const { delta, unapplied } of waiting) {
    const open = delta.parents.filter((parent) => !isApplied(parent));
    assert.is(unapplied, open.length);
    for (const parent of open) childrenOf.set(parent, (childrenOf.get(parent) ?? new Set()).add(delta.id));
    const share = byAuthor.get(delta.author) ?? { ids: new Set(), bytes: 0 };
    byAuthor.set(delta.author, { ids: share.ids.add(delta.id), bytes: share.bytes + delta.sealed.length });
  }
  assert.equal(new Map([...memory.children].sort()), new Map([...childrenOf].sort()));
  assert.equal(new Map([...memory.byAuthor].sort()), new Map([...byAuthor].sort()));
  assert.is(
    memory.bytes,
    waiting.reduce((sum, { delta }) => sum + delta.sealed.length, 0),
  );
}
