/**
 * Sessions that are wanted: with whom, from when on, and whose turn it is when there is room. Contexts that wait for
 * room stand in line and start one session each, so that none of many starves while others go on.
 */

import type { ContextId, PeerId } from "../ids.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { SessionRoom } from "./session-room.ts";
import type { Tracking } from "./tracking.ts";

export interface WantedMemory {
  /** By context and peer: a session is wanted from this time on. */
  readonly dueMs: Map<ContextId, Map<PeerId, number>>;
  /** Contexts with sessions that are due, the longest waiting first. */
  readonly line: Set<ContextId>;
}

export function createWantedMemory(): WantedMemory {
  return { dueMs: new Map(), line: new Set() };
}

/** A range of milliseconds in which something happens, drawn, so that many do not do it at once. */
export type Delay = readonly [minMs: number, maxMs: number];

const crowded: Delay = [200, 300];

interface WantedParts {
  readonly services: Services;
  readonly peers: Peers;
  readonly tracking: Tracking;
  readonly room: SessionRoom;
  readonly replica: (contextId: ContextId) => Replica | undefined;
  readonly start: (replica: Replica, peer: PeerId, turn: Turn) => void;
}

export class Wanted {
  readonly #memory: WantedMemory;
  readonly #parts: WantedParts;

  constructor(memory: WantedMemory, parts: WantedParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  /** Is a session wanted in a context? */
  hasAny(contextId: ContextId): boolean {
    return (this.#memory.dueMs.get(contextId)?.size ?? 0) > 0;
  }

  /** Does nobody wait for room? */
  get isLineEmpty(): boolean {
    return this.#memory.line.size === 0;
  }

  /** An earlier wish stays. */
  add(
    contextId: ContextId,
    peer: PeerId,
    { delay, turn }: { readonly delay: Delay; readonly turn: Turn },
  ): void {
    const { random, timers } = this.#parts.services;
    const dueMs = turn.now.monotonicMs + random.between(...delay);
    let wishes = this.#memory.dueMs.get(contextId);
    if (wishes === undefined) {
      wishes = new Map();
      this.#memory.dueMs.set(contextId, wishes);
    }
    wishes.set(peer, Math.min(dueMs, wishes.get(peer) ?? dueMs));
    timers.setEarlier(timerName("wanted-sync", contextId), dueMs);
  }

  remove(contextId: ContextId, peer: PeerId): void {
    this.#memory.dueMs.get(contextId)?.delete(peer);
  }

  /** The timer of a context is due: it stands in line. */
  due({ contextId }: Replica, turn: Turn): void {
    this.#memory.line.add(contextId);
    this.serve(turn);
  }

  /** Starts sessions as long as there is room, one for each context in line, and around again. */
  serve(turn: Turn): void {
    const { line } = this.#memory;
    for (const contextId of line) {
      if (!this.#parts.room.hasAny()) return;
      line.delete(contextId);
      // What is added to a set that is walked is still come to.
      if (this.#startOne(contextId, turn)) line.add(contextId);
      else this.#setTimer(contextId);
    }
  }

  /** Starts the first that may be; false when there was none. */
  #startOne(contextId: ContextId, turn: Turn): boolean {
    const replica = this.#parts.replica(contextId);
    const wishes = this.#memory.dueMs.get(contextId);
    if (replica === undefined || wishes === undefined) return false;
    const nowMs = turn.now.monotonicMs;
    for (const [peer, dueMs] of Array.from(wishes)) {
      if (dueMs > nowMs) continue;
      wishes.delete(peer);
      if (!this.#parts.peers.isConnected(peer)) continue;
      const laterMs = this.#notBeforeMs(contextId, peer, nowMs);
      if (laterMs > nowMs) {
        wishes.set(peer, laterMs);
        continue;
      }
      this.#parts.tracking.of(contextId, peer).triedMs = nowMs;
      this.#parts.start(replica, peer, turn);
      return true;
    }
    return false;
  }

  #notBeforeMs(contextId: ContextId, peer: PeerId, nowMs: number): number {
    const { tracking, room, services } = this.#parts;
    const { notBeforeMs } = tracking.of(contextId, peer).failures;
    if (notBeforeMs > nowMs) return notBeforeMs;
    // A session under way may make this one superfluous; then it is no longer wanted when that ends.
    const hasRoom =
      !room.isActive(contextId, peer) && room.hasIn(contextId, nowMs) && room.hasWith(peer, nowMs);
    return hasRoom ? nowMs : nowMs + services.random.between(...crowded);
  }

  #setTimer(contextId: ContextId): void {
    const wishes = this.#memory.dueMs.get(contextId);
    if (wishes === undefined || wishes.size === 0) return;
    const nextMs = Array.from(wishes.values()).reduce((min, dueMs) => Math.min(min, dueMs));
    this.#parts.services.timers.setEarlier(timerName("wanted-sync", contextId), nextMs);
  }
}
