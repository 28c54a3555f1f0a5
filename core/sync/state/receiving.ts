/**
 * The side that takes a peer's state: it asks for history and nodes until it has all that differs, verified, and only
 * then the replica takes it over, in one commit. Until that nothing of it shows, and deltas are applied as always.
 */

import { type Fault, fault } from "../../fault.ts";
import type { ContextId, DeltaId, PeerId } from "../../ids.ts";
import type { StreamId } from "../../input.ts";
import { headsMax } from "../../limits.ts";
import type { VerifiedCut } from "../../past/taking-over.ts";
import type { Crypto } from "../../ports.ts";
import type { Replica } from "../../replica.ts";
import type { StateMessage, StateOffer } from "../../wire/state-message.ts";
import type { StateProtocol } from "../../wire/sync-message.ts";
import type { PaceMemory } from "../pace.ts";
import {
  createDescent,
  type DescentMemory,
  type DescentParts,
  isDescended,
  nextQueries,
  takeAnswers,
  takeRoot,
} from "./descent.ts";
import { createPast, judgeEnds, type PastMemory, takePage } from "./past.ts";
import { ShortHash } from "./short-hash.ts";
import type { StagingMemory } from "./staging.ts";

/** Plain data: part of the node's memory. */
export interface ReceivingMemory {
  readonly stream: StreamId;
  readonly peer: PeerId;
  readonly contextId: ContextId;
  /** How much is told by whole hashes: of a snapshot all of it, of `level-wise` the root's children. */
  readonly protocol: StateProtocol;
  /** Is all of it asked for, as if nothing were here? */
  readonly isWhole: boolean;
  /** Under which both hash shortly. */
  readonly key: string;
  /** Null until the offer has come. */
  transfer: TransferMemory | null;
  readonly pace: PaceMemory;
}

export interface TransferMemory {
  /** Frozen. */
  readonly offer: StateOffer;
  readonly past: PastMemory;
  readonly descent: DescentMemory;
}

/** Ids that bound what both know. */
const sampleMax = 24;

/** What of this replica's history a server need not tell. */
export function knownTo({ deltas }: Replica): readonly DeltaId[] {
  const heads = deltas.graph.heads().slice(0, headsMax);
  return Array.from(new Set([...heads, ...deltas.graph.recent(0, sampleMax)]));
}

export interface ReceivingParts {
  readonly replica: Replica;
  readonly staging: StagingMemory;
  readonly crypto: Crypto;
  /** Of the transfer. */
  readonly key: string;
  readonly protocol: StateProtocol;
  /** What may be kept in memory of entities. */
  readonly keptMax: number;
  readonly isWhole: boolean;
}

/** Takes the offer, whose genesis must have been applied. */
export function beginTransfer(
  receiving: ReceivingMemory,
  offer: StateOffer,
  parts: ReceivingParts,
): Fault | null {
  const { deltas } = parts.replica;
  const [past, descent] = [createPast(), createDescent(offer.entityCount)];
  receiving.transfer = { offer: Object.freeze(offer), past, descent };
  const mistake = takeRoot(descent, offer, partsOf(parts));
  if (mistake !== null || offer.historyCount > 0) return mistake;
  return judgeEnds(past, { graph: deltas.graph, offer });
}

/** What to ask for now. */
export function nextRequests(
  { past, offer, descent }: TransferMemory,
  parts: ReceivingParts,
): readonly StateMessage[] {
  const requests: StateMessage[] = [];
  if (!past.isAsked && past.received < offer.historyCount) {
    past.isAsked = true;
    requests.push({ kind: "history-request", from: past.received });
  }
  for (;;) {
    const queries = nextQueries(descent, partsOf(parts));
    if (queries.length === 0) return requests;
    requests.push({ kind: "state-query", queries });
  }
}

export function takeStateMessage(
  { past, offer, descent }: TransferMemory,
  message: Extract<StateMessage, { kind: "history" | "state-answer" }>,
  parts: ReceivingParts,
): Fault | null {
  if (message.kind !== "history") return takeAnswers(descent, message.answers, partsOf(parts));
  const { replica, crypto } = parts;
  const { contextId } = replica;
  return takePage(past, message, { graph: replica.deltas.graph, offer, contextId, crypto });
}

export function isComplete({ past, offer, descent }: TransferMemory): boolean {
  return past.received === offer.historyCount && isDescended(descent);
}

/**
 * What the state comes to, once it is complete. A fault where its history holds what its author might not make, or an
 * entity names deltas that are not of the cut: what follows from who rotated what, and where, must be decidable.
 */
export function verifiedCut(
  { past, descent, offer: { heads } }: TransferMemory,
  { replica, staging, isWhole }: ReceivingParts,
): (VerifiedCut & { readonly kind: "cut" }) | Fault {
  const verified = Array.from(descent.reached).flatMap((subtree) => staging.bySubtree.get(subtree) ?? []);
  const isOfCut = (id: DeltaId) => past.staged.has(id) || replica.deltas.graph.has(id);
  if (!verified.every(({ rotations }) => rotations.every(isOfCut)))
    return fault("false-state", "an entity with a rotation that is not of its cut");
  const entities = verified.flatMap((each) => each.entities ?? []);
  const refusal = replica.governance.members.refusalOfPast(past.staged.values(), past.changes);
  if (refusal !== null) return refusal;
  const history = Array.from(past.staged.values());
  return { kind: "cut", entities, history, bodies: past.changes, heads, isWhole };
}

function partsOf(parts: ReceivingParts): DescentParts {
  const { replica, staging, crypto, key, protocol, keptMax, isWhole } = parts;
  const short = new ShortHash(key);
  const state = isWhole ? replica.state.blank() : replica.state;
  return { state, staging, crypto, short, narrows: protocol !== "snapshot", keptMax };
}
