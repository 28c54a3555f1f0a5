/**
 * Who is there: connections, subscriptions, and whom to dial again. Dialling is this node's decision: a known
 * peer that is not connected is dialled every 0.5 to 1 s for five minutes after it was lost, then every 30 s.
 */

import type { Conduct } from "./conduct.ts";
import type { ContextId, PeerId, Topic } from "./ids.ts";
import { topicOf } from "./ids.ts";
import type { Invitation } from "./members/membership.ts";
import type { Replica } from "./replica.ts";
import { type Services, timerName } from "./services.ts";
import type { Turn } from "./turn.ts";

interface KnownPeer {
  /** When it was found, or last lost. */
  lostAtMs: number;
  connected: boolean;
  /** What it subscribes to, as far as it has said on this connection. */
  readonly topics: Set<Topic>;
  /** Invitations it showed on this connection. */
  readonly guestOf: Map<ContextId, Invitation>;
  /** What it subscribed to when its last connection broke. */
  formerTopics: readonly Topic[];
}

export interface PeersMemory {
  readonly known: Map<PeerId, KnownPeer>;
}

export function createPeersMemory(): PeersMemory {
  return { known: new Map() };
}

/** Peers remembered at a time. A peer that is not connected makes room for a new one, the longest lost first. */
const knownMax = 4_096;

/** Topics remembered of one peer. */
const topicsMax = 10_000;

const redial = { eagerMs: 300_000, eagerMinMs: 500, eagerMaxMs: 1_000, patientMs: 30_000 };

export class Peers {
  readonly #memory: PeersMemory;
  readonly #services: Services;
  readonly #conduct: Pick<Conduct, "bannedForMs">;

  constructor(memory: PeersMemory, services: Services, conduct: Pick<Conduct, "bannedForMs">) {
    this.#memory = memory;
    this.#services = services;
    this.#conduct = conduct;
  }

  get connectedCount(): number {
    return this.connected().length;
  }

  connected(): readonly PeerId[] {
    return Array.from(this.#memory.known).flatMap(([peer, known]) => (known.connected ? [peer] : []));
  }

  isConnected(peer: PeerId): boolean {
    return this.#memory.known.get(peer)?.connected === true;
  }

  /** Connected peers that subscribe to a context's topic. O(known peers). */
  subscribers(contextId: ContextId): readonly PeerId[] {
    const topic = topicOf(contextId);
    return Array.from(this.#memory.known).flatMap(([peer, known]) =>
      known.connected && known.topics.has(topic) ? [peer] : [],
    );
  }

  /** May a peer be given what a context holds: as a member, or as one who is invited? */
  admits({ contextId, governance }: Replica, peer: PeerId): boolean {
    if (governance.admits(peer)) return true;
    const invitation = this.#memory.known.get(peer)?.guestOf.get(contextId);
    const author = this.#services.authorOf(peer);
    return invitation !== undefined && author !== null && governance.members.isGood(invitation, author);
  }

  /** A peer showed an invitation. */
  welcome(
    { contextId, governance }: Replica,
    peer: PeerId,
    { shown, turn }: { shown: Uint8Array; turn: Turn },
  ): void {
    const invitation = governance.goodInvitation(peer, shown, turn);
    if (invitation !== null) this.#memory.known.get(peer)?.guestOf.set(contextId, invitation);
  }

  /**
   * May this node begin a session with a peer, which it last tried to so long ago? Not with one that was removed. With one
   * it has never heard of now and then, and gives it nothing: it may have been away for longer than the other is a
   * member, or know of it only what others know.
   */
  mayAsk(replica: Replica, peer: PeerId, triedAgoMs: number): boolean {
    if (this.admits(replica, peer)) return true;
    const { governance } = replica;
    if (governance.isRemoved(peer)) return false;
    return governance.ownRole === null || triedAgoMs >= this.#services.config.syncFrequencyMs;
  }

  /** Subscribers with whom this node may begin a session: whoever was removed may stay subscribed, and is of no use. */
  partners(replica: Replica): readonly PeerId[] {
    const { contextId, governance } = replica;
    return this.subscribers(contextId).filter(
      (peer) => !governance.isRemoved(peer) || this.admits(replica, peer),
    );
  }

  /** What a peer subscribed to when its last connection broke. */
  formerTopics(peer: PeerId): readonly Topic[] {
    return this.#memory.known.get(peer)?.formerTopics ?? [];
  }

  /** Someone named this peer: it is dialled at once, unless it is known already. */
  found(peer: PeerId, turn: Turn): void {
    if (peer === this.#services.identity.peer || this.#memory.known.has(peer)) return;
    this.#remember(peer, turn);
    this.#dialNow(peer, turn);
  }

  /** False when the peer is refused: then it is hung up on, and not taken for connected. */
  didConnect(peer: PeerId, turn: Turn): boolean {
    const refuseForMs = this.#conduct.bannedForMs(peer, turn.now.monotonicMs);
    if (refuseForMs > 0) {
      turn.perform({ kind: "hang-up", peer, refuseForMs });
      return false;
    }
    const known = this.#remember(peer, turn);
    known.connected = true;
    this.#services.timers.clear(timerName("dial", peer));
    return true;
  }

  didDisconnect(peer: PeerId, turn: Turn): void {
    const known = this.#memory.known.get(peer);
    if (known === undefined) return;
    known.connected = false;
    known.lostAtMs = turn.now.monotonicMs;
    known.formerTopics = Array.from(known.topics);
    known.topics.clear();
    known.guestOf.clear();
    this.#dialLater(peer, known, turn);
  }

  dialFailed(peer: PeerId, turn: Turn): void {
    const known = this.#memory.known.get(peer);
    if (known !== undefined && !known.connected) this.#dialLater(peer, known, turn);
  }

  /** The dial timer of a peer is due. */
  dial(peer: PeerId, turn: Turn): void {
    if (this.#memory.known.get(peer)?.connected === false) this.#dialNow(peer, turn);
  }

  /** A context is on this node no more: who was invited into it shows that again if it comes back. */
  left(contextId: ContextId): void {
    for (const { guestOf } of this.#memory.known.values()) guestOf.delete(contextId);
  }

  subscribed(peer: PeerId, topic: Topic): void {
    const known = this.#memory.known.get(peer);
    if (known !== undefined && known.topics.size < topicsMax) known.topics.add(topic);
  }

  unsubscribed(peer: PeerId, topic: Topic): void {
    this.#memory.known.get(peer)?.topics.delete(topic);
  }

  #remember(peer: PeerId, turn: Turn): KnownPeer {
    const { known } = this.#memory;
    const current = known.get(peer);
    if (current !== undefined) return current;
    if (known.size >= knownMax) this.#forgetLongestLost();
    const created: KnownPeer = {
      lostAtMs: turn.now.monotonicMs,
      connected: false,
      topics: new Set(),
      guestOf: new Map(),
      formerTopics: [],
    };
    known.set(peer, created);
    return created;
  }

  #forgetLongestLost(): void {
    const lost = Array.from(this.#memory.known).filter(([, known]) => !known.connected);
    const [first] = lost.sort(([, a], [, b]) => a.lostAtMs - b.lostAtMs);
    if (first === undefined) return;
    this.#memory.known.delete(first[0]);
    this.#services.timers.clear(timerName("dial", first[0]));
  }

  /** Should nothing ever come of it, it is tried again. */
  #dialNow(peer: PeerId, turn: Turn): void {
    turn.perform({ kind: "dial", peer });
    this.#services.timers.set(timerName("dial", peer), turn.now.monotonicMs + redial.patientMs);
  }

  #dialLater(peer: PeerId, known: KnownPeer, turn: Turn): void {
    const nowMs = turn.now.monotonicMs;
    const isEager = nowMs - known.lostAtMs < redial.eagerMs;
    const usualMs = isEager
      ? this.#services.random.between(redial.eagerMinMs, redial.eagerMaxMs)
      : redial.patientMs;
    const delayMs = Math.max(usualMs, this.#conduct.bannedForMs(peer, nowMs));
    this.#services.timers.set(timerName("dial", peer), nowMs + delayMs);
  }
}
