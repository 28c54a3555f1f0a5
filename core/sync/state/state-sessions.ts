/**
 * Transfers of state a node takes part in, each on a stream of its own that the receiver opens: for a peer that says
 * that what is missing lies below its horizon. Both sides are bounded, and a version that was pinned is given back
 * however its transfer ends. docs/decisions/0016-state-sync.md.
 */

import { present } from "../../assert.ts";
import { type Fault, fault, isFault } from "../../fault.ts";
import { byteString, type ContextId, type PeerId } from "../../ids.ts";
import type { StreamId } from "../../input.ts";
import type { Peers } from "../../peers.ts";
import type { Replica } from "../../replica.ts";
import { type Services, timerName } from "../../services.ts";
import type { Turn } from "../../turn.ts";
import {
  decodeFirstAnswer,
  decodeStateMessage,
  type StateMessage,
  stateKeyBytes,
} from "../../wire/state-message.ts";
import { isStateProtocol, type StateProtocol } from "../../wire/sync-message.ts";
import { bringOn, createPace, type PaceMemory } from "../pace.ts";
import { forcedProtocol, selectStateProtocol } from "../selection.ts";
import type { SessionMemory } from "../session.ts";
import { answerQueries } from "./answering.ts";
import {
  beginTransfer,
  isComplete,
  isTooLarge,
  knownTo,
  nextRequests,
  type ReceivingMemory,
  type ReceivingParts,
  takeStateMessage,
  verifiedCut,
} from "./receiving.ts";
import { give, refuse, say } from "./saying.ts";
import { beginServing, historyPage, type ServingMemory } from "./serving.ts";
import type { StateNeed, StateSessionEnd, StateSyncMemory } from "./sessions-memory.ts";
import { ShortHash } from "./short-hash.ts";
import { createStaging } from "./staging.ts";

/** States a node receives at a time, over all contexts. */
const receivingMax = 4;
/** Versions it pins for others at a time. */
const servingMax = 8;
/** Of either with one peer: one that is silent, or just not silent enough, leaves room for others. */
const perPeerMax = 2;
export const stateSessionsMax = receivingMax + servingMax;

interface StateSessionsAbout {
  readonly replica: (contextId: ContextId) => Replica | undefined;
  readonly peers: Peers;
  /** The number of a stream to open. */
  readonly nextStream: () => StreamId;
  /** A transfer that this node had asked for is over. */
  readonly ended: (end: StateSessionEnd, turn: Turn) => void;
}

export class StateSessions {
  readonly #memory: StateSyncMemory;
  readonly #services: Services;
  readonly #about: StateSessionsAbout;

  constructor(memory: StateSyncMemory, services: Services, about: StateSessionsAbout) {
    this.#memory = memory;
    this.#services = services;
    this.#about = about;
  }

  get count(): number {
    return this.#memory.receiving.size + this.#memory.serving.size;
  }

  has(stream: StreamId): boolean {
    return this.#memory.receiving.has(stream) || this.#memory.serving.has(stream);
  }

  /** Asks a peer for its state; false, and does not, where the context's is being received already, or too many are, from the peer or in all. */
  request(replica: Replica, about: StateNeed, turn: Turn): boolean {
    const { peer } = about;
    const { receiving, staging } = this.#memory;
    const { contextId } = replica;
    const fromPeer = Array.from(receiving.values()).filter((each) => each.peer === peer);
    const isFull = receiving.size >= receivingMax || fromPeer.length >= perPeerMax;
    if (this.isReceiving(contextId) || isFull) return false;
    const stream = this.#about.nextStream();
    const nowMs = turn.now.monotonicMs;
    const key = byteString(this.#services.random.bytes(stateKeyBytes));
    const protocol = this.#protocolOf(about);
    const pace = this.#paceFrom(turn);
    const isWhole = this.#memory.wholes.has(contextId);
    const session: ReceivingMemory = {
      stream,
      peer,
      contextId,
      protocol,
      key,
      transfer: null,
      pace,
      isWhole,
    };
    receiving.set(stream, session);
    const staged = staging.get(contextId) ?? createStaging(nowMs);
    staging.set(contextId, staged);
    staged.usedMs = nowMs;
    turn.perform({ kind: "open-stream", stream, peer });
    say(
      stream,
      {
        kind: "state-request",
        contextId,
        known: knownTo(replica),
        key,
        tellsHashes: protocol !== "hash-comparison",
      },
      turn,
    );
    turn.observe("sync-state-started", { contextId, peer });
    this.#watchUntilDue(session);
    return true;
  }

  /** Is a state being received in a context? */
  isReceiving(contextId: ContextId): boolean {
    return Array.from(this.#memory.receiving.values()).some((each) => each.contextId === contextId);
  }

  /** A peer's stream opened with a request for a state. */
  accept(stream: StreamId, { peer, frame, turn }: { peer: PeerId; frame: Uint8Array; turn: Turn }): void {
    const message = decodeStateMessage(frame);
    if (isFault(message) || message.kind !== "state-request") {
      const mistake = isFault(message) ? message : fault("out-of-turn", `a ${message.kind} as an opening`);
      if (mistake.code === "unknown-version") say(stream, { kind: "state-refusal", reason: "version" }, turn);
      else turn.blame(peer, mistake);
      return turn.perform({ kind: "close-stream", stream });
    }
    const replica = this.#about.replica(message.contextId);
    if (replica === undefined) return refuse(stream, "context-not-found", turn);
    if (!this.#about.peers.admits(replica, peer)) return refuse(stream, "not-a-member", turn);
    const { serving } = this.#memory;
    const forPeer = Array.from(serving.values()).filter((each) => each.peer === peer);
    const isServed = forPeer.some(({ contextId }) => contextId === replica.contextId);
    const hasRoom = serving.size < servingMax && forPeer.length < perPeerMax;
    const about = { stream, peer, pace: this.#paceFrom(turn) };
    const begun = isServed || !hasRoom ? null : beginServing(about, { replica, request: message, turn });
    if (begun === null) return refuse(stream, "busy", turn);
    serving.set(stream, begun.serving);
    say(stream, begun.offer, turn);
    this.#watchUntilDue(begun.serving);
  }

  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    const message = decodeStateMessage(frame);
    const receiving = this.#memory.receiving.get(stream);
    if (receiving !== undefined) {
      bringOn(receiving.pace, frame.length, turn.now.monotonicMs);
      const heard = receiving.transfer === null ? decodeFirstAnswer(frame) : message;
      const mistake = isFault(heard) ? heard : this.#hear(receiving, heard, turn);
      if (mistake !== null) this.#blame(receiving, mistake, turn);
      return;
    }
    const serving = this.#memory.serving.get(stream);
    if (serving === undefined) return;
    const mistake = isFault(message) ? message : this.#answer(serving, message, turn);
    if (mistake === null) return;
    turn.blame(serving.peer, mistake);
    this.#stopServing(serving, turn);
    turn.perform({ kind: "close-stream", stream });
  }

  /** The stream has gone. What was received and verified is kept for the next one. */
  closed(stream: StreamId, turn: Turn): void {
    const receiving = this.#memory.receiving.get(stream);
    if (receiving !== undefined) this.#stopReceiving(receiving, "failed", turn);
    const serving = this.#memory.serving.get(stream);
    if (serving !== undefined) this.#stopServing(serving, turn);
  }

  /** The watchdog is due: a transfer ends unless it was brought on meanwhile. */
  watch(stream: StreamId, turn: Turn): void {
    const session = this.#memory.receiving.get(stream) ?? this.#memory.serving.get(stream);
    if (session === undefined) return;
    if (session.pace.dueMs > turn.now.monotonicMs) return this.#watchUntilDue(session);
    turn.observe("sync-silent", { peer: session.peer });
    turn.perform({ kind: "close-stream", stream });
    this.closed(stream, turn);
  }

  /** A context is on this node no more: what was pinned of its state goes with all else. */
  left(contextId: ContextId, turn: Turn): void {
    const { receiving, serving, staging } = this.#memory;
    for (const each of [...receiving.values(), ...serving.values()]) {
      if (each.contextId !== contextId) continue;
      turn.perform({ kind: "close-stream", stream: each.stream });
      this.closed(each.stream, turn);
    }
    staging.delete(contextId);
    this.#memory.wholes.delete(contextId);
  }

  closeAll(turn: Turn): void {
    const { receiving, serving } = this.#memory;
    for (const stream of [...receiving.keys(), ...serving.keys()])
      turn.perform({ kind: "close-stream", stream });
    for (const each of serving.values()) this.#stopServing(each, turn);
    receiving.clear();
  }

  /** Forgets what was received so long ago that nobody seems to go on with it. */
  sweep(turn: Turn): void {
    const { staging, receiving } = this.#memory;
    const inUse = new Set(Array.from(receiving.values(), ({ contextId }) => contextId));
    for (const [contextId, { usedMs }] of staging) {
      const isOld = usedMs + this.#services.config.pendingAgeMaxMs <= turn.now.monotonicMs;
      if (isOld && !inUse.has(contextId)) staging.delete(contextId);
    }
  }

  /** What the session chose, or what is forced; else what the numbers of both show. */
  #protocolOf({
    protocol,
    ours,
    theirs,
  }: Pick<SessionMemory, "protocol" | "ours" | "theirs">): StateProtocol {
    const forced = forcedProtocol(this.#services.config);
    const chosen = [protocol, forced].find(isStateProtocol);
    return (
      chosen ?? (ours === null || theirs === null ? "hash-comparison" : selectStateProtocol({ ours, theirs }))
    );
  }

  #answer(serving: ServingMemory, message: StateMessage, turn: Turn): Fault | null {
    const replica = present(this.#about.replica(serving.contextId), "the replica of a served state");
    switch (message.kind) {
      case "history-request": {
        const page = historyPage(serving, message.from, { replica, turn });
        serving.workLeft -= Math.max(1, page.heads.length);
        if (serving.workLeft < 0) return fault("over-limit", "more requests than a transfer needs");
        give(serving, { kind: "history", ...page }, turn);
        return null;
      }
      case "state-query": {
        const pageBytes = this.#services.config.snapshotPageBytes;
        const { pinned, key } = serving;
        const about = { replica, pinned, short: new ShortHash(key), pageBytes };
        const answered = answerQueries(message.queries, about);
        if (isFault(answered)) return answered;
        serving.workLeft -= answered.work;
        if (serving.workLeft < 0) return fault("over-limit", "more requests than a transfer needs");
        give(serving, { kind: "state-answer", answers: answered.answers }, turn);
        return null;
      }
      case "state-done":
        this.#stopServing(serving, turn);
        turn.perform({ kind: "close-stream", stream: serving.stream });
        return null;
      default:
        return fault("out-of-turn", `a ${message.kind} to the server of a state`);
    }
  }

  #hear(receiving: ReceivingMemory, message: StateMessage, turn: Turn): Fault | null {
    const { transfer, peer, contextId } = receiving;
    const replica = present(this.#about.replica(contextId), "the replica of a received state");
    const staging = present(this.#memory.staging.get(contextId), "the staging of a received state");
    const parts = this.#partsOf(receiving, { replica, staging });
    staging.usedMs = turn.now.monotonicMs;
    switch (message.kind) {
      case "state-offer": {
        if (transfer !== null) return fault("out-of-turn", "a second offer");
        const mistake =
          this.#takeGenesis(replica, message.genesis, turn) ?? beginTransfer(receiving, message, parts);
        return mistake ?? this.#goOn(receiving, turn);
      }
      case "history":
      case "state-answer": {
        if (transfer === null) return fault("out-of-turn", `a ${message.kind} before an offer`);
        return takeStateMessage(transfer, message, parts) ?? this.#goOn(receiving, turn);
      }
      case "state-refusal": {
        turn.observe("state-refused", { contextId, peer });
        turn.perform({ kind: "close-stream", stream: receiving.stream });
        this.#stopReceiving(receiving, message.reason === "busy" ? "busy" : "refused", turn);
        return null;
      }
      default:
        return fault("out-of-turn", `a ${message.kind} to the receiver of a state`);
    }
  }

  #takeGenesis(replica: Replica, sealed: Uint8Array, turn: Turn): Fault | null {
    const genesis = this.#services.codec.openDelta(sealed);
    if (isFault(genesis)) return genesis;
    if (genesis.id !== (replica.contextId as string))
      return fault("wrong-context", "the genesis of another context");
    const outcome = replica.receive(genesis, turn);
    return outcome.kind === "rejected" ? outcome.fault : null;
  }

  #partsOf(
    { key, protocol, isWhole }: ReceivingMemory,
    of: Pick<ReceivingParts, "replica" | "staging">,
  ): ReceivingParts {
    return { ...of, crypto: this.#services.codec.crypto, key, protocol, isWhole };
  }

  /** Asks for more, or takes over what has come. */
  #goOn(receiving: ReceivingMemory, turn: Turn): Fault | null {
    const { contextId, peer, stream } = receiving;
    const transfer = present(receiving.transfer, "a transfer that goes on");
    const replica = present(this.#about.replica(contextId), "the replica of a received state");
    const staging = present(this.#memory.staging.get(contextId), "the staging of a received state");
    if (isTooLarge(transfer, staging, this.#stagedBytes() - staging.bytes)) {
      this.#giveUp(receiving, "state-too-large", turn);
      return null;
    }
    const parts = this.#partsOf(receiving, { replica, staging });
    if (!isComplete(transfer)) {
      for (const request of nextRequests(transfer, parts)) say(stream, request, turn);
      // Staging may hold all that is left.
      if (!isComplete(transfer)) return null;
    }
    const cut = verifiedCut(transfer, parts);
    if (isFault(cut)) return cut;
    const { isTimely, needsWhole } = replica.judge(cut);
    if (!isTimely || (needsWhole && !cut.isWhole)) {
      // What is here and was left out could be what was deleted there, and collected.
      if (isTimely) this.#memory.wholes.add(contextId);
      this.#giveUp(receiving, "state-untimely", turn);
      return null;
    }
    replica.adopt(cut, turn);
    this.#memory.staging.delete(contextId);
    this.#memory.wholes.delete(contextId);
    turn.observe(`sync-${receiving.protocol}`, { contextId, peer });
    say(stream, { kind: "state-done" }, turn);
    turn.perform({ kind: "close-stream", stream });
    const broughtAny = cut.entities.length + cut.history.length > 0;
    this.#stopReceiving(receiving, "adopted", turn, broughtAny);
    return null;
  }

  #stagedBytes(): number {
    return Array.from(this.#memory.staging.values()).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What came is not taken, through nobody's fault. */
  #giveUp(receiving: ReceivingMemory, why: "state-too-large" | "state-untimely", turn: Turn): void {
    const { contextId, peer, stream } = receiving;
    turn.observe(why, { contextId, peer });
    this.#memory.staging.delete(contextId);
    turn.perform({ kind: "close-stream", stream });
    this.#stopReceiving(receiving, "failed", turn);
  }

  #blame(receiving: ReceivingMemory, mistake: Fault, turn: Turn): void {
    const { peer, stream } = receiving;
    // A history of kinds to come is nobody's mistake.
    if (mistake.code !== "unknown-version") turn.blame(peer, mistake);
    turn.perform({ kind: "close-stream", stream });
    this.#stopReceiving(receiving, "failed", turn);
  }

  #stopReceiving(
    { stream, peer, contextId, transfer, protocol }: ReceivingMemory,
    outcome: StateSessionEnd["outcome"],
    turn: Turn,
    broughtAny = false,
  ): void {
    this.#memory.receiving.delete(stream);
    this.#services.timers.clear(timerName("state-session", String(stream)));
    if (outcome === "failed") turn.observe("sync-failed", { contextId, peer });
    const reached = transfer === null ? null : protocol;
    this.#about.ended({ peer, contextId, protocol: reached, outcome, broughtAny }, turn);
  }

  #stopServing({ stream, contextId, pinned }: ServingMemory, turn: Turn): void {
    this.#memory.serving.delete(stream);
    this.#services.timers.clear(timerName("state-session", String(stream)));
    this.#about.replica(contextId)?.unpinState(pinned, turn);
  }

  #paceFrom(turn: Turn): PaceMemory {
    return createPace(turn.now.monotonicMs, this.#services.config.syncTimeoutMs);
  }

  #watchUntilDue({ stream, pace }: ReceivingMemory | ServingMemory): void {
    this.#services.timers.set(timerName("state-session", String(stream)), Math.ceil(pace.dueMs));
  }
}
