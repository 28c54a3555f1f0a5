/**
 * What is missing here and who is asked for it: parents at once, from whoever sent their child; a whole session where
 * many wait, or where asking brought nothing.
 */

import type { ContextId, DeltaId, PeerId } from "../ids.ts";
import { idsMax } from "../limits.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import type { Services } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { Sessions } from "./sessions.ts";
import type { Delay, Wanted } from "./wanted.ts";

export interface MissingMemory {
  /** Missing parents that were asked for, and until when they are not asked for again. */
  readonly pulls: Map<DeltaId, number>;
  /** By context: sessions in a row that were started for something missing and brought nothing. */
  readonly fruitless: Map<ContextId, number>;
}

export function createMissingMemory(): MissingMemory {
  return { pulls: new Map(), fruitless: new Map() };
}

/** A pull not answered in this time may be tried again. */
const pullPatienceMs = 5_000;
const chased: Delay = [100, 300];
const behind: Delay = [0, 100];

interface MissingParts {
  readonly services: Services;
  readonly peers: Peers;
  readonly sessions: Sessions;
  readonly wanted: Wanted;
}

export class Missing {
  readonly #memory: MissingMemory;
  readonly #parts: MissingParts;

  constructor(memory: MissingMemory, parts: MissingParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  /** Asks for missing parents at once; from whoever sent their child, and by a whole session when many wait. */
  pull(
    replica: Replica,
    missing: readonly DeltaId[],
    { from, turn }: { readonly from: PeerId; readonly turn: Turn },
  ): void {
    const { services, sessions, wanted } = this.#parts;
    const { contextId } = replica;
    const nowMs = turn.now.monotonicMs;
    const { pulls } = this.#memory;
    if (replica.deltas.pending.count > services.config.pendingFallbackCount) {
      turn.observe("pending-many", { contextId, peer: from });
      this.chase(replica, { lastResort: from }, turn);
      return;
    }
    const unasked = missing.filter((id) => (pulls.get(id) ?? 0) <= nowMs).slice(0, idsMax);
    if (unasked.length === 0) return;
    const hasRoom = sessions.table.room.hasAny() && sessions.table.room.hasWith(from, nowMs);
    if (pulls.size > idsMax || !hasRoom) return wanted.add(contextId, from, { delay: behind, turn });
    for (const id of unasked) pulls.set(id, nowMs + pullPatienceMs);
    turn.observe("parents-pulled", { contextId, peer: from, amount: unasked.length });
    sessions.pull(replica, from, { ids: unasked, turn });
  }

  /**
   * Wants a session with a random subscriber because something is missing. As long as nothing comes of it the waits
   * double, up to the periodic sync's: what nobody has, be it an invention or gone with its author, must not keep
   * everyone asking everyone.
   */
  chase(replica: Replica, { avoid, lastResort }: { avoid?: PeerId; lastResort?: PeerId }, turn: Turn): void {
    const { services, peers, wanted } = this.#parts;
    const { contextId } = replica;
    if (wanted.hasAny(contextId)) return;
    const partners = peers.partners(replica);
    const others = partners.filter((peer) => peer !== avoid);
    const candidates = others.length > 0 ? others : partners;
    const chosen = candidates.length > 0 ? services.random.pick(candidates) : lastResort;
    if (chosen === undefined) return;
    const fruitless = this.#memory.fruitless.get(contextId) ?? 0;
    this.#memory.fruitless.set(contextId, fruitless + 1);
    const [minMs, maxMs] = chased;
    const waitMs = Math.min(services.config.syncFrequencyMs, minMs * (1 << Math.min(fruitless, 20)));
    wanted.add(contextId, chosen, { delay: [waitMs, waitMs + maxMs - minMs], turn });
  }

  /** Something came: whatever is still missing is worth asking for at once. */
  gained(contextId: ContextId): void {
    this.#memory.fruitless.delete(contextId);
  }

  /** The context is on this node no more. */
  left(contextId: ContextId): void {
    this.#memory.fruitless.delete(contextId);
  }

  /** Forgets pulls that were never answered. */
  sweep(nowMs: number): void {
    for (const [id, untilMs] of this.#memory.pulls) if (untilMs <= nowMs) this.#memory.pulls.delete(id);
  }
}
