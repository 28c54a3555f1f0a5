/**
 * When to sync, and with whom. Every repair has a periodic fallback, and every loop is bounded. Triggers: a peer
 * subscribed, a heartbeat that differs, missing parents, many pending, something old gained from another peer,
 * every `syncFrequencyMs`, and on request. Invariants 1, 2 and 14.
 */

import type { ContextId, DeltaId, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import { idsMax } from "../limits.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import { opensStateSession } from "../wire/state-message.ts";
import type { SessionMemory } from "./session.ts";
import { type SessionEnd, Sessions } from "./sessions.ts";
import {
  createStateSyncMemory,
  type StateSessionEnd,
  StateSessions,
  type StateSyncMemory,
} from "./state/state-sessions.ts";
import { Tracking, type TrackingMemory } from "./tracking.ts";

export interface SyncMemory {
  readonly sessions: Map<number, SessionMemory>;
  readonly tracking: TrackingMemory;
  /** By context and peer: a session is wanted from this time on. */
  readonly wanted: Map<ContextId, Map<PeerId, number>>;
  /** Missing parents that were asked for, and until when they are not asked for again. */
  readonly pulls: Map<DeltaId, number>;
  /** By context: sessions in a row that were started for something missing and brought nothing. */
  readonly fruitless: Map<ContextId, number>;
  /** By context: not announced again before this. */
  readonly announcedMs: Map<ContextId, number>;
  streams: number;
  readonly states: StateSyncMemory;
}

export function createSyncMemory(): SyncMemory {
  return {
    sessions: new Map(),
    tracking: new Map(),
    wanted: new Map(),
    pulls: new Map(),
    fruitless: new Map(),
    announcedMs: new Map(),
    streams: 0,
    states: createStateSyncMemory(),
  };
}

/** A pull not answered in this time may be tried again. */
const pullPatienceMs = 5_000;
/** Delays that keep many nodes, or both ends of a link, from doing the same thing at once. */
const delays = {
  /** The lower peer id of a new pair starts at once, the other only if nothing came of it. */
  subscribed: { first: [0, 20], second: [200, 400] },
  behind: [0, 100],
  announced: [0, 150],
  busy: [300, 600],
  chased: [100, 300],
  crowded: [200, 300],
} as const satisfies Record<string, unknown>;
/** What was gained is news for others when its clock is this far from ours: nearer, gossip is still carrying it. */
const newsAgeMs = 2_000;
const announceEveryMs = 500;

export class SyncManager {
  readonly #memory: SyncMemory;
  readonly #services: Services;
  readonly #peers: Peers;
  readonly #replica: (contextId: ContextId) => Replica | undefined;
  readonly #tracking: Tracking;
  readonly sessions: Sessions;
  readonly states: StateSessions;

  constructor(
    memory: SyncMemory,
    services: Services,
    about: { readonly peers: Peers; readonly replica: (contextId: ContextId) => Replica | undefined },
  ) {
    this.#memory = memory;
    this.#services = services;
    this.#peers = about.peers;
    this.#replica = about.replica;
    this.#tracking = new Tracking(memory.tracking, services.random, services.config.syncBackoffMaxMs);
    this.sessions = new Sessions(memory, services, {
      replica: about.replica,
      ended: (end, turn) => this.#sessionEnded(end, turn),
    });
    this.states = new StateSessions(memory.states, services, {
      replica: about.replica,
      nextStream: () => {
        memory.streams += 1;
        return memory.streams;
      },
      ended: (end, turn) => this.#stateEnded(end, turn),
    });
  }

  /** A frame came on a stream: of a session, or of a transfer of state, as its first one says. */
  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    if (this.states.has(stream)) return this.states.receive(stream, frame, turn);
    const peer = opensStateSession(frame) ? this.sessions.release(stream) : null;
    if (peer === null) this.sessions.receive(stream, frame, turn);
    else this.states.accept(stream, { peer, frame, turn });
  }

  closed(stream: StreamId, turn: Turn): void {
    if (this.states.has(stream)) this.states.closed(stream, turn);
    else this.sessions.closed(stream, turn);
  }

  closeAll(turn: Turn): void {
    this.sessions.closeAll(turn);
    this.states.closeAll(turn);
  }

  /** Starts the periodic sync of a context, at a random moment of the first period. */
  start(replica: Replica, turn: Turn): void {
    this.#periodicIn(this.#services.random.between(1, this.#services.config.syncFrequencyMs), replica, turn);
  }

  /** A peer is back: with what it had in common before, a session need not wait for its subscriptions. */
  peerConnected(peer: PeerId, shared: readonly Replica[], turn: Turn): void {
    this.#tracking.clearBackoff(peer);
    for (const replica of shared) this.peerSubscribed(replica, peer, turn);
  }

  peerSubscribed(replica: Replica, peer: PeerId, turn: Turn): void {
    const isFirst = this.#services.identity.peer < peer;
    this.want(replica.contextId, peer, turn, isFirst ? delays.subscribed.first : delays.subscribed.second);
  }

  /** Wants a session with a peer within the given range of milliseconds. An earlier wish stays. */
  want(
    contextId: ContextId,
    peer: PeerId,
    turn: Turn,
    [minMs, maxMs]: readonly [number, number] = delays.behind,
  ): void {
    const dueMs = turn.now.monotonicMs + this.#services.random.between(minMs, maxMs);
    let wanted = this.#memory.wanted.get(contextId);
    if (wanted === undefined) {
      wanted = new Map();
      this.#memory.wanted.set(contextId, wanted);
    }
    wanted.set(peer, Math.min(dueMs, wanted.get(peer) ?? dueMs));
    this.#services.timers.setEarlier(timerName("wanted-sync", contextId), dueMs);
  }

  /** Asks for missing parents at once; from whoever sent their child, and by a whole session when many wait. */
  pullMissing(
    replica: Replica,
    missing: readonly DeltaId[],
    { from, turn }: { readonly from: PeerId; readonly turn: Turn },
  ): void {
    const nowMs = turn.now.monotonicMs;
    const { pulls } = this.#memory;
    if (replica.deltas.pending.count > this.#services.config.pendingFallbackCount) {
      this.#chase(replica, { lastResort: from }, turn);
      return;
    }
    const unasked = missing.filter((id) => (pulls.get(id) ?? 0) <= nowMs).slice(0, idsMax);
    if (unasked.length === 0) return;
    if (pulls.size > idsMax || !this.sessions.hasRoom("pull", replica.contextId, nowMs)) {
      this.want(replica.contextId, from, turn);
      return;
    }
    for (const id of unasked) pulls.set(id, nowMs + pullPatienceMs);
    turn.observe("parents-pulled", { contextId: replica.contextId, peer: from, amount: unasked.length });
    this.sessions.pull(replica, from, { ids: unasked, turn });
  }

  /** The periodic timer of a context is due. */
  periodic(replica: Replica, turn: Turn): void {
    const { syncFrequencyMs, syncIntervalMs } = this.#services.config;
    this.#periodicIn(syncFrequencyMs, replica, turn);
    const nowMs = turn.now.monotonicMs;
    const candidates = this.#peers
      .subscribers(replica.contextId)
      .filter((peer) => !this.sessions.isActive(replica.contextId, peer));
    const chosen = this.#tracking.choosePeriodic(replica.contextId, candidates, {
      nowMs,
      triedBeforeMs: nowMs - syncIntervalMs,
    });
    if (chosen !== null) this.want(replica.contextId, chosen, turn, [0, 0]);
  }

  /** The timer of wanted sessions is due: starts those it may. */
  startWanted(replica: Replica, turn: Turn): void {
    const nowMs = turn.now.monotonicMs;
    const wanted = this.#memory.wanted.get(replica.contextId) ?? new Map<PeerId, number>();
    const due = Array.from(wanted).filter(([, dueMs]) => dueMs <= nowMs);
    for (const [peer] of due) this.#startOrPostpone(replica, peer, { wanted, turn });
    if (wanted.size === 0) return;
    const nextMs = Array.from(wanted.values()).reduce(
      (min, dueMs) => Math.min(min, dueMs),
      Number.POSITIVE_INFINITY,
    );
    this.#services.timers.setEarlier(timerName("wanted-sync", replica.contextId), nextMs);
  }

  /** There was news: wants sessions with all subscribers that are not known to stand where this node stands. */
  announce(replica: Replica, turn: Turn): void {
    const { contextId } = replica;
    this.#memory.announcedMs.set(contextId, turn.now.monotonicMs + announceEveryMs);
    const heads = replica.heads().join("");
    for (const peer of this.#peers.subscribers(contextId)) {
      if (this.#tracking.of(contextId, peer).agreedHeads !== heads) this.want(contextId, peer, turn, [0, 0]);
    }
  }

  /** Forgets pulls that were never answered. */
  sweep(turn: Turn): void {
    for (const [id, untilMs] of this.#memory.pulls)
      if (untilMs <= turn.now.monotonicMs) this.#memory.pulls.delete(id);
    this.states.sweep(turn);
  }

  #startOrPostpone(
    replica: Replica,
    peer: PeerId,
    { wanted, turn }: { wanted: Map<PeerId, number>; turn: Turn },
  ): void {
    const nowMs = turn.now.monotonicMs;
    const { contextId } = replica;
    wanted.delete(peer);
    if (!this.#peers.isConnected(peer)) return;
    const track = this.#tracking.of(contextId, peer);
    if (track.notBeforeMs > nowMs) {
      wanted.set(peer, track.notBeforeMs);
    } else if (this.sessions.isActive(contextId, peer) || !this.sessions.hasRoom("sync", contextId, nowMs)) {
      // The session under way may make this one superfluous; then it is no longer wanted when it ends.
      wanted.set(peer, nowMs + this.#services.random.between(...delays.crowded));
    } else {
      track.triedMs = nowMs;
      this.sessions.sync(replica, peer, turn);
    }
  }

  #sessionEnded({ session, contextId, outcome }: SessionEnd, turn: Turn): void {
    const replica = this.#replica(contextId);
    if (replica === undefined) return;
    const { peer } = session;
    switch (outcome) {
      case "completed":
        this.#completed(session, replica, turn);
        break;
      case "busy":
        this.want(contextId, peer, turn, delays.busy);
        break;
      case "refused":
        break;
      case "failed":
        if (session.role === "initiator") this.#tracking.failed(contextId, peer, turn.now.monotonicMs);
        this.#chase(replica, { avoid: peer }, turn);
        break;
    }
    this.#announceSoon(session, replica, turn);
  }

  /** A transfer of state is over: what else both have, and whether they agree, an ordinary session finds. */
  #stateEnded({ peer, contextId, outcome }: StateSessionEnd, turn: Turn): void {
    const replica = this.#replica(contextId);
    if (replica === undefined) return;
    switch (outcome) {
      case "adopted":
        this.#tracking.succeeded(contextId, peer, null);
        this.#memory.fruitless.delete(contextId);
        this.want(contextId, peer, turn, [0, 0]);
        this.#announceWithin(contextId, turn);
        break;
      case "busy":
        this.want(contextId, peer, turn, delays.busy);
        break;
      case "refused":
        break;
      case "failed":
        this.#tracking.failed(contextId, peer, turn.now.monotonicMs);
        this.#chase(replica, { avoid: peer }, turn);
        break;
    }
  }

  #completed(session: SessionMemory, replica: Replica, turn: Turn): void {
    const { contextId } = replica;
    if (session.gained > 0) this.#memory.fruitless.delete(contextId);
    if (session.purpose === "sync") {
      // What came from elsewhere meanwhile, the peer has not been told.
      const isAgreed =
        session.stateNeeded === "nowhere" &&
        replica.deltas.graph.count === session.appliedAtChoice + session.gained;
      if (isAgreed) this.#memory.wanted.get(contextId)?.delete(session.peer);
      this.#tracking.succeeded(contextId, session.peer, isAgreed ? replica.heads().join("") : null);
    }
    if (session.stateNeeded === "here") return this.states.request(replica, session, turn);
    const isStillMissing = session.role === "initiator" && replica.deltas.missing().length > 0;
    if (!isStillMissing) return;
    // A pull that did not suffice becomes a session with the same peer; a session that did not, one with another.
    if (session.purpose === "pull") this.want(contextId, session.peer, turn, [0, 0]);
    else this.#chase(replica, { avoid: session.peer }, turn);
  }

  /**
   * Wants a session with a random subscriber because something is missing. As long as nothing comes of it the waits
   * double, up to the periodic sync's: what nobody has, be it an invention or gone with its author, must not keep
   * everyone asking everyone.
   */
  #chase(replica: Replica, { avoid, lastResort }: { avoid?: PeerId; lastResort?: PeerId }, turn: Turn): void {
    const { contextId } = replica;
    if ((this.#memory.wanted.get(contextId)?.size ?? 0) > 0) return;
    const subscribers = this.#peers.subscribers(contextId);
    const others = subscribers.filter((peer) => peer !== avoid);
    const candidates = others.length > 0 ? others : subscribers;
    const chosen = candidates.length > 0 ? this.#services.random.pick(candidates) : lastResort;
    if (chosen === undefined) return;
    const fruitless = this.#memory.fruitless.get(contextId) ?? 0;
    this.#memory.fruitless.set(contextId, fruitless + 1);
    const [minMs, maxMs] = delays.chased;
    const waitMs = Math.min(this.#services.config.syncFrequencyMs, minMs * (1 << Math.min(fruitless, 20)));
    this.want(contextId, chosen, turn, [waitMs, waitMs + maxMs - minMs]);
  }

  /** What came by sync and is older than what gossip carries may be news for this node's other peers as well. */
  #announceSoon(session: SessionMemory, replica: Replica, turn: Turn): void {
    if (session.gained === 0 || Math.abs(turn.now.wallMs - session.oldestGainedMs) < newsAgeMs) return;
    this.#announceWithin(replica.contextId, turn);
  }

  #announceWithin(contextId: ContextId, turn: Turn): void {
    const dueMs = turn.now.monotonicMs + this.#services.random.between(...delays.announced);
    const earliestMs = this.#memory.announcedMs.get(contextId) ?? 0;
    this.#services.timers.setEarlier(timerName("announce", contextId), Math.max(dueMs, earliestMs));
  }

  #periodicIn(delayMs: number, replica: Replica, turn: Turn): void {
    this.#services.timers.set(timerName("periodic-sync", replica.contextId), turn.now.monotonicMs + delayMs);
  }
}
