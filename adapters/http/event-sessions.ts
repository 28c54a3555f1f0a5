/** Sessions of event streams: what each client subscribed to, kept for a day after it was connected last. */

import { randomBytes } from "node:crypto";
import type { Json } from "../../core/json.ts";
import { HttpError } from "./api.ts";
import { Interest } from "./context-feed.ts";
import { nameOf } from "./json-rpc.ts";

const keptMs = 24 * 3_600_000;
/** Of more, those go that were connected longest ago. */
const sessionsMax = 1_000;

export interface EventSession {
  readonly id: string;
  readonly interest: Interest;
  /** Messages so far, over all its connections. */
  sent: number;
  /** It was there before this connection. */
  isResumed: boolean;
  connection: { end(): void } | null;
  leftMs: number;
}

/** The id of a session's next message. */
export function eventId(session: EventSession): string {
  const number = session.sent;
  session.sent += 1;
  return `${session.id}-${number}`;
}

export class EventSessions {
  /** Those connected longest ago first. */
  readonly #sessions = new Map<string, EventSession>();

  /** The session of this id, or a new one where there is none. */
  resume(id: string | null): EventSession {
    this.#forget();
    const known = id === null ? undefined : this.#sessions.get(id);
    if (known !== undefined) {
      known.isResumed = true;
      return known;
    }
    const session: EventSession = {
      ...{ id: BigInt(`0x${randomBytes(8).toString("hex")}`).toString(), interest: new Interest() },
      ...{ sent: 0, isResumed: false, connection: null, leftMs: performance.now() },
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Throws an `HttpError` where there is none. */
  find(id: Json | undefined): EventSession {
    this.#forget();
    const session = typeof id === "string" ? this.#sessions.get(id) : undefined;
    if (session !== undefined) return session;
    throw new HttpError(404, `there is no session ${nameOf(id)}: open /sse, whose first event names one`);
  }

  /** A session has one connection: the one before ends. */
  connected(session: EventSession, connection: { end(): void }): void {
    session.connection?.end();
    session.connection = connection;
  }

  left(session: EventSession, connection: { end(): void }): void {
    if (session.connection !== connection) return;
    session.connection = null;
    session.leftMs = performance.now();
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
  }

  #forget(): void {
    const beforeMs = performance.now() - keptMs;
    for (const { id, connection, leftMs } of this.#sessions.values()) {
      const isMany = this.#sessions.size >= sessionsMax;
      if (connection === null && (isMany || leftMs < beforeMs)) this.#sessions.delete(id);
    }
  }
}
