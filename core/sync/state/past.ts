/**
 * The history of an offered cut: ids, parents and times of its deltas, as far as they are not known here. Verified
 * for closure: parents come first, times are such as parents allow, and its ends are the offered heads.
 */

import type { Graph } from "../../dag/graph.ts";
import type { PastDelta } from "../../delta-store/delta-store.ts";
import { type Fault, fault } from "../../fault.ts";
import { compareHlc, deriveStamp, type Hlc } from "../../hlc.ts";
import { type DeltaId, toHex } from "../../ids.ts";
import { hlcMsMax } from "../../limits.ts";
import type { StateOffer } from "../../wire/state-message.ts";

export interface PastMemory {
  /** How many came, known ones included. */
  received: number;
  /** Is a page under way? */
  isAsked: boolean;
  /** Not known here, in causal order. */
  readonly staged: Map<DeltaId, PastDelta>;
  /** Of these, those without a child among them. */
  readonly ends: Set<DeltaId>;
}

export function createPast(): PastMemory {
  return { received: 0, isAsked: false, staged: new Map(), ends: new Set() };
}

/** Takes a page. A fault when it does not fit what came before. O(deltas). */
export function takePage(
  memory: PastMemory,
  page: readonly PastDelta[],
  { graph, offer }: { readonly graph: Graph; readonly offer: StateOffer },
): Fault | null {
  if (!memory.isAsked) return fault("out-of-turn", "a page of history that nobody asked for");
  memory.isAsked = false;
  if (page.length === 0) return fault("false-state", "an empty page of history");
  memory.received += page.length;
  if (memory.received > offer.historyCount) return fault("false-state", "more history than was offered");
  if (memory.received - memory.staged.size > page.length + graph.count)
    return fault("false-state", "more of what is known here than there is");
  for (const delta of page) {
    const mistake = takeOne(memory, delta, graph);
    if (mistake !== null) return mistake;
  }
  return memory.received < offer.historyCount ? null : judgeEnds(memory, { graph, offer });
}

function takeOne(memory: PastMemory, delta: PastDelta, graph: Graph): Fault | null {
  const { id, parents, at } = delta;
  const known = graph.get(id);
  if (known !== undefined) {
    const own = known.parents.map((position) => graph.at(position).id);
    const isSame = own.length === parents.length && own.every((parent, index) => parent === parents[index]);
    return isSame ? null : fault("false-state", `other parents of ${toHex(id)}`);
  }
  if (memory.staged.has(id)) return fault("false-state", `${toHex(id)} twice in a history`);
  const times: Hlc[] = [];
  for (const parent of parents) {
    const time = memory.staged.get(parent)?.at ?? graph.get(parent)?.at;
    if (time === undefined) return fault("false-state", `${toHex(id)} before its parent ${toHex(parent)}`);
    times.push(time);
  }
  const earliest = deriveStamp(times, { ms: 0, counter: 0 }).at;
  const latest = deriveStamp(times, { ms: hlcMsMax, counter: 0xffff }).at;
  if (compareHlc(at, earliest) < 0 || compareHlc(at, latest) > 0)
    return fault("false-state", `a time of ${toHex(id)} that its parents do not allow`);
  memory.staged.set(id, delta);
  for (const parent of parents) memory.ends.delete(parent);
  memory.ends.add(id);
  return null;
}

/** With all of it here: are the offered heads the ends? Also of a history that brings nothing. */
export function judgeEnds(
  { staged, ends }: PastMemory,
  { graph, offer }: { readonly graph: Graph; readonly offer: StateOffer },
): Fault | null {
  const unknown = offer.heads.find((head) => !staged.has(head) && !graph.has(head));
  if (unknown !== undefined) return fault("false-state", `a history without its head ${toHex(unknown)}`);
  const heads = new Set(offer.heads);
  const loose = Array.from(ends).find((end) => !heads.has(end));
  return loose === undefined
    ? null
    : fault("false-state", `a history that ends in ${toHex(loose)}, no head of it`);
}
