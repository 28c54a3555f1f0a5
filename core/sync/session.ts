/**
 * One exchange with one peer over one stream. A sync session opens with a handshake both ways; then each side
 * streams what the other lacks, in causal order, as far as the other gave credit, and says `done`. Where neither
 * can tell what the other lacks, they find it out in between. A pull opens with the ids it asks for, and
 * only the responder streams. Credit leaves after what was applied is durable.
 *
 *   initiator:  handshake → awaits handshake → (reconciles) → transfers → both done: closes
 *   responder:  awaits an opening → answers → (reconciles) → transfers → both done: closes
 */

import { present } from "../assert.ts";
import { type Fault, fault, isFault } from "../fault.ts";
import { type ContextId, type DeltaId, type PeerId, toHex } from "../ids.ts";
import type { StreamId } from "../input.ts";
import { turnDeltasMax } from "../limits.ts";
import type { Replica } from "../replica.ts";
import { storeKeys } from "../store-keys.ts";
import { UnreadableStoreError } from "../stored-node.ts";
import type { Turn } from "../turn.ts";
import type { Codec } from "../wire/codec.ts";
import { type DeltaBatch, packDeltas, unpackDeltas } from "../wire/delta-batch.ts";
import {
  encodeSyncMessage,
  type Handshake,
  initialCredit,
  type SyncMessage,
  type SyncProtocol,
} from "../wire/sync-message.ts";
import type { Frontier } from "./frontiers.ts";
import { sharedFrontier } from "./handshake.ts";
import { bringOn, type PaceMemory } from "./pace.ts";
import type { ReconciliationMemory } from "./reconciliation/reconciliation.ts";
import { partByHorizon } from "./state/below.ts";

export type SessionState = "opening" | "handshaking" | "reconciling" | "transferring";

/** Plain data: part of the node's memory. */
export interface SessionMemory {
  readonly stream: StreamId;
  readonly peer: PeerId;
  readonly role: "initiator" | "responder";
  purpose: "sync" | "pull";
  /** The peer is no member as far as is known here: it is heard, and given nothing. */
  isMuted: boolean;
  /** Unknown to a responder until the opening message. */
  contextId: ContextId | null;
  state: SessionState;
  /** What both said of where they stand; null until they did. */
  ours: Handshake | null;
  theirs: Handshake | null;
  /** Frontiers remembered with the peer when this began, and what it had given in a session before. */
  frontiers: readonly Frontier[];
  givenBefore: readonly DeltaId[];
  /** What it sent in this one, without what is below others of them. */
  readonly given: Set<DeltaId>;
  /** What it runs; null until that is chosen, and in a pull. */
  protocol: SyncProtocol | null;
  reconciliation: ReconciliationMemory | null;
  /** What is still to be sent, in causal order, from `sent` on. */
  outgoing: readonly DeltaId[];
  sent: number;
  /** Messages of deltas the other still takes, and those it may still send. */
  credit: number;
  granted: number;
  /** Who lacks what lies below the other's horizon, and needs its state; `there` where it is the other. */
  stateNeeded: "nowhere" | "here" | "there";
  /** It was asked for, before this is over. */
  isStateAsked: boolean;
  ourDone: boolean;
  theirDone: boolean;
  readonly pace: PaceMemory;
  /** Deltas it sent that were here already. */
  duplicates: number;
  /** It sent a delta without parents it should have known to be missing here. */
  lacksParents: boolean;
  /** Deltas applied here when what to send was chosen. */
  appliedAtChoice: number;
  /** Applied here because of this session, and when the last of it was. */
  gained: number;
  gainedMs: number;
  /** The oldest clock value among what was gained, or infinity. */
  oldestGainedMs: number;
}

export function createSession(
  about: Pick<SessionMemory, "stream" | "peer" | "role" | "purpose" | "contextId" | "state" | "pace"> &
    Partial<Pick<SessionMemory, "isMuted">>,
): SessionMemory {
  return {
    isMuted: false,
    ...about,
    ours: null,
    theirs: null,
    frontiers: [],
    givenBefore: [],
    given: new Set(),
    protocol: null,
    reconciliation: null,
    outgoing: [],
    sent: 0,
    credit: initialCredit,
    granted: initialCredit,
    stateNeeded: "nowhere",
    isStateAsked: false,
    ourDone: false,
    theirDone: false,
    duplicates: 0,
    lacksParents: false,
    appliedAtChoice: 0,
    gained: 0,
    gainedMs: Number.NEGATIVE_INFINITY,
    oldestGainedMs: Number.POSITIVE_INFINITY,
  };
}

/** What a side may say in each state; anything else is out of turn. */
const allowed: Readonly<Record<SessionState, readonly SyncMessage["kind"][]>> = {
  opening: ["handshake", "delta-request"],
  handshaking: ["handshake", "refusal"],
  // Deltas before all ranges are answered: the other knows without asking what is lacking here.
  reconciling: ["ranges", "deltas", "below", "state-needed", "done", "refusal"],
  transferring: ["deltas", "credit", "below", "state-needed", "done", "refusal"],
};

export function isAllowed(session: SessionMemory, message: SyncMessage): boolean {
  return allowed[session.state].includes(message.kind);
}

export function say(session: SessionMemory, message: SyncMessage, turn: Turn): void {
  turn.perform({ kind: "send", stream: session.stream, frame: encodeSyncMessage(message) });
}

export interface TransferParts {
  readonly replica: Replica;
  readonly turn: Turn;
}

/** Starts streaming to the other side, or says first what there are no bodies of. */
export function beginTransfer(
  session: SessionMemory,
  outgoing: readonly DeltaId[],
  { replica, turn }: TransferParts,
): void {
  const { sendable, below } = partByHorizon(session.isMuted ? [] : outgoing, replica);
  session.state = "transferring";
  session.reconciliation = null;
  session.outgoing = sendable;
  if (below.length > 0) {
    session.credit = 0;
    sayBelow(session, below, { replica, turn });
  }
  continueTransfer(session, { replica, turn });
}

/**
 * Sends as much as the credit allows, and `done` after the last; or after `below`, where bodies went meanwhile. The
 * bytes that went.
 */
function continueTransfer(session: SessionMemory, { replica, turn }: TransferParts): number {
  let bytes = 0;
  while (!session.ourDone && session.credit > 0 && session.sent < session.outgoing.length) {
    const deltas = nextBatch(session, { replica, turn });
    if (deltas.length === 0) {
      sayBelow(session, session.outgoing.slice(session.sent, session.sent + 1), { replica, turn });
      session.outgoing = [];
      break;
    }
    session.credit -= 1;
    const batch = packDeltas(deltas, replica.contextId, commonOf(session));
    say(session, { kind: "deltas", batch }, turn);
    bytes += deltas.reduce((sum, { sealed }) => sum + sealed.length, 0);
    turn.observe("sync-deltas-sent", { peer: session.peer, amount: deltas.length });
  }
  if (!session.ourDone && session.sent >= session.outgoing.length) {
    session.ourDone = true;
    session.outgoing = [];
    say(session, { kind: "done" }, turn);
  }
  return bytes;
}

/** The frontier that both sides named: ids that need not be told. */
function commonOf({ protocol, frontiers, theirs }: SessionMemory): readonly DeltaId[] {
  if (protocol !== "delta-warm" || theirs === null) return [];
  return sharedFrontier(frontiers, theirs)?.ids ?? [];
}

function sayBelow(session: SessionMemory, ids: readonly DeltaId[], { replica, turn }: TransferParts): void {
  say(session, { kind: "below", ids }, turn);
  turn.observe("sync-below", { contextId: replica.contextId, peer: session.peer });
}

/** What the other says of what this side sends, or cannot be sent. */
export function steer(
  session: SessionMemory,
  message: Extract<SyncMessage, { kind: "credit" | "below" | "state-needed" }>,
  parts: TransferParts,
): void {
  switch (message.kind) {
    case "credit": {
      session.credit += message.messages;
      const bytes = continueTransfer(session, parts);
      if (bytes > 0) bringOn(session.pace, bytes, parts.turn.now.monotonicMs);
      return;
    }
    case "below":
      return hearBelow(session, message.ids, parts);
    case "state-needed":
      return hearStateNeeded(session, parts);
  }
}

/** The other has no bodies of these: what it has besides helps only a side that has them. */
function hearBelow(session: SessionMemory, ids: readonly DeltaId[], { replica, turn }: TransferParts): void {
  if (ids.every((id) => replica.deltas.graph.has(id)))
    return say(session, { kind: "credit", messages: initialCredit }, turn);
  session.stateNeeded = "here";
  say(session, { kind: "state-needed" }, turn);
}

/** The other will ask for the state instead. */
function hearStateNeeded(session: SessionMemory, parts: TransferParts): void {
  if (session.stateNeeded === "nowhere") session.stateNeeded = "there";
  session.outgoing = [];
  continueTransfer(session, parts);
}

/** A message of deltas ends once it holds this much. */
const batchBytes = 65_536;
/** Or its deltas have so many parents: few enough for the values that one frame may hold. */
const batchParentsMax = 4_096;

/** Ends before a delta whose body is no longer here. */
function nextBatch(session: SessionMemory, { replica, turn }: TransferParts) {
  const deltas: { readonly id: DeltaId; readonly sealed: Uint8Array }[] = [];
  const { graph } = replica.deltas;
  let [bytes, parents] = [0, 0];
  const hasRoom = () => deltas.length < turnDeltasMax && bytes < batchBytes && parents < batchParentsMax;
  while (session.sent < session.outgoing.length && hasRoom()) {
    const id = present(session.outgoing[session.sent], "a delta to send");
    if (!replica.deltas.hasBody(id)) break;
    session.sent += 1;
    const sealed = turn.read(storeKeys.delta(id));
    if (sealed === undefined) {
      throw new UnreadableStoreError(
        fault("malformed", `the store: the body of delta ${toHex(id)} is missing`),
      );
    }
    deltas.push({ id, sealed });
    bytes += sealed.length;
    parents += graph.get(id)?.parents.length ?? 0;
  }
  return deltas;
}

/**
 * Adds what the peer sent and gives credit for more. A fault when the peer made a mistake. Deltas that were here
 * already bring a session on only as long as there are no more of them than what was here when it began.
 */
export function receiveDeltas(
  session: SessionMemory,
  batch: DeltaBatch,
  { replica, codec, turn }: { readonly replica: Replica; readonly codec: Codec; readonly turn: Turn },
): Fault | null {
  const about = { contextId: replica.contextId, crypto: codec.crypto, frontier: commonOf(session) };
  const unpacked = unpackDeltas(batch, about);
  if (isFault(unpacked)) return unpacked;
  const sealedDeltas = unpacked.deltas;
  turn.observe("sync-deltas-received", { peer: session.peer, amount: sealedDeltas.length });
  session.granted -= 1;
  if (session.granted < 0)
    return fault("out-of-turn", "more messages of deltas than it was given credit for");
  if (sealedDeltas.length === 0) return fault("malformed", "a message of no deltas");
  const before = session.duplicates;
  for (const sealed of sealedDeltas) {
    const mistake = receiveOne(session, sealed, { replica, codec, turn });
    if (mistake !== null) return mistake;
  }
  const isNew = session.duplicates - before < sealedDeltas.length;
  const bytes = sealedDeltas.reduce((sum, { length }) => sum + length, 0);
  if (isNew || session.duplicates <= session.appliedAtChoice)
    bringOn(session.pace, bytes, turn.now.monotonicMs);
  session.granted += 1;
  say(session, { kind: "credit", messages: 1 }, turn);
  return null;
}

function receiveOne(
  session: SessionMemory,
  sealed: Uint8Array,
  { replica, codec, turn }: { readonly replica: Replica; readonly codec: Codec; readonly turn: Turn },
): Fault | null {
  const delta = codec.openDelta(sealed);
  if (isFault(delta)) return delta.code === "unknown-version" ? null : delta;
  if (delta.contextId !== replica.contextId) {
    return fault("wrong-context", "a delta of another context in a session");
  }
  const outcome = replica.receive(delta, turn);
  switch (outcome.kind) {
    case "rejected":
      // Whoever gives what comes too late need not know that the past is closed.
      return outcome.fault.code === "too-late" ? null : outcome.fault;
    case "duplicate":
      session.duplicates += 1;
      return null;
    case "pending":
      if (outcome.missing.length > 0) session.lacksParents = true;
      return null;
    case "applied":
      for (const parent of delta.parents) session.given.delete(parent);
      session.given.add(delta.id);
      session.gained += 1;
      session.gainedMs = turn.now.monotonicMs;
      session.oldestGainedMs = Math.min(session.oldestGainedMs, delta.hlc.ms);
      return null;
  }
}

/**
 * Does a message bring a session on, so that the watchdog waits anew? Deltas are judged when they are read, credit by
 * what it lets go; what may be said any number of times does not, or a session need never end.
 */
export function bringsOn(message: SyncMessage): boolean {
  switch (message.kind) {
    case "deltas":
    case "credit":
    case "below":
    case "state-needed":
      return false;
    case "handshake":
    case "delta-request":
    case "ranges":
    case "done":
    case "refusal":
      return true;
  }
}
