/** What this node remembers of each peer in each context: when it was tried, how it went, where it stood. */

import { Backoff, type BackoffMemory, createBackoffMemory } from "../backoff.ts";
import type { ContextId, PeerId } from "../ids.ts";
import type { Random } from "../random.ts";
import type { SyncProtocol } from "../wire/sync-message.ts";

/** How the last exchange with a peer in a context ended, for an operator. Frozen. */
export interface Verdict {
  /** What ran; null where it ended before that was chosen. */
  readonly protocol: SyncProtocol | "pull" | null;
  readonly outcome: "completed" | "adopted" | "busy" | "refused" | "failed";
  readonly wallMs: number;
  /** Did both end on the same heads? Null where that is not known. */
  readonly areHeadsEqual: boolean | null;
}

export interface PeerTrack {
  triedMs: number;
  /** Failures since the last session that succeeded; not tried again before it is over, unless it connects anew. */
  failures: BackoffMemory;
  /** States it gave; not asked for another before that is over. */
  states: BackoffMemory;
  /** The heads on which both agreed when last seen, joined; empty when they never did. */
  agreedHeads: string;
  /** Were roots equal when they were last compared, on equal heads? Null when they never were. */
  isRootEqual: boolean | null;
  last: Verdict | null;
}

export type TrackingMemory = Map<ContextId, Map<PeerId, PeerTrack>>;

/** Peers remembered in a context; beyond it the first one remembered goes. */
const peersMax = 4_096;
/** The longest wait for the next state of one peer, and how long without one makes it begin anew. */
const stateWaitMaxMs = 60_000;

export class Tracking {
  readonly #memory: TrackingMemory;
  readonly #random: Random;
  readonly #backoff: Backoff;
  readonly #stateBackoff: Backoff;

  constructor(memory: TrackingMemory, random: Random, backoffMaxMs: number) {
    this.#memory = memory;
    this.#random = random;
    this.#backoff = new Backoff(random, backoffMaxMs);
    this.#stateBackoff = new Backoff(random, Math.min(backoffMaxMs, stateWaitMaxMs));
  }

  of(contextId: ContextId, peer: PeerId): PeerTrack {
    let peers = this.#memory.get(contextId);
    if (peers === undefined) {
      peers = new Map();
      this.#memory.set(contextId, peers);
    }
    let track = peers.get(peer);
    if (track === undefined) {
      track = {
        triedMs: Number.NEGATIVE_INFINITY,
        failures: createBackoffMemory(),
        states: createBackoffMemory(),
        agreedHeads: "",
        isRootEqual: null,
        last: null,
      };
      for (const first of peers.keys()) {
        if (peers.size < peersMax) break;
        peers.delete(first);
      }
      peers.set(peer, track);
    }
    return track;
  }

  /** The context is on this node no more. */
  left(contextId: ContextId): void {
    this.#memory.delete(contextId);
  }

  ended(contextId: ContextId, peer: PeerId, verdict: Verdict): void {
    this.of(contextId, peer).last = Object.freeze(verdict);
  }

  /** What is remembered of peers in a context. */
  in(contextId: ContextId): ReadonlyMap<PeerId, Readonly<PeerTrack>> {
    return this.#memory.get(contextId) ?? new Map();
  }

  /** `agreedHeads` is null when both may have ended on different heads. */
  succeeded(contextId: ContextId, peer: PeerId, agreedHeads: string | null): void {
    const track = this.of(contextId, peer);
    track.failures = createBackoffMemory();
    track.agreedHeads = agreedHeads ?? "";
  }

  /** Backs off from 1 s, doubling, with jitter of a half. */
  failed(contextId: ContextId, peer: PeerId, nowMs: number): void {
    this.#backoff.attempted(this.of(contextId, peer).failures, nowMs);
  }

  /**
   * Its state was taken over. The wait before the next doubles, whatever that brought: a peer that invents a delta for
   * each is not asked without end, and an honest one has given what was below its horizon.
   */
  gaveState(contextId: ContextId, peer: PeerId, nowMs: number): void {
    const { states } = this.of(contextId, peer);
    this.#stateBackoff.forgive(states, nowMs);
    this.#stateBackoff.attempted(states, nowMs);
  }

  /** How long its state is not to be asked for, though it says that it is needed: 0 where it may be. */
  stateWaitMs(contextId: ContextId, peer: PeerId, nowMs: number): number {
    return Math.max(0, this.of(contextId, peer).states.notBeforeMs - nowMs);
  }

  /** A new connection is a new chance. */
  clearBackoff(peer: PeerId): void {
    for (const peers of this.#memory.values()) {
      const track = peers.get(peer);
      if (track !== undefined) track.failures = createBackoffMemory();
    }
  }

  /** Of the candidates that may be tried now, a random one of the least recently tried; null when there is none. */
  choosePeriodic(
    contextId: ContextId,
    candidates: readonly PeerId[],
    limits: { nowMs: number; triedBeforeMs: number },
  ): PeerId | null {
    const tracks = candidates.map((peer) => ({ peer, track: this.of(contextId, peer) }));
    const ready = tracks.filter(
      ({ track }) => track.failures.notBeforeMs <= limits.nowMs && track.triedMs <= limits.triedBeforeMs,
    );
    if (ready.length === 0) return null;
    const oldestMs = ready.reduce((min, { track }) => Math.min(min, track.triedMs), Number.POSITIVE_INFINITY);
    return this.#random.pick(ready.filter(({ track }) => track.triedMs === oldestMs)).peer;
  }
}
