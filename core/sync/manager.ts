/**
 * When to sync, and with whom. Every repair has a periodic fallback, and every loop is bounded. Triggers: a peer
 * subscribed, a heartbeat that differs, missing parents, many pending, something old gained from another peer,
 * every `syncFrequencyMs`, and on request. Invariants 1, 2 and 14.
 */

import type { ContextId, DeltaId, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import { opensStateSession } from "../wire/state-message.ts";
import { Announcements, type AnnouncementsMemory } from "./announcements.ts";
import { ColdBudget, type ColdBudgetMemory } from "./cold-budget.ts";
import { createDivergenceMemory, Divergence, type DivergenceMemory } from "./divergence.ts";
import { createMissingMemory, Missing, type MissingMemory } from "./missing.ts";
import type { SessionMemory } from "./session.ts";
import { type SessionEnd, Sessions } from "./sessions.ts";
import {
  createStateSyncMemory,
  type StateSessionEnd,
  type StateSyncMemory,
} from "./state/sessions-memory.ts";
import { StateSessions } from "./state/state-sessions.ts";
import { type PeerTrack, Tracking, type TrackingMemory } from "./tracking.ts";
import { createWantedMemory, type Delay, Wanted, type WantedMemory } from "./wanted.ts";

export interface SyncMemory {
  readonly sessions: Map<StreamId, SessionMemory>;
  readonly tracking: TrackingMemory;
  readonly wanted: WantedMemory;
  readonly missing: MissingMemory;
  readonly announcements: AnnouncementsMemory;
  readonly divergence: DivergenceMemory;
  readonly coldBudget: ColdBudgetMemory;
  streams: number;
  readonly states: StateSyncMemory;
}

export function createSyncMemory(): SyncMemory {
  return {
    sessions: new Map(),
    tracking: new Map(),
    wanted: createWantedMemory(),
    missing: createMissingMemory(),
    announcements: new Map(),
    divergence: createDivergenceMemory(),
    coldBudget: new Map(),
    streams: 0,
    states: createStateSyncMemory(),
  };
}

/** Delays that keep many nodes, or both ends of a link, from doing the same thing at once. */
const delays = {
  /** The lower peer id of a new pair starts at once, the other only if nothing came of it. */
  first: [0, 20],
  second: [200, 400],
  behind: [0, 100],
  busy: [300, 600],
  now: [0, 0],
} as const satisfies Record<string, Delay>;

/** A period differs from the one before: where it were the same, who met a busy peer once would meet it busy for ever. */
const periodShare = { min: 0.75, max: 1.25 };

export class SyncManager {
  readonly #memory: SyncMemory;
  readonly #services: Services;
  readonly #peers: Peers;
  readonly #replica: (contextId: ContextId) => Replica | undefined;
  readonly #tracking: Tracking;
  readonly #wanted: Wanted;
  readonly #missing: Missing;
  readonly #announcements: Announcements;
  readonly #divergence: Divergence;
  readonly #coldBudget: ColdBudget;
  readonly sessions: Sessions;
  readonly states: StateSessions;

  constructor(
    memory: SyncMemory,
    services: Services,
    {
      peers,
      replica,
    }: { readonly peers: Peers; readonly replica: (contextId: ContextId) => Replica | undefined },
  ) {
    this.#memory = memory;
    this.#services = services;
    this.#peers = peers;
    this.#replica = replica;
    const tracking = new Tracking(memory.tracking, services.random, services.config.syncBackoffMaxMs);
    this.#tracking = tracking;
    this.#coldBudget = new ColdBudget(memory.coldBudget);
    this.sessions = new Sessions(memory, services, {
      ...{ replica, peers },
      coldBudget: this.#coldBudget,
      needsState: (session, of, turn) => this.#requestState(session, of, turn),
      ended: (end, turn) => this.#sessionEnded(end, turn),
    });
    const { sessions } = this;
    const start = (of: Replica, peer: PeerId, turn: Turn) => sessions.sync(of, peer, turn);
    const wanted = new Wanted(memory.wanted, {
      services,
      peers,
      tracking,
      replica,
      start,
      room: sessions.table.room,
    });
    this.#wanted = wanted;
    this.#missing = new Missing(memory.missing, { services, peers, sessions, wanted });
    this.#announcements = new Announcements(memory.announcements, { services, peers, tracking, wanted });
    this.states = new StateSessions(memory.states, services, {
      ...{ replica, peers },
      nextStream: () => this.nextStream(),
      ended: (end, turn) => this.#stateEnded(end, turn),
    });
    this.#divergence = new Divergence(memory.divergence, {
      ...{ services, peers, tracking },
      request: (of, peer, turn) => this.states.request(of, peer, turn),
      compareWith: (of, peer, turn) => this.behind(of, peer, turn),
    });
  }

  /** The number of a stream to open, of whatever protocol. */
  nextStream(): StreamId {
    this.#memory.streams += 1;
    return this.#memory.streams;
  }

  /** A frame came on a stream: of a session, or of a transfer of state, as its first one says. */
  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    if (this.states.has(stream)) return this.states.receive(stream, frame, turn);
    const peer = opensStateSession(frame) ? this.sessions.table.release(stream) : null;
    if (peer === null) this.sessions.receive(stream, frame, turn);
    else this.states.accept(stream, { peer, frame, turn });
  }

  closed(stream: StreamId, turn: Turn): void {
    if (this.states.has(stream)) this.states.closed(stream, turn);
    else this.sessions.table.closed(stream, turn);
  }

  closeAll(turn: Turn): void {
    this.sessions.table.closeAll(turn);
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

  peerSubscribed({ contextId }: Replica, peer: PeerId, turn: Turn): void {
    const isFirst = this.#services.identity.peer < peer;
    this.#wanted.add(contextId, peer, { delay: isFirst ? delays.first : delays.second, turn });
  }

  /** A peer is said to have what is unknown here. */
  behind({ contextId }: Replica, peer: PeerId, turn: Turn): void {
    this.#wanted.add(contextId, peer, { delay: delays.behind, turn });
  }

  /** Somebody asks for a sync: with this peer, or with all that have the context. Gives how many those are. */
  syncNow(replica: Replica, peer: PeerId | null, turn: Turn): number {
    const { contextId } = replica;
    const peers = this.#peers.partners(replica).filter((each) => peer === null || each === peer);
    for (const each of peers) this.#wanted.add(contextId, each, { delay: delays.now, turn });
    return peers.length;
  }

  /** Gossip brought a heartbeat with the heads of this node and another root. */
  heardDivergence(replica: Replica, from: PeerId, turn: Turn): void {
    this.#divergence.heard(replica, from, turn);
  }

  /** How it last went with each peer of a context. */
  verdicts(contextId: ContextId): ReadonlyMap<PeerId, Readonly<PeerTrack>> {
    return this.#tracking.in(contextId);
  }

  /** Asks for missing parents at once; from whoever sent their child, and by a whole session when many wait. */
  pullMissing(
    replica: Replica,
    missing: readonly DeltaId[],
    about: { readonly from: PeerId; readonly turn: Turn },
  ): void {
    this.#missing.pull(replica, missing, about);
  }

  /** The periodic timer of a context is due. */
  periodic(replica: Replica, turn: Turn): void {
    const { contextId } = replica;
    const { syncFrequencyMs, syncIntervalMs } = this.#services.config;
    const { min, max } = periodShare;
    const periodMs = this.#services.random.between(
      Math.ceil(min * syncFrequencyMs),
      Math.ceil(max * syncFrequencyMs),
    );
    this.#periodicIn(periodMs, replica, turn);
    const nowMs = turn.now.monotonicMs;
    const candidates = this.#peers
      .partners(replica)
      .filter((peer) => !this.sessions.table.room.isActive(contextId, peer));
    const limits = { nowMs, triedBeforeMs: nowMs - syncIntervalMs };
    const chosen = this.#tracking.choosePeriodic(contextId, candidates, limits);
    if (chosen !== null) this.#wanted.add(contextId, chosen, { delay: delays.now, turn });
  }

  /** The timer of a context's wanted sessions is due. */
  startWanted(replica: Replica, turn: Turn): void {
    this.#wanted.due(replica, turn);
  }

  /** The timer of a context's news is due. */
  announce(replica: Replica, turn: Turn): void {
    this.#announcements.announce(replica, turn);
  }

  /** A context is on this node no more: ends what is under way in it, and forgets what is remembered of it. */
  left(contextId: ContextId, turn: Turn): void {
    for (const part of [this.#tracking, this.#wanted, this.#missing, this.#announcements, this.#divergence])
      part.left(contextId);
    this.sessions.table.left(contextId, turn);
    this.states.left(contextId, turn);
    this.#wanted.serve(turn);
  }

  sweep(turn: Turn): void {
    this.#missing.sweep(turn.now.monotonicMs);
    this.#coldBudget.sweep(turn.now.monotonicMs);
    this.states.sweep(turn);
  }

  #sessionEnded({ session, contextId, outcome }: SessionEnd, turn: Turn): void {
    const replica = this.#replica(contextId);
    if (replica === undefined) return;
    const { peer } = session;
    const protocol = session.purpose === "pull" ? "pull" : session.protocol;
    turn.observe("sync-ended", { contextId, peer, detail: `${protocol ?? "none chosen"} ${outcome}` });
    const isAgreed = outcome === "completed" && isWhole(session, replica);
    this.#tracking.ended(contextId, peer, {
      protocol,
      outcome,
      wallMs: turn.now.wallMs,
      areHeadsEqual: session.purpose === "sync" && outcome === "completed" ? isAgreed : null,
    });
    switch (outcome) {
      case "completed":
        this.#completed(session, { replica, isAgreed, turn });
        break;
      case "busy":
        this.#wanted.add(contextId, peer, { delay: delays.busy, turn });
        break;
      case "refused":
        break;
      case "failed":
        if (session.role === "initiator") this.#tracking.failed(contextId, peer, turn.now.monotonicMs);
        this.#missing.chase(replica, { avoid: peer }, turn);
        break;
    }
    this.#announcements.sessionEnded(session, replica, turn);
    this.#wanted.serve(turn);
  }

  /** A transfer of state is over: what else both have, and whether they agree, an ordinary session finds. */
  #stateEnded({ peer, contextId, protocol, outcome, broughtAny }: StateSessionEnd, turn: Turn): void {
    const replica = this.#replica(contextId);
    if (replica === undefined) return;
    const { wallMs } = turn.now;
    turn.observe("sync-ended", { contextId, peer, detail: `${protocol ?? "none chosen"} ${outcome}` });
    this.#tracking.ended(contextId, peer, { protocol, outcome, wallMs, areHeadsEqual: null });
    switch (outcome) {
      case "adopted":
        this.#tracking.succeeded(contextId, peer, null);
        this.#tracking.gaveState(contextId, peer, turn.now.monotonicMs);
        if (!broughtAny) return this.#wantWhenStateMay(contextId, peer, turn);
        this.#missing.gained(contextId);
        this.#wanted.add(contextId, peer, { delay: delays.now, turn });
        this.#announcements.soon(contextId, turn);
        break;
      case "busy":
        this.#wanted.add(contextId, peer, { delay: delays.busy, turn });
        break;
      case "refused":
        break;
      case "failed":
        this.#tracking.failed(contextId, peer, turn.now.monotonicMs);
        this.#missing.chase(replica, { avoid: peer }, turn);
        break;
    }
  }

  #completed(
    session: SessionMemory,
    {
      replica,
      isAgreed,
      turn,
    }: { readonly replica: Replica; readonly isAgreed: boolean; readonly turn: Turn },
  ): void {
    const { contextId } = replica;
    const { peer, ours, theirs } = session;
    if (session.gained > 0) this.#missing.gained(contextId);
    if (session.protocol === "none" && ours !== null && theirs !== null)
      this.#divergence.compared(replica, session, { ours: ours.stateRoot, theirs: theirs.stateRoot, turn });
    if (session.purpose === "sync") {
      if (isAgreed) this.#wanted.remove(contextId, peer);
      this.#tracking.succeeded(contextId, peer, isAgreed ? replica.heads().join("") : null);
    }
    if (session.stateNeeded === "here" && !session.isMuted) {
      if (!session.isStateAsked) this.#requestState(session, replica, turn);
      return;
    }
    const isStillMissing = session.role === "initiator" && replica.deltas.missing().length > 0;
    if (!isStillMissing) return;
    // A pull that did not suffice becomes a session with the same peer; a session that did not, one with another.
    if (session.purpose === "pull") this.#wanted.add(contextId, peer, { delay: delays.now, turn });
    else this.#missing.chase(replica, { avoid: peer }, turn);
  }

  #requestState(session: SessionMemory, replica: Replica, turn: Turn): void {
    const { contextId } = replica;
    const { peer } = session;
    if (this.#tracking.stateWaitMs(contextId, peer, turn.now.monotonicMs) > 0)
      return this.#wantWhenStateMay(contextId, peer, turn);
    // Where too many states are received already, this one is asked for again before long.
    if (!this.states.request(replica, session, turn))
      this.#wanted.add(contextId, peer, { delay: delays.busy, turn });
  }

  /** A session with a peer once its state may be asked for again. */
  #wantWhenStateMay(contextId: ContextId, peer: PeerId, turn: Turn): void {
    const waitMs = this.#tracking.stateWaitMs(contextId, peer, turn.now.monotonicMs);
    this.#wanted.add(contextId, peer, { delay: [waitMs, waitMs], turn });
  }

  #periodicIn(delayMs: number, { contextId }: Replica, turn: Turn): void {
    this.#services.timers.set(timerName("periodic-sync", contextId), turn.now.monotonicMs + delayMs);
  }
}

/** Did both end with the same deltas? What came from elsewhere meanwhile, the peer has not been told. */
function isWhole(
  { isMuted, stateNeeded, appliedAtChoice, gained }: SessionMemory,
  { deltas }: Replica,
): boolean {
  return !isMuted && stateNeeded === "nowhere" && deltas.graph.count === appliedAtChoice + gained;
}
