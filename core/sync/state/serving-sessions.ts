/**
 * The transfers in which this node gives its state, each of a version that is pinned until it ends, however it does.
 * docs/decisions/0016-state-sync.md.
 */

import { present } from "../../assert.ts";
import { type Fault, fault, isFault } from "../../fault.ts";
import type { ContextId, PeerId } from "../../ids.ts";
import type { StreamId } from "../../input.ts";
import type { Peers } from "../../peers.ts";
import type { Replica } from "../../replica.ts";
import { type Services, timerName } from "../../services.ts";
import type { Turn } from "../../turn.ts";
import { decodeStateMessage, type StateMessage } from "../../wire/state-message.ts";
import { createStatePace } from "../pace.ts";
import { answerQueries } from "./answering.ts";
import { give, refuse, say } from "./saying.ts";
import { beginServing, historyPage, type ServingMemory } from "./serving.ts";
import { ShortHash } from "./short-hash.ts";
import { perPeerMax, servingMax, watchUntilDue } from "./transfers.ts";

export class ServingSessions {
  readonly #memory: Map<StreamId, ServingMemory>;
  readonly #services: Services;
  readonly #about: {
    readonly replica: (contextId: ContextId) => Replica | undefined;
    readonly peers: Peers;
  };

  constructor(
    memory: Map<StreamId, ServingMemory>,
    services: Services,
    about: { readonly replica: (contextId: ContextId) => Replica | undefined; readonly peers: Peers },
  ) {
    this.#memory = memory;
    this.#services = services;
    this.#about = about;
  }

  /** A peer's stream opened with a request for a state. */
  accept(stream: StreamId, { peer, frame, turn }: { peer: PeerId; frame: Uint8Array; turn: Turn }): void {
    const message = decodeStateMessage(frame, { isFirst: true });
    if (isFault(message) || message.kind !== "state-request") {
      const mistake = isFault(message) ? message : fault("out-of-turn", `a ${message.kind} as an opening`);
      if (mistake.code === "unknown-version") say(stream, { kind: "state-refusal", reason: "version" }, turn);
      else turn.blame(peer, mistake);
      return turn.perform({ kind: "close-stream", stream });
    }
    const replica = this.#about.replica(message.contextId);
    if (replica === undefined) return refuse(stream, "context-not-found", turn);
    if (!this.#about.peers.admits(replica, peer)) return refuse(stream, "not-a-member", turn);
    const forPeer = Array.from(this.#memory.values()).filter((each) => each.peer === peer);
    const isServed = forPeer.some(({ contextId }) => contextId === replica.contextId);
    const hasRoom = this.#memory.size < servingMax && forPeer.length < perPeerMax;
    const pace = createStatePace(turn.now.monotonicMs, this.#services.config);
    const about = { stream, peer, pace };
    const begun = isServed || !hasRoom ? null : beginServing(about, { replica, request: message, turn });
    if (begun === null) return refuse(stream, "busy", turn);
    this.#memory.set(stream, begun.serving);
    say(stream, begun.offer, turn);
    watchUntilDue(begun.serving, this.#services.timers);
  }

  receive(serving: ServingMemory, frame: Uint8Array, turn: Turn): void {
    const message = decodeStateMessage(frame);
    const mistake = isFault(message) ? message : this.#answer(serving, message, turn);
    if (mistake === null) return;
    turn.blame(serving.peer, mistake);
    this.#hangUp(serving, turn);
  }

  /** Gives back what was pinned. */
  stop({ stream, contextId, pinned }: ServingMemory, turn: Turn): void {
    this.#memory.delete(stream);
    this.#services.timers.clear(timerName("state-session", String(stream)));
    this.#about.replica(contextId)?.unpinState(pinned, turn);
  }

  /** Ends all of a context. */
  stopIn(contextId: ContextId, turn: Turn): void {
    for (const each of this.#memory.values()) if (each.contextId === contextId) this.#hangUp(each, turn);
  }

  closeAll(turn: Turn): void {
    for (const each of this.#memory.values()) this.#hangUp(each, turn);
  }

  #answer(serving: ServingMemory, message: StateMessage, turn: Turn): Fault | null {
    const replica = present(this.#about.replica(serving.contextId), "the replica of a served state");
    switch (message.kind) {
      case "history-request": {
        const page = historyPage(serving, message.from, { replica, turn });
        return this.#give(
          serving,
          { kind: "history", ...page },
          { work: Math.max(1, page.heads.length), turn },
        );
      }
      case "state-query": {
        const pageBytes = this.#services.config.snapshotPageBytes;
        const { pinned, key } = serving;
        const about = { replica, pinned, short: new ShortHash(key), pageBytes };
        const answered = answerQueries(message.queries, about);
        if (isFault(answered)) return answered;
        const { answers, work } = answered;
        return this.#give(serving, { kind: "state-answer", answers }, { work, turn });
      }
      case "state-done":
        this.#hangUp(serving, turn);
        return null;
      default:
        return fault("out-of-turn", `a ${message.kind} to the server of a state`);
    }
  }

  #give(
    serving: ServingMemory,
    message: StateMessage,
    { work, turn }: { readonly work: number; readonly turn: Turn },
  ): Fault | null {
    serving.workLeft -= work;
    if (serving.workLeft < 0) return fault("over-limit", "more requests than a transfer needs");
    give(serving, message, turn);
    return null;
  }

  #hangUp(serving: ServingMemory, turn: Turn): void {
    this.stop(serving, turn);
    turn.perform({ kind: "close-stream", stream: serving.stream });
  }
}
