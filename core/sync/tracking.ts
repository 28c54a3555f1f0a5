/** What this node remembers of each peer in each context: when it was tried, how it went, where it stood. */

import type { ContextId, PeerId } from "../ids.ts";
import type { Random } from "../random.ts";

export interface PeerTrack {
  triedMs: number;
  /** Failures since the last session that succeeded. */
  failures: number;
  /** Not tried again before this, unless it connects anew. */
  notBeforeMs: number;
  /** The heads on which both agreed when last seen, joined; empty when they never did. */
  agreedHeads: string;
}

export type TrackingMemory = Map<ContextId, Map<PeerId, PeerTrack>>;

const backoffStartMs = 1_000;
/** Peers remembered in a context; beyond it the first one remembered goes. */
const peersMax = 4_096;

export class Tracking {
  readonly #memory: TrackingMemory;
  readonly #random: Random;
  readonly #backoffMaxMs: number;

  constructor(memory: TrackingMemory, random: Random, backoffMaxMs: number) {
    this.#memory = memory;
    this.#random = random;
    this.#backoffMaxMs = backoffMaxMs;
  }

  of(contextId: ContextId, peer: PeerId): PeerTrack {
    let peers = this.#memory.get(contextId);
    if (peers === undefined) {
      peers = new Map();
      this.#memory.set(contextId, peers);
    }
    let track = peers.get(peer);
    if (track === undefined) {
      track = { triedMs: Number.NEGATIVE_INFINITY, failures: 0, notBeforeMs: 0, agreedHeads: "" };
      for (const first of peers.keys()) {
        if (peers.size < peersMax) break;
        peers.delete(first);
      }
      peers.set(peer, track);
    }
    return track;
  }

  /** `agreedHeads` is null when both may have ended on different heads. */
  succeeded(contextId: ContextId, peer: PeerId, agreedHeads: string | null): void {
    const track = this.of(contextId, peer);
    track.failures = 0;
    track.notBeforeMs = 0;
    track.agreedHeads = agreedHeads ?? "";
  }

  /** Backs off from 1 s, doubling, with jitter of a half. */
  failed(contextId: ContextId, peer: PeerId, nowMs: number): void {
    const track = this.of(contextId, peer);
    track.failures += 1;
    const doublings = Math.min(track.failures - 1, 20);
    const backoffMs = Math.min(this.#backoffMaxMs, backoffStartMs * (1 << doublings));
    track.notBeforeMs = nowMs + this.#random.between(Math.floor(backoffMs / 2), backoffMs);
  }

  /** A new connection is a new chance. */
  clearBackoff(peer: PeerId): void {
    for (const peers of this.#memory.values()) {
      const track = peers.get(peer);
      if (track === undefined) continue;
      track.failures = 0;
      track.notBeforeMs = 0;
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
      ({ track }) => track.notBeforeMs <= limits.nowMs && track.triedMs <= limits.triedBeforeMs,
    );
    if (ready.length === 0) return null;
    const oldestMs = ready.reduce((min, { track }) => Math.min(min, track.triedMs), Number.POSITIVE_INFINITY);
    return this.#random.pick(ready.filter(({ track }) => track.triedMs === oldestMs)).peer;
  }
}
