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
import { bringOn, createStatePace, type PaceMemory } from "../pace.ts";
import { forcedProtocol, selectStateProtocol } from "../selection.ts";
import type { SessionMemory } from "../session.ts";
import { hasRoomFor, isTooLarge } from "./holding.ts";
import {
  beginTransfer,
  isComplete,
  knownTo,
  nextRequests,
  type ReceivingMemory,
  type ReceivingParts,
  takeStateMessage,
  verifiedCut,
} from "./receiving.ts";
import { say } from "./saying.ts";
import { ServingSessions } from "./serving-sessions.ts";
import type { StateNeed, StateSessionEnd, StateSyncMemory } from "./sessions-memory.ts";
import { createStaging, keptBytesMax } from "./staging.ts";
import { createTakingOver, prepare, stage, type TakingOverMemory } from "./taking-over.ts";
import { watchUntilDue } from "./transfers.ts";

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
  readonly #serving: ServingSessions;

  constructor(memory: StateSyncMemory, services: Services, about: StateSessionsAbout) {
    this.#memory = memory;
    this.#services = services;
    this.#about = about;
    this.#serving = new ServingSessions(memory.serving, services, about);
  }

  get count(): number {
    return this.#memory.receiving.size + this.#memory.serving.size;
  }

  has(stream: StreamId): boolean {
    return this.#memory.receiving.has(stream) || this.#memory.serving.has(stream);
  }

  /** Asks a peer for its state; false, and does not, where the context's is being received already, or too many are, of the peer or in all. */
  request(replica: Replica, about: StateNeed, turn: Turn): boolean {
    const { peer } = about;
    const { receiving, staging } = this.#memory;
    const { contextId } = replica;
    if (this.isReceiving(contextId) || !hasRoomFor(peer, this.#memory)) return false;
    const stream = this.#about.nextStream();
    const nowMs = turn.now.monotonicMs;
    const key = byteString(this.#services.random.bytes(stateKeyBytes));
    const protocol = this.#protocolOf(about);
    const pace = this.#paceFrom(turn);
    const isWhole = this.#memory.wholes.has(contextId);
    const asked = { stream, peer, contextId, protocol, key, isWhole, pace };
    const session: ReceivingMemory = { ...asked, transfer: null };
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
    watchUntilDue(session, this.#services.timers);
    return true;
  }

  /** Is a state being received in a context, or taken over? */
  isReceiving(contextId: ContextId): boolean {
    if (this.#memory.takingOver.has(contextId)) return true;
    return Array.from(this.#memory.receiving.values()).some((each) => each.contextId === contextId);
  }

  /** A peer's stream opened with a request for a state. */
  accept(stream: StreamId, about: { peer: PeerId; frame: Uint8Array; turn: Turn }): void {
    this.#serving.accept(stream, about);
  }

  receive(stream: StreamId, frame: Uint8Array, turn: Turn): void {
    const receiving = this.#memory.receiving.get(stream);
    if (receiving !== undefined) {
      bringOn(receiving.pace, frame.length, turn.now.monotonicMs);
      const heard = receiving.transfer === null ? decodeFirstAnswer(frame) : decodeStateMessage(frame);
      const mistake = isFault(heard) ? heard : this.#hear(receiving, heard, turn);
      if (mistake !== null) this.#blame(receiving, mistake, turn);
      return;
    }
    const serving = this.#memory.serving.get(stream);
    if (serving !== undefined) this.#serving.receive(serving, frame, turn);
  }

  /** The stream has gone. What was received and verified is kept for the next one. */
  closed(stream: StreamId, turn: Turn): void {
    const receiving = this.#memory.receiving.get(stream);
    if (receiving !== undefined) this.#stopReceiving(receiving, "failed", turn);
    const serving = this.#memory.serving.get(stream);
    if (serving !== undefined) this.#serving.stop(serving, turn);
  }

  /** The watchdog is due: a transfer ends unless it was brought on meanwhile. */
  watch(stream: StreamId, turn: Turn): void {
    const session = this.#memory.receiving.get(stream) ?? this.#memory.serving.get(stream);
    if (session === undefined) return;
    if (session.pace.dueMs > turn.now.monotonicMs) return watchUntilDue(session, this.#services.timers);
    turn.observe("sync-silent", { peer: session.peer });
    turn.perform({ kind: "close-stream", stream });
    this.closed(stream, turn);
  }

  /** A context is on this node no more: what was pinned of its state goes with all else. */
  left(contextId: ContextId, turn: Turn): void {
    const { receiving, staging } = this.#memory;
    for (const each of receiving.values()) {
      if (each.contextId !== contextId) continue;
      turn.perform({ kind: "close-stream", stream: each.stream });
      this.closed(each.stream, turn);
    }
    this.#serving.stopIn(contextId, turn);
    staging.delete(contextId);
    this.#memory.takingOver.delete(contextId);
    this.#memory.wholes.delete(contextId);
  }

  /** The timer is due: goes on with what is taken over, and with removing what is of no use beside the state. */
  tidy(replica: Replica, turn: Turn): void {
    const { contextId, states } = replica;
    const { takingOver, staging } = this.#memory;
    const taking = takingOver.get(contextId);
    if (taking === undefined) {
      // Blocks of earlier states are there still where none was written of this one.
      const isInUse = (staging.get(contextId)?.writtenBytes ?? 0) > 0;
      const isClear = (isInUse || states.forgetStaged(turn)) && states.clear(turn);
      replica.save(turn);
      return isClear ? undefined : replica.tidyLater(turn);
    }
    replica.tidyLater(turn);
    const prepared = prepare(taking, replica, { crypto: this.#services.codec.crypto, turn });
    switch (prepared.kind) {
      case "unfinished":
        return replica.save(turn);
      case "untimely":
      case "needs-whole":
        states.abandon(replica, turn);
        takingOver.delete(contextId);
        this.#giveUpUntimely(taking, prepared.kind, turn);
        replica.save(turn);
        return this.#end(taking, { outcome: "failed", broughtAny: false }, turn);
      case "timely":
        // What is pinned of the state that goes.
        this.#serving.stopIn(contextId, turn);
        replica.adopt({ ...taking.cut, madeOf: taking.joined }, prepared.sieve, turn);
        return this.#tookOver(taking, turn);
    }
  }

  closeAll(turn: Turn): void {
    const { receiving } = this.#memory;
    for (const stream of receiving.keys()) turn.perform({ kind: "close-stream", stream });
    this.#serving.closeAll(turn);
    receiving.clear();
  }

  /** Forgets what was received so long ago that nobody seems to go on with it. */
  sweep(turn: Turn): void {
    const { staging, receiving, takingOver } = this.#memory;
    const inUse = new Set(Array.from(receiving.values(), ({ contextId }) => contextId));
    for (const [contextId, { usedMs }] of staging) {
      const isOld = usedMs + this.#services.config.pendingAgeMaxMs <= turn.now.monotonicMs;
      if (isOld && !inUse.has(contextId) && !takingOver.has(contextId)) this.#forget(contextId, turn);
    }
  }

  #forget(contextId: ContextId, turn: Turn): void {
    this.#memory.staging.delete(contextId);
    this.#about.replica(contextId)?.tidyLater(turn);
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
    const keptMax = keptBytesMax(this.#services.config.snapshotPageBytes);
    return { ...of, crypto: this.#services.codec.crypto, key, protocol, keptMax, isWhole };
  }

  /** Asks for more, or takes over what has come. */
  #goOn(receiving: ReceivingMemory, turn: Turn): Fault | null {
    const { contextId, peer, stream } = receiving;
    const transfer = present(receiving.transfer, "a transfer that goes on");
    const replica = present(this.#about.replica(contextId), "the replica of a received state");
    const staging = present(this.#memory.staging.get(contextId), "the staging of a received state");
    if (isTooLarge(contextId, transfer, this.#memory)) {
      turn.observe("state-too-large", { contextId, peer });
      this.#forget(contextId, turn);
      this.#hangUp(receiving, turn);
      return null;
    }
    const { snapshotPageBytes: pageBytes } = this.#services.config;
    if (staging.entityBytes > keptBytesMax(pageBytes)) stage(staging, replica, { pageBytes, turn });
    const parts = this.#partsOf(receiving, { replica, staging });
    if (!isComplete(transfer)) {
      for (const request of nextRequests(transfer, parts)) say(stream, request, turn);
      // Staging may hold all that is left.
      if (!isComplete(transfer)) return null;
    }
    const cut = verifiedCut(transfer, parts);
    if (isFault(cut)) return cut;
    const judged = replica.judge(cut);
    if (judged.kind !== "timely") {
      this.#giveUpUntimely(receiving, judged.kind, turn);
      this.#hangUp(receiving, turn);
      return null;
    }
    say(stream, { kind: "state-done" }, turn);
    turn.perform({ kind: "close-stream", stream });
    this.#forgetReceiving(stream);
    const taking = createTakingOver({ ...receiving, transfer }, cut, replica);
    if (replica.states.stagedBlocks === 0) {
      replica.adopt(cut, judged.sieve, turn);
      this.#tookOver(taking, turn);
    } else {
      stage(staging, replica, { pageBytes, turn });
      this.#memory.takingOver.set(contextId, taking);
      replica.tidyLater(turn);
    }
    return null;
  }

  #tookOver(taking: TakingOverMemory, turn: Turn): void {
    const { contextId, peer, protocol, bringsAny, joined } = taking;
    this.#memory.staging.delete(contextId);
    this.#memory.takingOver.delete(contextId);
    this.#memory.wholes.delete(contextId);
    turn.observe(`sync-${protocol}`, { contextId, peer });
    this.#end(taking, { outcome: "adopted", broughtAny: bringsAny || joined > 0 }, turn);
  }

  #end(
    { peer, contextId, protocol }: TakingOverMemory,
    end: Pick<StateSessionEnd, "outcome" | "broughtAny">,
    turn: Turn,
  ): void {
    this.#about.ended({ peer, contextId, protocol, ...end }, turn);
  }

  #forgetReceiving(stream: StreamId): void {
    this.#memory.receiving.delete(stream);
    this.#services.timers.clear(timerName("state-session", String(stream)));
  }

  /** The past has closed here or there so that what came cannot be joined with what is here. Nobody's fault. */
  #giveUpUntimely(
    { contextId, peer }: Pick<ReceivingMemory, "contextId" | "peer">,
    why: "untimely" | "needs-whole",
    turn: Turn,
  ): void {
    turn.observe("state-untimely", { contextId, peer });
    // What is here and was left out could be what was deleted there, and collected.
    if (why === "needs-whole") this.#memory.wholes.add(contextId);
    this.#forget(contextId, turn);
  }

  #hangUp(receiving: ReceivingMemory, turn: Turn): void {
    turn.perform({ kind: "close-stream", stream: receiving.stream });
    this.#stopReceiving(receiving, "failed", turn);
  }

  #blame(receiving: ReceivingMemory, mistake: Fault, turn: Turn): void {
    // A history of kinds to come is nobody's mistake.
    if (mistake.code !== "unknown-version") turn.blame(receiving.peer, mistake);
    this.#hangUp(receiving, turn);
  }

  #stopReceiving(
    { stream, peer, contextId, transfer, protocol }: ReceivingMemory,
    outcome: StateSessionEnd["outcome"],
    turn: Turn,
  ): void {
    this.#forgetReceiving(stream);
    if (outcome === "failed") turn.observe("sync-failed", { contextId, peer });
    const reached = transfer === null ? null : protocol;
    this.#about.ended({ peer, contextId, protocol: reached, outcome, broughtAny: false }, turn);
  }

  #paceFrom(turn: Turn): PaceMemory {
    return createStatePace(turn.now.monotonicMs, this.#services.config);
  }
}
