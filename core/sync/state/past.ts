/**
 * The history of an offered cut: the heads of its deltas, as far as they are not known here. What a head says is bound
 * by its id, and times follow from heads. Verified for closure: parents come first, and its ends are the offered heads.
 */

import type { CausalDelta } from "../../dag/delta.ts";
import type { Graph } from "../../dag/graph.ts";
import { type Fault, fault, isFault } from "../../fault.ts";
import { type ContextId, type DeltaId, toHex } from "../../ids.ts";
import type { Crypto } from "../../ports.ts";
import { openDelta } from "../../wire/delta-codec.ts";
import { kindCodes, type PastDelta } from "../../wire/delta-head.ts";
import { unpackHeads } from "../../wire/history-page.ts";
import type { StateMessage, StateOffer } from "../../wire/state-message.ts";

export interface PastMemory {
  /** How many came, known ones included. */
  received: number;
  /** Is a page under way? */
  isAsked: boolean;
  /** Not known here, in causal order. */
  readonly staged: Map<DeltaId, PastDelta>;
  /** Of these, those that change who is a member. */
  readonly changes: Map<DeltaId, CausalDelta>;
  /** Of all, those without a child among them. */
  readonly ends: Set<DeltaId>;
}

export function createPast(): PastMemory {
  return { received: 0, isAsked: false, staged: new Map(), changes: new Map(), ends: new Set() };
}

export interface PastParts {
  readonly graph: Graph;
  readonly offer: StateOffer;
  readonly contextId: ContextId;
  readonly crypto: Crypto;
}

/** Takes a page. A fault when it does not fit what came before. O(deltas). */
export function takePage(
  memory: PastMemory,
  { heads: page, changes }: Extract<StateMessage, { kind: "history" }>,
  { graph, offer, contextId, crypto }: PastParts,
): Fault | null {
  if (!memory.isAsked) return fault("out-of-turn", "a page of history that nobody asked for");
  memory.isAsked = false;
  if (page.length === 0) return fault("false-state", "an empty page of history");
  memory.received += page.length;
  if (memory.received > offer.historyCount) return fault("false-state", "more history than was offered");
  if (memory.received - memory.staged.size > page.length + graph.count)
    return fault("false-state", "more of what is known here than there is");
  const unpacked = unpackHeads(page, { contextId, crypto });
  if (isFault(unpacked)) return unpacked;
  for (const delta of unpacked.deltas) {
    const mistake = takeOne(memory, delta, graph);
    if (mistake !== null) return mistake;
  }
  const mistake = takeChanges(memory, { changes, of: unpacked.deltas, crypto });
  if (mistake !== null) return mistake;
  return memory.received < offer.historyCount ? null : judgeEnds(memory, { graph, offer });
}

function takeOne(memory: PastMemory, delta: PastDelta, graph: Graph): Fault | null {
  const { id, head } = delta;
  if (graph.has(id)) return null;
  if (memory.staged.has(id)) return fault("false-state", `${toHex(id)} twice in a history`);
  const unknown = head.parents.find((parent) => !memory.staged.has(parent) && !graph.has(parent));
  if (unknown !== undefined) return fault("false-state", `${toHex(id)} before its parent ${toHex(unknown)}`);
  memory.staged.set(id, delta);
  for (const parent of head.parents) memory.ends.delete(parent);
  memory.ends.add(id);
  return null;
}

/** What changes who is a member comes whole, or nobody here could tell what others were allowed. */
function takeChanges(
  { staged, changes }: PastMemory,
  {
    changes: sealedChanges,
    of,
    crypto,
  }: { readonly changes: readonly Uint8Array[]; readonly of: readonly PastDelta[]; readonly crypto: Crypto },
): Fault | null {
  const expected = of.filter(({ head }) => head.kindCode === kindCodes.membership);
  if (sealedChanges.length !== expected.length)
    return fault("false-state", "not one change of members for each head that stands for one");
  for (const [index, sealed] of sealedChanges.entries()) {
    const delta = openDelta(sealed, crypto);
    if (isFault(delta)) return delta;
    if (delta.id !== expected[index]?.id)
      return fault("false-state", "a change of members that is not of its head");
    if (staged.has(delta.id)) changes.set(delta.id, delta);
  }
  return null;
}

/** With all of it here: are the offered heads the ends? Also of a history that brings nothing. */
export function judgeEnds(
  { staged, ends }: PastMemory,
  { graph, offer }: Pick<PastParts, "graph" | "offer">,
): Fault | null {
  const unknown = offer.heads.find((head) => !staged.has(head) && !graph.has(head));
  if (unknown !== undefined) return fault("false-state", `a history without its head ${toHex(unknown)}`);
  const heads = new Set(offer.heads);
  const loose = Array.from(ends).find((end) => !heads.has(end));
  return loose === undefined
    ? null
    : fault("false-state", `a history that ends in ${toHex(loose)}, no head of it`);
}
