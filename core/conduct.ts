/**
 * How peers behave, and what follows. Mistakes cost points, which fade; whoever has too many is hung up on and
 * refused for a time, longer each time. What a peer may say is bounded too: gossip and streams beyond its budget
 * are dropped unread, and much of that is a mistake as well. Sync brings what was dropped. Invariant 14.
 */

import { Budget, type BudgetMemory } from "./budget.ts";
import type { Config } from "./config.ts";
import { type Fault, type FaultCode, fault } from "./fault.ts";
import type { PeerId } from "./ids.ts";
import type { Turn } from "./turn.ts";

interface PeerRecord {
  points: number;
  /** When `points` was brought up to date last. */
  pointsAtMs: number;
  /** Things beyond its budget that were dropped since the last time that counted as a mistake. */
  dropped: number;
  /** Times it was refused, and until when the last was. */
  bans: number;
  bannedUntilMs: number;
}

export interface ConductMemory {
  readonly records: Map<PeerId, PeerRecord>;
  readonly messages: BudgetMemory;
  readonly bytes: BudgetMemory;
  readonly streams: BudgetMemory;
}

export function createConductMemory(): ConductMemory {
  return { records: new Map(), messages: new Map(), bytes: new Map(), streams: new Map() };
}

/** A few at a time are bad luck, or a disk that forgot; more are not. */
const pointsMax = 100;
const pointFadesMs = 3_000;
const points: { readonly [Code in FaultCode]: number } = {
  malformed: 20,
  "non-canonical": 20,
  "too-large": 20,
  "too-deep": 20,
  "bad-signature": 20,
  "false-state": 20,
  "false-blob": 20,
  // What only the past shows to be wrong, a relayer cannot have known.
  "not-permitted": 0,
  "too-late": 0,
  "wrong-context": 20,
  "no-parents": 20,
  "out-of-turn": 10,
  "over-limit": 10,
  // What a newer version says is no mistake.
  "unknown-version": 0,
};

/** So many things dropped are one mistake. */
const droppedPerFault = 1_000;
/** A budget holds this much of what it gets a second. */
const burstSeconds = 5;
/** Each time twice as long as before. */
const banDoublingsMax = 6;
/** Whoever behaved for so long after a ban is as good as new. */
const forgivenAfterMs = 3_600_000;
const recordsMax = 4_096;

/** What is known of a peer that was not as it should be. */
export interface Standing {
  readonly points: number;
  /** So much longer it is refused; 0 when it is not. */
  readonly bannedForMs: number;
  readonly bans: number;
}

export class Conduct {
  readonly #memory: ConductMemory;
  readonly #banFirstMs: number;
  readonly #messages: Budget;
  readonly #bytes: Budget;
  readonly #streams: Budget;

  constructor(memory: ConductMemory, config: Config) {
    this.#memory = memory;
    this.#banFirstMs = config.banFirstMs;
    this.#messages = perSecond(memory.messages, config.peerGossipPerSecondMax);
    this.#bytes = perSecond(memory.bytes, config.peerGossipBytesPerSecondMax);
    this.#streams = perSecond(memory.streams, config.peerStreamsPerSecondMax);
  }

  /** So much longer this peer is refused; 0 when it is not. */
  bannedForMs(peer: PeerId, nowMs: number): number {
    return Math.max(0, (this.#memory.records.get(peer)?.bannedUntilMs ?? 0) - nowMs);
  }

  /** May this peer say so much on topics now? Paid for then. */
  admitGossip(peer: PeerId, bytes: number, turn: Turn): boolean {
    const nowMs = turn.now.monotonicMs;
    if (this.bannedForMs(peer, nowMs) > 0) return false;
    const isPaid = this.#messages.pay(peer, 1, nowMs) && this.#bytes.pay(peer, bytes, nowMs);
    return isPaid || this.#drop(peer, "gossip", turn);
  }

  /** May this peer open a stream now? Paid for then. */
  admitStream(peer: PeerId, turn: Turn): boolean {
    const nowMs = turn.now.monotonicMs;
    if (this.bannedForMs(peer, nowMs) > 0) return false;
    return this.#streams.pay(peer, 1, nowMs) || this.#drop(peer, "streams", turn);
  }

  /** Counts a mistake; whoever made too many is hung up on. */
  judge(peer: PeerId, { code }: Fault, turn: Turn): void {
    const nowMs = turn.now.monotonicMs;
    const record = this.#recordOf(peer, nowMs);
    record.points = faded(record, nowMs) + points[code];
    record.pointsAtMs = nowMs;
    if (record.points < pointsMax || record.bannedUntilMs > nowMs) return;
    const forMs = this.#banFirstMs * (1 << Math.min(record.bans, banDoublingsMax));
    if (forMs === 0) return;
    record.points = 0;
    record.bans += 1;
    record.bannedUntilMs = nowMs + forMs;
    turn.observe("peer-banned", { peer, detail: `${forMs} ms, the last mistake was ${code}` });
    turn.perform({ kind: "hang-up", peer, refuseForMs: forMs });
  }

  /** Peers that have points, are refused, or were lately. */
  *standings(nowMs: number): Generator<readonly [PeerId, Standing]> {
    for (const [peer, record] of this.#memory.records) {
      const { bans } = record;
      yield [peer, { points: faded(record, nowMs), bannedForMs: this.bannedForMs(peer, nowMs), bans }];
    }
  }

  /** Forgets what has faded. */
  sweep(nowMs: number): void {
    for (const budget of [this.#messages, this.#bytes, this.#streams]) budget.sweep(nowMs);
    for (const [peer, record] of this.#memory.records) {
      const isFaded = faded(record, nowMs) === 0 && record.bannedUntilMs + forgivenAfterMs <= nowMs;
      if (isFaded || (record.bans === 0 && faded(record, nowMs) === 0)) this.#memory.records.delete(peer);
    }
  }

  /** Counts what was dropped; false, for the caller's answer. */
  #drop(peer: PeerId, what: "gossip" | "streams", turn: Turn): false {
    const record = this.#recordOf(peer, turn.now.monotonicMs);
    record.dropped += 1;
    turn.observe("peer-limited", { peer });
    if (record.dropped % droppedPerFault === 0)
      turn.blame(peer, fault("over-limit", `${droppedPerFault} of its ${what} were dropped unread`));
    return false;
  }

  #recordOf(peer: PeerId, nowMs: number): PeerRecord {
    const { records } = this.#memory;
    const known = records.get(peer);
    if (known !== undefined) return known;
    if (records.size >= recordsMax) this.#forgetLeast(nowMs);
    const created: PeerRecord = { points: 0, pointsAtMs: nowMs, dropped: 0, bans: 0, bannedUntilMs: 0 };
    records.set(peer, created);
    return created;
  }

  /** Whoever is refused for the shortest time, or not at all, first. O(records). */
  #forgetLeast(nowMs: number): void {
    let least: readonly [PeerId, number] | null = null;
    for (const [peer, record] of this.#memory.records) {
      const weight = Math.max(0, record.bannedUntilMs - nowMs) + faded(record, nowMs);
      if (least === null || weight < least[1]) least = [peer, weight];
    }
    if (least !== null) this.#memory.records.delete(least[0]);
  }
}

function perSecond(memory: BudgetMemory, amount: number): Budget {
  return new Budget(memory, { max: burstSeconds * amount, perMs: amount / 1_000, least: 0 });
}

/** What is left of its points. */
function faded({ points: had, pointsAtMs }: PeerRecord, nowMs: number): number {
  return Math.max(0, had - Math.floor((nowMs - pointsAtMs) / pointFadesMs));
}
