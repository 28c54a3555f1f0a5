/**
 * How many sessions there may be at a time: over all contexts, in one, and with one peer, so that nobody takes the
 * room of others. What a peer that went silent holds of it is bounded too. Invariant 14.
 */

import type { ContextId, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import type { SessionMemory } from "./session.ts";

/** Sessions this node starts in one context at a time, those left silent for `stalledAfterMs` not counted. */
const startedPerContextMax = 4;
/** Peers that may bring deltas of one context at a time; the same deltas from everyone help nobody. */
const receivingPerContextMax = 2;
const stalledAfterMs = 2_000;
/** Reconciliations at a time, over all contexts and with one peer: each keeps a view of a history in memory. */
const reconcilingMax = 8;
const reconcilingPerPeerMax = 2;
/** Sessions either side of a pair may have open with the other: more would be refused, or fill the room of others. */
const perPeerMax = 8;
/** Of those, sync sessions that a peer has left silent for so long that it is asked for no more of them. */
const silentPerPeerMax = 2;
/** Streams on which nothing whole was said yet, of all peers; of one `perPeerMax`. Each may hold the half of a frame. */
export const unreadMax = 32;

/** Holds nothing: it counts what is open. */
export class SessionRoom {
  readonly #sessions: ReadonlyMap<StreamId, SessionMemory>;
  readonly #sessionsMax: number;

  constructor(sessions: ReadonlyMap<StreamId, SessionMemory>, sessionsMax: number) {
    this.#sessions = sessions;
    this.#sessionsMax = sessionsMax;
  }

  /** Streams on which the peer that opened them has said nothing yet. */
  get unreadCount(): number {
    return this.#count(isUnread);
  }

  isActive(contextId: ContextId, peer: PeerId): boolean {
    return this.#has(
      (session) => session.contextId === contextId && session.peer === peer && session.purpose === "sync",
    );
  }

  /** May this node start one more at all? */
  hasAny(): boolean {
    return this.#count(isStarted) < this.#sessionsMax;
  }

  /** May it start one more in a context? */
  hasIn(contextId: ContextId, nowMs: number): boolean {
    const isFresh = (session: SessionMemory) =>
      isStarted(session) && session.contextId === contextId && !isStalled(session, nowMs);
    return this.#count(isFresh) < startedPerContextMax;
  }

  /** May it start one more with a peer? Not with one that leaves others silent: it would take room and say nothing. */
  hasWith(peer: PeerId, nowMs: number): boolean {
    const withPeer = (session: SessionMemory) => isStarted(session) && session.peer === peer;
    const isSilent = (session: SessionMemory) =>
      withPeer(session) && session.purpose === "sync" && isStalled(session, nowMs);
    return this.#count(withPeer) < perPeerMax && this.#count(isSilent) < silentPerPeerMax;
  }

  /** May a peer open one more stream? What it is for, and what room that takes, its first frame says. */
  hasToHear(peer: PeerId): boolean {
    return this.#hasFor(peer, isUnread, unreadMax);
  }

  /** May one more session that a peer asks for begin? */
  hasToAnswer(peer: PeerId): boolean {
    const isAnswered = (session: SessionMemory) => !isStarted(session) && !isUnread(session);
    return this.#hasFor(peer, isAnswered, this.#sessionsMax);
  }

  /** May one more reconciliation with a peer begin? */
  hasViewFor(peer: PeerId): boolean {
    const isReconciling = (session: SessionMemory) => session.reconciliation !== null;
    const withPeer = (session: SessionMemory) => isReconciling(session) && session.peer === peer;
    return this.#count(isReconciling) < reconcilingMax && this.#count(withPeer) < reconcilingPerPeerMax;
  }

  /** Do enough peers bring deltas of a context? One that only says what is here already, or said all, is none of them. */
  isReceivingEnough(contextId: ContextId, nowMs: number): boolean {
    const receiving = Array.from(this.#sessions.values()).filter(
      (session) =>
        session.contextId === contextId &&
        session.purpose === "sync" &&
        session.gainedMs > nowMs - stalledAfterMs &&
        !session.theirDone,
    );
    return new Set(receiving.map(({ peer }) => peer)).size >= receivingPerContextMax;
  }

  #hasFor(peer: PeerId, test: (session: SessionMemory) => boolean, max: number): boolean {
    const isOfPeer = (session: SessionMemory) => session.peer === peer && test(session);
    return this.#count(test) < max && this.#count(isOfPeer) < perPeerMax;
  }

  #has(test: (session: SessionMemory) => boolean): boolean {
    for (const session of this.#sessions.values()) if (test(session)) return true;
    return false;
  }

  #count(test: (session: SessionMemory) => boolean): number {
    let count = 0;
    for (const session of this.#sessions.values()) count += Number(test(session));
    return count;
  }
}

function isStarted({ role }: SessionMemory): boolean {
  return role === "initiator";
}

function isUnread({ state }: SessionMemory): boolean {
  return state === "opening";
}

function isStalled({ pace }: SessionMemory, nowMs: number): boolean {
  return pace.progressMs <= nowMs - stalledAfterMs;
}
