/** The sessions a node has open: starts them, feeds them what arrives, ends them, and watches for silence. */

import { present } from "../assert.ts";
import { type Fault, fault, isFault } from "../fault.ts";
import type { ContextId, DeltaId, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { DeltaBatch } from "../wire/delta-batch.ts";
import {
  decodeSyncMessage,
  type Handshake,
  type SyncMessage,
  type SyncRefusal,
} from "../wire/sync-message.ts";
import type { ColdBudget } from "./cold-budget.ts";
import { concludePast, recallPast } from "./common-past.ts";
import { beginExchange, type ExchangeParts, receiveRanges, transferUnasked } from "./exchange.ts";
import { Frontiers } from "./frontiers.ts";
import { answerHandshake, createHandshake, findMistake, holdsHeads, isAhead } from "./handshake.ts";
import { bringOn, createPace, type PaceMemory } from "./pace.ts";
import { Reconciler } from "./reconciliation/reconciliation.ts";
import { forcedProtocol } from "./selection.ts";
import {
  beginTransfer,
  bringsOn,
  createSession,
  isAllowed,
  receiveDeltas,
  type SessionMemory,
  say,
  steer,
} from "./session.ts";
import { SessionRoom } from "./session-room.ts";

export interface SessionEnd {
  readonly session: SessionMemory;
  readonly contextId: ContextId;
  /** `busy` and `refused` are benign. */
  readonly outcome: "completed" | "busy" | "refused" | "failed";
}

export class Sessions {
  readonly #memory: { readonly sessions: Map<StreamId, SessionMemory>; streams: number };
  readonly #services: Services;
  readonly #replica: (contextId: ContextId) => Replica | undefined;
  readonly #peers: Peers;
  readonly #stateNeeded: (session: SessionMemory, replica: Replica, turn: Turn) => void;
  readonly #ended: (end: SessionEnd, turn: Turn) => void;
  readonly #frontiers: Frontiers;
  readonly #coldBudget: ColdBudget;
  readonly #reconciler = new Reconciler();
  /** How many there may be. */
  readonly room: SessionRoom;

  constructor(
    memory: { readonly sessions: Map<StreamId, SessionMemory>; streams: number },
    services: Services,
    about: {
      readonly replica: (contextId: ContextId) => Replica | undefined;
      readonly peers: Peers;
      readonly coldBudget: ColdBudget;
      /** A session shows that the peer's state is needed: what else it brings need not be waited for. */
      readonly needsState: (session: SessionMemory, replica: Replica, turn: Turn) => void;
      readonly ended: (end: SessionEnd, turn: Turn) => void;
    },
  ) {
    this.#memory = memory;
    this.#services = services;
    this.#replica = about.replica;
    this.#peers = about.peers;
    this.#stateNeeded = about.needsState;
    this.#ended = about.ended;
    this.#coldBudget = about.coldBudget;
    this.#frontiers = new Frontiers(services.codec.crypto);
    this.room = new SessionRoom(memory.sessions, services.config.syncSessionsMax);
  }

  get count(): number {
    return this.#memory.sessions.size;
  }

  /** How many deltas those have who are being synced with in a context; null where nobody is. */
  appliedBy(contextId: ContextId): number | null {
    const theirs = Array.from(this.#memory.sessions.values()).flatMap((session) =>
      session.contextId === contextId && session.theirs !== null ? [session.theirs.appliedCount] : [],
    );
    return theirs.length === 0 ? null : Math.max(...theirs);
  }

  /** Opens a sync session with a peer. */
  sync(replica: Replica, peer: PeerId, turn: Turn): void {
    const session = this.#open(replica, peer, { purpose: "sync", turn });
    recallPast(session, { frontiers: this.#frontiers, replica, turn });
    session.ours = createHandshake(replica, turn, { frontiers: session.frontiers, peer });
    say(session, session.ours, turn);
    turn.observe("sync-started", { contextId: replica.contextId, peer });
  }

  /** Asks a peer for single deltas. */
  pull(
    replica: Replica,
    peer: PeerId,
    { ids, turn }: { readonly ids: readonly DeltaId[]; readonly turn: Turn },
  ): void {
    const session = this.#open(replica, peer, { purpose: "pull", turn });
    session.ourDone = true;
    say(session, { kind: "delta-request", contextId: replica.contextId, ids }, turn);
  }

  /** A peer opened a stream. */
  accept(stream: StreamId, peer: PeerId, turn: Turn): void {
    const about = {
      stream,
      peer,
      role: "responder",
      purpose: "sync",
      contextId: null,
      state: "opening",
      pace: this.#paceFrom(turn),
    } as const;
    const session = createSession(about);
    if (this.room.hasFor(peer)) this.#keep(session);
    else this.#refuse(session, "busy", turn);
  }

  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    const session = this.#memory.sessions.get(stream);
    if (session === undefined) return;
    const isFirst = session.state === "opening" || session.state === "handshaking";
    const message = decodeSyncMessage(frame, { isFirst });
    if (isFault(message)) {
      this.#fail(session, message, turn);
    } else if (!isAllowed(session, message)) {
      this.#fail(session, fault("out-of-turn", `a ${message.kind} while ${session.state}`), turn);
    } else {
      if (session.state === "reconciling" && message.kind !== "ranges" && message.kind !== "refusal") {
        const mistake = transferUnasked(session, { replica: this.#replicaOf(session), turn });
        if (mistake !== null) return this.#fail(session, mistake, turn);
      }
      if (bringsOn(message)) bringOn(session.pace, frame.length, turn.now.monotonicMs);
      this.#handle(session, message, turn);
    }
  }

  /** Gives up a stream that a peer opened and on which nothing was said yet; null for any other. */
  release(stream: StreamId): PeerId | null {
    const session = this.#memory.sessions.get(stream);
    if (session?.state !== "opening") return null;
    this.#memory.sessions.delete(stream);
    this.#services.timers.clear(timerName("session", String(stream)));
    return session.peer;
  }

  /** The stream has gone. */
  closed(stream: StreamId, turn: Turn): void {
    const session = this.#memory.sessions.get(stream);
    if (session === undefined) return;
    const isDone = session.ourDone && session.theirDone;
    if (!isDone) turn.observe("sync-failed", { peer: session.peer });
    this.#end(session, isDone ? "completed" : "failed", turn);
  }

  /** The watchdog of a session is due: it ends unless it was brought on meanwhile. */
  watch(stream: StreamId, turn: Turn): void {
    const session = this.#memory.sessions.get(stream);
    if (session === undefined) return;
    if (session.pace.dueMs > turn.now.monotonicMs) return this.#watchUntilDue(session);
    turn.observe("sync-silent", { peer: session.peer });
    this.#close(session, "failed", turn);
  }

  /** A context is on this node no more: those on the other side are told. */
  left(contextId: ContextId, turn: Turn): void {
    for (const session of Array.from(this.#memory.sessions.values()))
      if (session.contextId === contextId) this.#refuse(session, "context-not-found", turn);
  }

  closeAll(turn: Turn): void {
    for (const stream of this.#memory.sessions.keys()) turn.perform({ kind: "close-stream", stream });
    this.#memory.sessions.clear();
  }

  #handle(session: SessionMemory, message: SyncMessage, turn: Turn): void {
    this.#muteRemoved(session);
    switch (message.kind) {
      case "handshake":
        this.#handshake(session, message, turn);
        break;
      case "delta-request":
        this.#serve(session, message, turn);
        break;
      case "ranges":
        this.#ranges(session, message, turn);
        break;
      case "deltas":
        this.#deltas(session, message.batch, turn);
        break;
      case "credit":
      case "below":
      case "state-needed":
        steer(session, message, { replica: this.#replicaOf(session), turn });
        if (message.kind === "below" && session.stateNeeded === "here") this.#needsState(session, turn);
        break;
      case "done":
        if (session.theirDone) return this.#fail(session, fault("out-of-turn", "a second done"), turn);
        session.theirDone = true;
        break;
      case "refusal":
        turn.observe("sync-refused", { peer: session.peer });
        if (message.reason === "not-a-member") this.#replicaOf(session).governance.topic.protest(turn);
        this.#close(session, message.reason === "busy" ? "busy" : "refused", turn);
        return;
    }
    if (session.ourDone && session.theirDone) this.#close(session, "completed", turn);
  }

  /** A peer of whom this node learns in a session that it was removed is given nothing more; it may give, as it may be back. */
  #muteRemoved(session: SessionMemory): void {
    const replica = session.contextId === null ? undefined : this.#replica(session.contextId);
    if (session.isMuted || replica?.governance.isRemoved(session.peer) !== true) return;
    session.isMuted = true;
    session.outgoing = [];
  }

  #handshake(session: SessionMemory, theirs: Handshake, turn: Turn): void {
    const replica = this.#replica(session.contextId ?? theirs.contextId);
    if (replica === undefined) return this.#refuse(session, "context-not-found", turn);
    const { contextId } = replica;
    if (theirs.contextId !== contextId) {
      return this.#fail(session, fault("wrong-context", "a handshake for another context"), turn);
    }
    const { peer } = session;
    if (theirs.invitation !== null) this.#peers.welcome(replica, peer, { shown: theirs.invitation, turn });
    if (session.role === "responder" && !this.#peers.admits(replica, peer))
      return this.#refuse(session, "not-a-member", turn);
    if (Math.abs(theirs.wallMs - turn.now.wallMs) > this.#services.config.clockSkewWarnMs)
      turn.observe("clock-skewed", { contextId, peer: session.peer });
    session.theirs = theirs;
    if (session.role === "responder") {
      if (isAhead(replica, theirs) && this.room.isReceivingEnough(contextId, turn.now.monotonicMs))
        return this.#refuse(session, "busy", turn);
      recallPast(session, { frontiers: this.#frontiers, replica, turn });
      const ours = answerHandshake(replica, theirs, {
        frontiers: session.frontiers,
        forced: forcedProtocol(this.#services.config),
        turn,
      });
      if (ours === null) return this.#refuse(session, "protocol", turn);
      if (ours.chosen === "delta-cold" && !this.#mayView(session.peer, replica, turn))
        return this.#refuse(session, "busy", turn);
      session.contextId = contextId;
      session.ours = ours;
      say(session, ours, turn);
    } else {
      const mistake = findMistake(present(session.ours, "what an initiator said"), theirs);
      if (mistake !== null) return this.#fail(session, mistake, turn);
    }
    beginExchange(session, this.#parts(replica, turn));
  }

  #ranges(session: SessionMemory, message: Extract<SyncMessage, { kind: "ranges" }>, turn: Turn): void {
    const replica = session.contextId === null ? undefined : this.#replica(session.contextId);
    if (replica === undefined) return this.#close(session, "refused", turn);
    if (asksForView(session, replica) && !this.#mayView(session.peer, replica, turn)) {
      say(session, { kind: "refusal", reason: "busy" }, turn);
      return this.#close(session, "busy", turn);
    }
    const mistake = receiveRanges(session, message, this.#parts(replica, turn));
    if (mistake !== null) this.#fail(session, mistake, turn);
  }

  /** May a reconciliation with a peer begin? It is paid for then. */
  #mayView(peer: PeerId, { contextId, deltas }: Replica, turn: Turn): boolean {
    if (!this.room.hasViewFor(peer)) return false;
    if (this.#coldBudget.pay(peer, deltas.graph.count, turn.now.monotonicMs)) return true;
    turn.observe("sync-cold-limited", { contextId, peer });
    return false;
  }

  #parts(replica: Replica, turn: Turn): ExchangeParts {
    return { replica, reconciler: this.#reconciler, random: this.#services.random, turn };
  }

  #serve(session: SessionMemory, request: Extract<SyncMessage, { kind: "delta-request" }>, turn: Turn): void {
    const replica = this.#replica(request.contextId);
    if (replica === undefined) return this.#refuse(session, "context-not-found", turn);
    if (!this.#peers.admits(replica, session.peer)) return this.#refuse(session, "not-a-member", turn);
    session.contextId = replica.contextId;
    session.purpose = "pull";
    session.theirDone = true;
    beginTransfer(session, replica.deltas.graph.inCausalOrder(request.ids), { replica, turn });
  }

  #deltas(session: SessionMemory, batch: DeltaBatch, turn: Turn): void {
    const replica = session.contextId === null ? undefined : this.#replica(session.contextId);
    if (replica === undefined) return this.#close(session, "refused", turn);
    const mistake = receiveDeltas(session, batch, { replica, codec: this.#services.codec, turn });
    if (mistake !== null) this.#fail(session, mistake, turn);
  }

  #needsState(session: SessionMemory, turn: Turn): void {
    if (session.isStateAsked || session.isMuted) return;
    session.isStateAsked = true;
    this.#stateNeeded(session, this.#replicaOf(session), turn);
  }

  /** Of a session in which it is known: no session outlives its context here. */
  #replicaOf({ contextId }: SessionMemory): Replica {
    return present(contextId === null ? undefined : this.#replica(contextId), "the replica of a session");
  }

  #open(
    replica: Replica,
    peer: PeerId,
    { purpose, turn }: { purpose: "sync" | "pull"; turn: Turn },
  ): SessionMemory {
    this.#memory.streams += 1;
    const stream = this.#memory.streams;
    const state = purpose === "sync" ? "handshaking" : "transferring";
    const isMuted = !this.#peers.admits(replica, peer);
    const known = { stream, peer, contextId: replica.contextId, isMuted };
    const about = { ...known, role: "initiator", purpose, state } as const;
    const session = createSession({ ...about, pace: this.#paceFrom(turn) });
    this.#keep(session);
    turn.perform({ kind: "open-stream", stream, peer });
    return session;
  }

  #paceFrom(turn: Turn): PaceMemory {
    return createPace(turn.now.monotonicMs, this.#services.config.syncTimeoutMs);
  }

  #keep(session: SessionMemory): void {
    this.#memory.sessions.set(session.stream, session);
    this.#watchUntilDue(session);
  }

  #watchUntilDue({ stream, pace }: SessionMemory): void {
    this.#services.timers.set(timerName("session", String(stream)), Math.ceil(pace.dueMs));
  }

  #refuse(session: SessionMemory, reason: SyncRefusal, turn: Turn): void {
    if (reason === "not-a-member") turn.observe("sync-stranger", { peer: session.peer });
    say(session, { kind: "refusal", reason }, turn);
    this.#close(session, "refused", turn);
  }

  #fail(session: SessionMemory, mistake: Fault, turn: Turn): void {
    if (mistake.code === "unknown-version") say(session, { kind: "refusal", reason: "version" }, turn);
    else turn.blame(session.peer, mistake);
    turn.observe("sync-failed", { peer: session.peer });
    this.#close(session, "failed", turn);
  }

  #close(session: SessionMemory, outcome: SessionEnd["outcome"], turn: Turn): void {
    turn.perform({ kind: "close-stream", stream: session.stream });
    this.#end(session, outcome, turn);
  }

  #end(session: SessionMemory, outcome: SessionEnd["outcome"], turn: Turn): void {
    this.#memory.sessions.delete(session.stream);
    this.#services.timers.clear(timerName("session", String(session.stream)));
    const { contextId } = session;
    const replica = contextId === null ? undefined : this.#replica(contextId);
    if (replica !== undefined)
      concludePast(session, outcome === "completed", { frontiers: this.#frontiers, replica, turn });
    if (contextId !== null) this.#ended({ session, contextId, outcome }, turn);
  }
}

/** Would ranges begin a reconciliation here? */
function asksForView({ reconciliation, theirs }: SessionMemory, replica: Replica): boolean {
  return reconciliation === null && theirs !== null && !holdsHeads(replica, theirs);
}
