/**
 * News for others: what came by sync and is older than what gossip carries, this node's other peers may lack as well.
 * They are told by sessions that say in their first message where this node stands; see docs/decisions/0018-fair-sessions.md.
 */

import type { ContextId } from "../ids.ts";
import type { Peers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { SessionMemory } from "./session.ts";
import type { Tracking } from "./tracking.ts";
import type { Delay, Wanted } from "./wanted.ts";

/** By context: not announced again before this. */
export type AnnouncementsMemory = Map<ContextId, number>;

/** What was gained is news for others when its clock is this far from ours: nearer, gossip is still carrying it. */
const newsAgeMs = 2_000;
const announceEveryMs = 500;
const announced: Delay = [0, 150];

interface AnnouncementsParts {
  readonly services: Services;
  readonly peers: Peers;
  readonly tracking: Tracking;
  readonly wanted: Wanted;
}

export class Announcements {
  readonly #memory: AnnouncementsMemory;
  readonly #parts: AnnouncementsParts;

  constructor(memory: AnnouncementsMemory, parts: AnnouncementsParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  /** A session is over: was what it brought news? */
  sessionEnded(session: SessionMemory, { contextId }: Replica, turn: Turn): void {
    if (session.gained === 0 || Math.abs(turn.now.wallMs - session.oldestGainedMs) < newsAgeMs) return;
    this.soon(contextId, turn);
  }

  soon(contextId: ContextId, turn: Turn): void {
    const { random, timers } = this.#parts.services;
    const dueMs = turn.now.monotonicMs + random.between(...announced);
    const earliestMs = this.#memory.get(contextId) ?? 0;
    timers.setEarlier(timerName("announce", contextId), Math.max(dueMs, earliestMs));
  }

  /** The context is on this node no more. */
  left(contextId: ContextId): void {
    this.#memory.delete(contextId);
  }

  /** The timer is due: wants sessions with all subscribers that are not known to stand where this node stands. */
  announce(replica: Replica, turn: Turn): void {
    const { peers, tracking, wanted } = this.#parts;
    const { contextId } = replica;
    this.#memory.set(contextId, turn.now.monotonicMs + announceEveryMs);
    const heads = replica.heads().join("");
    for (const peer of peers.subscribers(contextId)) {
      if (tracking.of(contextId, peer).agreedHeads !== heads)
        wanted.add(contextId, peer, { delay: [0, 0], turn });
    }
  }
}
