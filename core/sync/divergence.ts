/**
 * The alarm: two nodes on equal heads with different roots, which may not be. Invariant 12. Something took a part of
 * one's state: then each is given the other's, joined as any state is, and both end in the same one.
 *
 * Nobody can be shown which of the two is right, so the many are believed: a node takes over the state of a peer that
 * disagrees unless more others agree with its own. And nobody can keep a node busy by claiming roots: with each peer
 * the waits double, whatever came of it. docs/decisions/0017-divergence.md.
 */

import { Backoff, type BackoffMemory, createBackoffMemory } from "../backoff.ts";
import type { ContextId, Hash, PeerId } from "../ids.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import type { Services } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { StateNeed } from "./state/sessions-memory.ts";
import type { Tracking } from "./tracking.ts";

export interface DivergenceMemory {
  /** By context and peer: states asked for because of an alarm. */
  readonly repairs: Map<ContextId, Map<PeerId, BackoffMemory>>;
  /** By context: sessions wanted because of an alarm that gossip carried. */
  readonly heard: Map<ContextId, BackoffMemory>;
}

export function createDivergenceMemory(): DivergenceMemory {
  return { repairs: new Map(), heard: new Map() };
}

/** Peers of a context whose alarms are remembered; beyond it the first goes. */
const peersMax = 256;

interface DivergenceParts {
  readonly services: Services;
  readonly peers: Peers;
  readonly tracking: Tracking;
  /** False where it cannot be asked for now. */
  readonly request: (replica: Replica, need: StateNeed, turn: Turn) => boolean;
  readonly compareWith: (replica: Replica, peer: PeerId, turn: Turn) => void;
}

export class Divergence {
  readonly #memory: DivergenceMemory;
  readonly #parts: DivergenceParts;
  readonly #backoff: Backoff;

  constructor(memory: DivergenceMemory, parts: DivergenceParts) {
    this.#memory = memory;
    this.#parts = parts;
    this.#backoff = new Backoff(parts.services.random, parts.services.config.syncBackoffMaxMs);
  }

  /** A session found equal heads, and these roots. */
  compared(
    replica: Replica,
    session: StateNeed,
    { ours, theirs, turn }: { readonly ours: Hash; readonly theirs: Hash; readonly turn: Turn },
  ): void {
    const { contextId } = replica;
    const { peer } = session;
    const track = this.#parts.tracking.of(contextId, peer);
    track.isRootEqual = ours === theirs;
    if (track.isRootEqual) return;
    turn.observe("divergence-alarm", { contextId, peer });
    const repairs = this.#repairsWith(contextId, peer);
    const nowMs = turn.now.monotonicMs;
    if (!this.#backoff.isDue(repairs, nowMs) || !this.#isOutvoted(contextId)) return;
    // Where a state is being received already, the next session compares again.
    if (!this.#parts.request(replica, session, turn)) return;
    this.#waitAfter(repairs, nowMs);
    turn.observe("divergence-repair", { contextId, peer });
  }

  /** A heartbeat named the heads of this node and another root: whoever relayed it may know more. */
  heard(replica: Replica, from: PeerId, turn: Turn): void {
    const { contextId } = replica;
    turn.observe("divergence-alarm", { contextId, peer: from });
    const heard = this.#memory.heard.get(contextId) ?? createBackoffMemory();
    this.#memory.heard.set(contextId, heard);
    const nowMs = turn.now.monotonicMs;
    if (!this.#backoff.isDue(heard, nowMs)) return;
    this.#waitAfter(heard, nowMs);
    this.#parts.compareWith(replica, from, turn);
  }

  /** The context is on this node no more. */
  left(contextId: ContextId): void {
    this.#memory.repairs.delete(contextId);
    this.#memory.heard.delete(contextId);
  }

  #waitAfter(memory: BackoffMemory, nowMs: number): void {
    this.#backoff.forgive(memory, nowMs);
    this.#backoff.attempted(memory, nowMs);
  }

  /** Of those that were compared with and are here, do as many disagree as agree, this node included? */
  #isOutvoted(contextId: ContextId): boolean {
    const { peers, tracking } = this.#parts;
    const votes = peers.subscribers(contextId).map((peer) => tracking.of(contextId, peer).isRootEqual);
    const against = votes.filter((isEqual) => isEqual === false).length;
    return against >= 1 + votes.filter((isEqual) => isEqual === true).length;
  }

  #repairsWith(contextId: ContextId, peer: PeerId): BackoffMemory {
    const { repairs } = this.#memory;
    const peers = repairs.get(contextId) ?? new Map<PeerId, BackoffMemory>();
    repairs.set(contextId, peers);
    const known = peers.get(peer) ?? createBackoffMemory();
    peers.set(peer, known);
    for (const first of peers.keys()) {
      if (peers.size <= peersMax) break;
      peers.delete(first);
    }
    return known;
  }
}
