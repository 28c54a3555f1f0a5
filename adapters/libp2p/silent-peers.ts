/**
 * Peers that speak our protocol and are connected, but name no topics. One that has contexts names them at once;
 * when gossipsub refuses what it says (too many at once, for example) it does so without a word, and neither
 * node hears the other. So that is said in the log, once for each peer that stays silent.
 */

import type { PeerId } from "../../core/ids.ts";

/** A peer may stay silent for this long. */
export const silencePatienceMs = 30_000;

export class SilentPeers {
  readonly #patienceMs: number;
  /** Since when; null once it was told. */
  readonly #since = new Map<PeerId, number | null>();

  constructor(patienceMs = silencePatienceMs) {
    this.#patienceMs = patienceMs;
  }

  /** The peer is known to speak our protocol. */
  met(peer: PeerId, nowMs: number): void {
    if (!this.#since.has(peer)) this.#since.set(peer, nowMs);
  }

  forget(peer: PeerId): void {
    this.#since.delete(peer);
  }

  /** Those that have been silent for too long and were not told before. */
  overdue(nowMs: number, hasTopics: (peer: PeerId) => boolean): readonly PeerId[] {
    const overdue: PeerId[] = [];
    for (const [peer, since] of this.#since) {
      if (since === null || hasTopics(peer) || nowMs - since < this.#patienceMs) continue;
      this.#since.set(peer, null);
      overdue.push(peer);
    }
    return overdue;
  }
}
