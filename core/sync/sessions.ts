/** Starts sessions and feeds them what arrives. */

import { present } from "../assert.ts";
import { fault, isFault } from "../fault.ts";
import type { ContextId, DeltaId, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import type { Services } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { DeltaBatch } from "../wire/delta-batch.ts";
import { decodeSyncMessage, type Handshake, type SyncMessage } from "../wire/sync-message.ts";
import type { ColdBudget } from "./cold-budget.ts";
import { concludePast, recallPast } from "./common-past.ts";
import { beginExchange, type ExchangeParts, receiveRanges, transferUnasked } from "./exchange.ts";
import { Frontiers } from "./frontiers.ts";
import { answerHandshake, createHandshake, findMistake, holdsHeads, isAhead } from "./handshake.ts";
import { bringOn } from "./pace.ts";
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
import { type SessionOutcome, SessionTable } from "./session-table.ts";

export interface SessionEnd {
  readonly session: SessionMemory;
  readonly contextId: ContextId;
  readonly outcome: SessionOutcome;
}

interface SessionsMemory {
  readonly sessions: Map<StreamId, SessionMemory>;
  /** Opened by this node, so far. */
  streams: number;
}

interface SessionsAbout {
  readonly replica: (contextId: ContextId) => Replica | undefined;
  readonly peers: Peers;
  readonly coldBudget: ColdBudget;
  /** A session shows that the peer's state is needed: what else it brings need not be waited for. */
  readonly needsState: (session: SessionMemory, replica: Replica, turn: Turn) => void;
  readonly ended: (end: SessionEnd, turn: Turn) => void;
}

export class Sessions {
  readonly table: SessionTable;
  readonly #memory: SessionsMemory;
  readonly #services: Services;
  readonly #about: SessionsAbout;
  readonly #frontiers: Frontiers;
  readonly #reconciler = new Reconciler();

  constructor(memory: SessionsMemory, services: Services, about: SessionsAbout) {
    this.#memory = memory;
    this.#services = services;
    this.#about = about;
    this.#frontiers = new Frontiers(services.codec.crypto);
    this.table = new SessionTable(memory.sessions, services, (session, outcome, turn) =>
      this.#ended(session, outcome, turn),
    );
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
      pace: this.table.paceFrom(turn),
    } as const;
    const session = createSession(about);
    if (this.table.room.hasToHear(peer)) this.table.keep(session);
    else this.table.refuse(session, "busy", turn);
  }

  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    const session = this.table.get(stream);
    if (session === undefined) return;
    const isFirst = session.state === "opening" || session.state === "handshaking";
    const message = decodeSyncMessage(frame, { isFirst });
    if (isFault(message)) {
      this.table.fail(session, message, turn);
    } else if (!isAllowed(session, message)) {
      this.table.fail(session, fault("out-of-turn", `a ${message.kind} while ${session.state}`), turn);
    } else if (session.state === "opening" && !this.table.room.hasToAnswer(session.peer)) {
      this.table.refuse(session, "busy", turn);
    } else {
      if (session.state === "reconciling" && message.kind !== "ranges" && message.kind !== "refusal") {
        const mistake = transferUnasked(session, { replica: this.#replicaOf(session), turn });
        if (mistake !== null) return this.table.fail(session, mistake, turn);
      }
      if (bringsOn(message)) bringOn(session.pace, frame.length, turn.now.monotonicMs);
      this.#handle(session, message, turn);
    }
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
        if (session.theirDone) return this.table.fail(session, fault("out-of-turn", "a second done"), turn);
        session.theirDone = true;
        break;
      case "refusal":
        turn.observe("sync-refused", { peer: session.peer });
        if (message.reason === "not-a-member")
          this.#replicaOf(session).governance.topic.protest(session.peer, turn);
        this.table.close(session, message.reason === "busy" ? "busy" : "refused", turn);
        return;
    }
    if (session.ourDone && session.theirDone) this.table.close(session, "completed", turn);
  }

  /** A peer of whom this node learns in a session that it was removed is given nothing more; it may give, as it may be back. */
  #muteRemoved(session: SessionMemory): void {
    const replica = session.contextId === null ? undefined : this.#about.replica(session.contextId);
    if (session.isMuted || replica?.governance.isRemoved(session.peer) !== true) return;
    session.isMuted = true;
    session.outgoing = [];
  }

  #handshake(session: SessionMemory, theirs: Handshake, turn: Turn): void {
    const replica = this.#about.replica(session.contextId ?? theirs.contextId);
    if (replica === undefined) return this.table.refuse(session, "context-not-found", turn);
    const { contextId } = replica;
    if (theirs.contextId !== contextId) {
      return this.table.fail(session, fault("wrong-context", "a handshake for another context"), turn);
    }
    const { peer } = session;
    if (theirs.invitation !== null)
      this.#about.peers.welcome(replica, peer, { shown: theirs.invitation, turn });
    if (session.role === "responder" && !this.#about.peers.admits(replica, peer))
      return this.table.refuse(session, "not-a-member", turn);
    if (Math.abs(theirs.wallMs - turn.now.wallMs) > this.#services.config.clockSkewWarnMs)
      turn.observe("clock-skewed", { contextId, peer: session.peer });
    session.theirs = theirs;
    if (session.role === "responder") {
      if (isAhead(replica, theirs) && this.table.room.isReceivingEnough(contextId, turn.now.monotonicMs))
        return this.table.refuse(session, "busy", turn);
      recallPast(session, { frontiers: this.#frontiers, replica, turn });
      const ours = answerHandshake(replica, theirs, {
        frontiers: session.frontiers,
        forced: forcedProtocol(this.#services.config),
        turn,
      });
      if (ours === null) return this.table.refuse(session, "protocol", turn);
      if (ours.chosen === "delta-cold" && !this.#mayView(session.peer, replica, turn))
        return this.table.refuse(session, "busy", turn);
      session.contextId = contextId;
      session.ours = ours;
      say(session, ours, turn);
    } else {
      const mistake = findMistake(present(session.ours, "what an initiator said"), theirs);
      if (mistake !== null) return this.table.fail(session, mistake, turn);
    }
    beginExchange(session, this.#parts(replica, turn));
  }

  #ranges(session: SessionMemory, message: Extract<SyncMessage, { kind: "ranges" }>, turn: Turn): void {
    const replica = session.contextId === null ? undefined : this.#about.replica(session.contextId);
    if (replica === undefined) return this.table.close(session, "refused", turn);
    if (asksForView(session, replica) && !this.#mayView(session.peer, replica, turn)) {
      say(session, { kind: "refusal", reason: "busy" }, turn);
      return this.table.close(session, "busy", turn);
    }
    const mistake = receiveRanges(session, message, this.#parts(replica, turn));
    if (mistake !== null) this.table.fail(session, mistake, turn);
  }

  /** May a reconciliation with a peer begin? It is paid for then. */
  #mayView(peer: PeerId, { contextId, deltas }: Replica, turn: Turn): boolean {
    if (!this.table.room.hasViewFor(peer)) return false;
    if (this.#about.coldBudget.pay(peer, deltas.graph.count, turn.now.monotonicMs)) return true;
    turn.observe("sync-cold-limited", { contextId, peer });
    return false;
  }

  #parts(replica: Replica, turn: Turn): ExchangeParts {
    return { replica, reconciler: this.#reconciler, random: this.#services.random, turn };
  }

  #serve(session: SessionMemory, request: Extract<SyncMessage, { kind: "delta-request" }>, turn: Turn): void {
    const replica = this.#about.replica(request.contextId);
    if (replica === undefined) return this.table.refuse(session, "context-not-found", turn);
    if (!this.#about.peers.admits(replica, session.peer))
      return this.table.refuse(session, "not-a-member", turn);
    session.contextId = replica.contextId;
    session.purpose = "pull";
    session.theirDone = true;
    beginTransfer(session, replica.deltas.graph.inCausalOrder(request.ids), { replica, turn });
  }

  #deltas(session: SessionMemory, batch: DeltaBatch, turn: Turn): void {
    const replica = session.contextId === null ? undefined : this.#about.replica(session.contextId);
    if (replica === undefined) return this.table.close(session, "refused", turn);
    const mistake = receiveDeltas(session, batch, { replica, codec: this.#services.codec, turn });
    if (mistake !== null) this.table.fail(session, mistake, turn);
  }

  #needsState(session: SessionMemory, turn: Turn): void {
    if (session.isStateAsked || session.isMuted) return;
    session.isStateAsked = true;
    this.#about.needsState(session, this.#replicaOf(session), turn);
  }

  /** Of a session in which it is known: no session outlives its context here. */
  #replicaOf({ contextId }: SessionMemory): Replica {
    return present(
      contextId === null ? undefined : this.#about.replica(contextId),
      "the replica of a session",
    );
  }

  #open(
    replica: Replica,
    peer: PeerId,
    { purpose, turn }: { purpose: "sync" | "pull"; turn: Turn },
  ): SessionMemory {
    this.#memory.streams += 1;
    const stream = this.#memory.streams;
    const state = purpose === "sync" ? "handshaking" : "transferring";
    const isMuted = !this.#about.peers.admits(replica, peer);
    const known = { stream, peer, contextId: replica.contextId, isMuted };
    const about = { ...known, role: "initiator", purpose, state } as const;
    const session = createSession({ ...about, pace: this.table.paceFrom(turn) });
    this.table.keep(session);
    turn.perform({ kind: "open-stream", stream, peer });
    return session;
  }

  #ended(session: SessionMemory, outcome: SessionOutcome, turn: Turn): void {
    const { contextId } = session;
    const replica = contextId === null ? undefined : this.#about.replica(contextId);
    if (replica !== undefined)
      concludePast(session, outcome === "completed", { frontiers: this.#frontiers, replica, turn });
    if (contextId !== null) this.#about.ended({ session, contextId, outcome }, turn);
  }
}

/** Would ranges begin a reconciliation here? */
function asksForView({ reconciliation, theirs }: SessionMemory, replica: Replica): boolean {
  return reconciliation === null && theirs !== null && !holdsHeads(replica, theirs);
}
