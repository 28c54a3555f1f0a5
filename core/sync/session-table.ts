/** The sessions a node has open: kept, watched for silence, and ended, each in one place whatever the cause. */

import type { Fault } from "../fault.ts";
import type { ContextId, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { SyncRefusal } from "../wire/sync-message.ts";
import { createPace, type PaceMemory } from "./pace.ts";
import { type SessionMemory, say } from "./session.ts";
import { SessionRoom } from "./session-room.ts";

/** `busy` and `refused` are benign. */
export type SessionOutcome = "completed" | "busy" | "refused" | "failed";

export class SessionTable {
  /** How many there may be. */
  readonly room: SessionRoom;
  readonly #sessions: Map<StreamId, SessionMemory>;
  readonly #services: Services;
  readonly #ended: (session: SessionMemory, outcome: SessionOutcome, turn: Turn) => void;

  constructor(
    sessions: Map<StreamId, SessionMemory>,
    services: Services,
    ended: (session: SessionMemory, outcome: SessionOutcome, turn: Turn) => void,
  ) {
    this.room = new SessionRoom(sessions, services.config.syncSessionsMax);
    this.#sessions = sessions;
    this.#services = services;
    this.#ended = ended;
  }

  /** Of those under way. */
  get count(): number {
    return this.#sessions.size - this.room.unreadCount;
  }

  /** How many deltas those have who are being synced with in a context; null where nobody is. */
  appliedBy(contextId: ContextId): number | null {
    const theirs = Array.from(this.#sessions.values()).flatMap((session) =>
      session.contextId === contextId && session.theirs !== null ? [session.theirs.appliedCount] : [],
    );
    return theirs.length === 0 ? null : Math.max(...theirs);
  }

  get(stream: StreamId): SessionMemory | undefined {
    return this.#sessions.get(stream);
  }

  /** How long a session that begins now may be silent. */
  paceFrom(turn: Turn): PaceMemory {
    return createPace(turn.now.monotonicMs, this.#services.config);
  }

  keep(session: SessionMemory): void {
    this.#sessions.set(session.stream, session);
    this.#watchUntilDue(session);
  }

  /** Ends it with a word to the other side. */
  refuse(session: SessionMemory, reason: SyncRefusal, turn: Turn): void {
    if (reason === "not-a-member") turn.observe("sync-stranger", { peer: session.peer });
    say(session, { kind: "refusal", reason }, turn);
    this.close(session, "refused", turn);
  }

  /** Ends it for what the other side did wrong. */
  fail(session: SessionMemory, mistake: Fault, turn: Turn): void {
    if (mistake.code === "unknown-version") say(session, { kind: "refusal", reason: "version" }, turn);
    else turn.blame(session.peer, mistake);
    turn.observe("sync-failed", { peer: session.peer });
    this.close(session, "failed", turn);
  }

  close(session: SessionMemory, outcome: SessionOutcome, turn: Turn): void {
    turn.perform({ kind: "close-stream", stream: session.stream });
    this.#end(session, outcome, turn);
  }

  /** Gives up a stream that a peer opened and on which nothing was said yet; null for any other. */
  release(stream: StreamId): PeerId | null {
    const session = this.#sessions.get(stream);
    if (session?.state !== "opening") return null;
    this.#sessions.delete(stream);
    this.#services.timers.clear(timerName("session", String(stream)));
    return session.peer;
  }

  /** The stream has gone. */
  closed(stream: StreamId, turn: Turn): void {
    const session = this.#sessions.get(stream);
    if (session === undefined) return;
    const isDone = session.ourDone && session.theirDone;
    if (!isDone) turn.observe("sync-failed", { peer: session.peer });
    this.#end(session, isDone ? "completed" : "failed", turn);
  }

  /** The watchdog of a session is due: it ends unless it was brought on meanwhile. */
  watch(stream: StreamId, turn: Turn): void {
    const session = this.#sessions.get(stream);
    if (session === undefined) return;
    if (session.pace.dueMs > turn.now.monotonicMs) return this.#watchUntilDue(session);
    turn.observe("sync-silent", { peer: session.peer });
    this.close(session, "failed", turn);
  }

  /** A context is on this node no more: those on the other side are told. */
  left(contextId: ContextId, turn: Turn): void {
    for (const session of Array.from(this.#sessions.values()))
      if (session.contextId === contextId) this.refuse(session, "context-not-found", turn);
  }

  closeAll(turn: Turn): void {
    for (const stream of this.#sessions.keys()) turn.perform({ kind: "close-stream", stream });
    this.#sessions.clear();
  }

  #watchUntilDue({ stream, pace }: SessionMemory): void {
    this.#services.timers.set(timerName("session", String(stream)), Math.ceil(pace.dueMs));
  }

  #end(session: SessionMemory, outcome: SessionOutcome, turn: Turn): void {
    this.#sessions.delete(session.stream);
    this.#services.timers.clear(timerName("session", String(session.stream)));
    this.#ended(session, outcome, turn);
  }
}
