/** What follows from two handshakes: which deltas a side streams, by the protocol that was chosen. */

import { present, unreachable } from "../assert.ts";
import { type Fault, fault } from "../fault.ts";
import type { DeltaId } from "../ids.ts";
import type { Random } from "../random.ts";
import type { Replica } from "../replica.ts";
import type { Turn } from "../turn.ts";
import {
  type Handshake,
  isStateProtocol,
  recentBytes,
  type StateProtocol,
  type SyncMessage,
  type SyncProtocol,
} from "../wire/sync-message.ts";
import { holdsHeads, sharedFrontier } from "./handshake.ts";
import type { Reconciler } from "./reconciliation/reconciliation.ts";
import { takesState } from "./selection.ts";
import { beginTransfer, type SessionMemory, say, type TransferParts } from "./session.ts";

/** What an exchange needs of the node besides its session. */
export interface ExchangeParts {
  readonly replica: Replica;
  readonly reconciler: Reconciler;
  readonly random: Random;
  readonly turn: Turn;
}

const probes = {
  none: "sync-none",
  "delta-known": "sync-delta-known",
  "delta-warm": "sync-delta-warm",
  "delta-cold": "sync-delta-cold",
} as const satisfies Record<Exclude<SyncProtocol, StateProtocol>, string>;

/** Both have said where they stand, and the responder has chosen. */
export function beginExchange(session: SessionMemory, parts: ExchangeParts): void {
  const { ours, theirs } = handshakesOf(session);
  const { replica } = parts;
  const chosen = present((session.role === "responder" ? ours : theirs).chosen, "a responder's choice");
  switch (chosen) {
    case "none":
      return transferNothing(session, "none", parts);
    case "delta-known":
      // The responder holds all that the initiator has.
      if (session.role === "initiator") return transferNothing(session, chosen, parts);
      return transfer(session, chosen, replica.deltas.graph.since(theirs.heads), parts);
    case "delta-warm":
      return transfer(session, chosen, outsideFrontier(session, replica), parts);
    case "delta-cold":
      session.state = "reconciling";
      if (session.role === "initiator") return;
      return openReconciliation(session, parts);
    case "hash-comparison":
    case "level-wise":
    case "snapshot":
      // What else either lacks is for a session after that.
      session.stateNeeded = takesState(session.role, ours, theirs) ? "here" : "there";
      return transferNothing(session, chosen, parts);
    default:
      return unreachable(chosen);
  }
}

/** A step of a reconciliation, the first of which a responder sends with its handshake. */
export function receiveRanges(
  session: SessionMemory,
  { key, ranges }: Extract<SyncMessage, { kind: "ranges" }>,
  parts: ExchangeParts,
): Fault | null {
  const { replica, reconciler, turn } = parts;
  const { graph } = replica.deltas;
  if ((session.reconciliation === null) !== (key !== ""))
    return fault("malformed", "ranges with a key where none belongs, or without one where it does");
  if (session.reconciliation === null) {
    const { theirs } = handshakesOf(session);
    // What it lacks is known here and nothing lacks here, so nothing has to be asked.
    if (holdsHeads(replica, theirs)) {
      transfer(session, "delta-known", graph.since(theirs.heads), parts);
      return null;
    }
    session.reconciliation = reconciler.begin(graph, key);
  }
  const step = reconciler.receive(session.reconciliation, ranges, graph);
  if (step.kind === "fault") return step;
  if (step.answer !== null) say(session, { kind: "ranges", key: "", ranges: step.answer }, turn);
  if (step.toSend !== null) transfer(session, "delta-cold", step.toSend, parts);
  return null;
}

/** The initiator streams though it was asked what it has: it holds all heads of this node, so it lacks nothing. */
export function transferUnasked(session: SessionMemory, parts: TransferParts): Fault | null {
  const isFirst = session.role === "responder" && session.reconciliation?.steps === 0;
  if (!isFirst) return fault("out-of-turn", "deltas in the middle of a reconciliation");
  transferNothing(session, "delta-known", parts);
  return null;
}

function openReconciliation(
  session: SessionMemory,
  { replica, reconciler, random, turn }: ExchangeParts,
): void {
  const key = reconciler.drawKey(random);
  session.reconciliation = reconciler.begin(replica.deltas.graph, key);
  const ranges = reconciler.open(session.reconciliation, replica.deltas.graph);
  say(session, { kind: "ranges", key, ranges }, turn);
}

/** What is neither below the common frontier, nor below what the other said it has. */
function outsideFrontier(session: SessionMemory, { deltas: { graph } }: Replica): readonly DeltaId[] {
  const { theirs } = handshakesOf(session);
  const shared = present(sharedFrontier(session.frontiers, theirs), "a frontier that was chosen");
  const known = [...shared.ids, ...session.givenBefore, ...theirs.heads];
  const outside = graph.since(known);
  const recent = new Set(theirs.recent);
  const also = outside.filter((id) => recent.has(id.slice(0, recentBytes)));
  return also.length === 0 ? outside : graph.since([...known, ...also]);
}

function transfer(
  session: SessionMemory,
  protocol: SyncProtocol,
  outgoing: readonly DeltaId[],
  { replica, turn }: ExchangeParts,
): void {
  session.appliedAtChoice = replica.deltas.graph.count;
  settle(session, protocol, turn);
  beginTransfer(session, outgoing, { replica, turn });
}

/** What was applied since the own handshake, the other is not told. */
function transferNothing(session: SessionMemory, protocol: SyncProtocol, parts: TransferParts): void {
  session.appliedAtChoice = handshakesOf(session).ours.appliedCount;
  settle(session, protocol, parts.turn);
  beginTransfer(session, [], parts);
}

function settle(session: SessionMemory, protocol: SyncProtocol, turn: Turn): void {
  session.protocol = protocol;
  // A transfer of state is counted where it ends well.
  if (isStateProtocol(protocol)) return;
  const { contextId } = handshakesOf(session).ours;
  turn.observe(probes[protocol], { contextId, peer: session.peer });
}

function handshakesOf({ ours, theirs }: SessionMemory): {
  readonly ours: Handshake;
  readonly theirs: Handshake;
} {
  return { ours: present(ours, "an own handshake"), theirs: present(theirs, "the other's handshake") };
}
