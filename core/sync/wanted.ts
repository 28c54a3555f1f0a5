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

  /** The context is on this node no more. */
  left(contextId: ContextId): void {
    this.#memory.dueMs.delete(contextId);
    this.#memory.line.delete(contextId);
  }

  /** The timer of a context is due: it stands in line. */
  due({ contextId }: Replica, turn: Turn): void {
    this.#memory.line.add(contextId);
    this.serve(turn);
  }

  /** Starts sessions as long as there is room, one for each context in line, and around again. */
  serve(turn: Turn): void {
    const { line } = this.#memory;
    const fullPeers = new Set<PeerId>();
    // What is added to a set that is walked is still come to.
    for (const contextId of line) {
      if (!this.#parts.room.hasAny()) return;
      const outcome = this.#startOne(contextId, fullPeers, turn);
      if (outcome !== "waiting") line.delete(contextId);
      if (outcome === "started") line.add(contextId);
      else this.#setTimer(contextId, turn.now.monotonicMs);
    }
  }

  /** Starts the first session that may be. Where only the peers have no room, the context keeps its place in line. */
  #startOne(contextId: ContextId, fullPeers: Set<PeerId>, turn: Turn): "started" | "waiting" | "nothing" {
    const replica = this.#parts.replica(contextId);
    const wishes = this.#memory.dueMs.get(contextId);
    if (replica === undefined || wishes === undefined) return "nothing";
    const { peers, room, tracking, start } = this.#parts;
    const nowMs = turn.now.monotonicMs;
    let isWaiting = false;
    for (const [peer, dueMs] of Array.from(wishes)) {
      if (dueMs > nowMs) continue;
      if (fullPeers.has(peer)) {
        isWaiting = true;
        continue;
      }
      const laterMs = this.#notBeforeMs(contextId, peer, nowMs);
      const triedAgoMs = nowMs - tracking.of(contextId, peer).triedMs;
      if (!peers.isConnected(peer) || !peers.mayAsk(replica, peer, triedAgoMs)) wishes.delete(peer);
      else if (laterMs > nowMs) wishes.set(peer, laterMs);
      else if (!room.hasWith(peer, nowMs)) {
        fullPeers.add(peer);
        isWaiting = true;
      } else {
        wishes.delete(peer);
        tracking.of(contextId, peer).triedMs = nowMs;
        start(replica, peer, turn);
        return "started";
      }
    }
    return isWaiting ? "waiting" : "nothing";
  }

  #notBeforeMs(contextId: ContextId, peer: PeerId, nowMs: number): number {
    const { tracking, room, services } = this.#parts;
    const { notBeforeMs } = tracking.of(contextId, peer).failures;
    if (notBeforeMs > nowMs) return notBeforeMs;
    // A session under way may make this one superfluous; then it is no longer wanted when that ends.
    const isFree = !room.isActive(contextId, peer) && room.hasIn(contextId, nowMs);
    return isFree ? nowMs : nowMs + services.random.between(...crowded);
  }

  /** For what is not due yet; what is, stands in line. */
  #setTimer(contextId: ContextId, nowMs: number): void {
    const later = Array.from(this.#memory.dueMs.get(contextId)?.values() ?? []).filter(
      (dueMs) => dueMs > nowMs,
    );
    if (later.length === 0) return;
    const nextMs = later.reduce((min, dueMs) => Math.min(min, dueMs));
    this.#parts.services.timers.setEarlier(timerName("wanted-sync", contextId), nextMs);
  }
}
