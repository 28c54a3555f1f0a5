/** The side that gives its state: it pins one version and answers from that, whatever is written meanwhile. */

import { InvariantError, present } from "../../assert.ts";
import type { PastDelta } from "../../delta-store/delta-store.ts";
import { type Fault, fault, isFault } from "../../fault.ts";
import type { ContextId, DeltaId, PeerId } from "../../ids.ts";
import type { StreamId } from "../../input.ts";
import { idsMax } from "../../limits.ts";
import type { Replica } from "../../replica.ts";
import type { PinnedVersion } from "../../state/tree/state-tree.ts";
import { type Branch, digitAt, type Leaf, type StoredNode } from "../../state/tree/tree-node.ts";
import { rangeOfPrefix } from "../../state/tree/tree-walk.ts";
import type { Turn } from "../../turn.ts";
import { pageOf } from "../../wire/history-page.ts";
import {
  digestBytes,
  leavesMax,
  noDigest,
  type StateAnswer,
  type StateChild,
  type StateOffer,
  type StateQuery,
} from "../../wire/state-message.ts";
import { digestOf } from "./descent.ts";

/** Plain data: part of the node's memory. */
export interface ServingMemory {
  readonly stream: StreamId;
  readonly peer: PeerId;
  readonly contextId: ContextId;
  readonly pinned: PinnedVersion;
  /** Deltas of the cut that the receiver may lack, in causal order. Frozen. */
  readonly history: readonly DeltaId[];
  /** Queries and pages it may still ask for: what an honest receiver needs at most. */
  answersLeft: number;
  progressMs: number;
}

/** Pins the state and says what it is. Null where it cannot be offered: nothing is here yet, or too many heads. */
export function beginServing(
  about: Pick<ServingMemory, "stream" | "peer">,
  {
    replica,
    known,
    turn,
  }: { readonly replica: Replica; readonly known: readonly DeltaId[]; readonly turn: Turn },
): { readonly serving: ServingMemory; readonly offer: StateOffer } | null {
  const { deltas, state, contextId } = replica;
  const [genesis, heads] = [deltas.genesis(turn), replica.heads()];
  if (genesis === undefined || !replica.isInitialized || heads.length > idsMax) return null;
  const lacking = deltas.graph.since(known).filter((id) => id !== (contextId as string));
  const history = Object.freeze(lacking);
  replica.settle(turn);
  const pinned = replica.pinState(turn);
  const top = state.beneath("", pinned);
  const entityCount = state.storedCount;
  const answersLeft = 4 * entityCount + history.length + 1_000;
  return {
    serving: { ...about, contextId, pinned, history, answersLeft, progressMs: turn.now.monotonicMs },
    offer: {
      kind: "state-offer",
      genesis,
      heads,
      root: state.root(pinned),
      children: top?.kind === "branch" ? childrenOf(top).map((child) => childOf(child, "")) : [],
      entityCount,
      historyCount: history.length,
    },
  };
}

export function historyPage(
  { history }: ServingMemory,
  from: number,
  replica: Replica,
): readonly PastDelta[] {
  return pageOf(pastDeltas(history, from, replica));
}

function* pastDeltas(history: readonly DeltaId[], from: number, { deltas }: Replica): Generator<PastDelta> {
  for (let index = from; index < history.length; index += 1) {
    const id = history[index] as DeltaId;
    const { parents, at } = present(deltas.graph.get(id), "a delta of a served cut");
    yield { id, at, parents: parents.map((position) => deltas.graph.at(position).id) };
  }
}

/** Values in one answer, nested ones included: far fewer than a frame may have. */
const answerItemsMax = 6_000;

/** Answers as many queries as fit a page, one at least. A fault for what no honest receiver asks. */
export function answerQueries(
  serving: ServingMemory,
  queries: readonly StateQuery[],
  { replica, pageBytes }: { readonly replica: Replica; readonly pageBytes: number },
): { readonly kind: "answers"; readonly answers: readonly StateAnswer[] } | Fault {
  const answers: StateAnswer[] = [];
  let [bytes, items] = [0, 0];
  for (const query of queries) {
    const answer = answerQuery(query, { serving, replica, pageBytes });
    if (isFault(answer)) return answer;
    bytes += weigh(answer);
    items += 10 + (answer.kind === "children" ? 4 * answer.others.length : 3 * leavesMax);
    if (answers.length > 0 && (bytes > pageBytes || items > answerItemsMax)) break;
    answers.push(answer);
  }
  return answers.length > 0 ? { kind: "answers", answers } : fault("malformed", "a query for nothing");
}

interface Answering {
  readonly serving: ServingMemory;
  readonly replica: Replica;
  readonly pageBytes: number;
}

function answerQuery(query: StateQuery, answering: Answering): StateAnswer | Fault {
  return query.form === "children" ? answerChildren(query, answering) : answerLeaves(query, answering);
}

function answerChildren(
  { prefix, digests }: StateQuery,
  { serving, replica }: Answering,
): StateAnswer | Fault {
  const node = replica.state.beneath(prefix, serving.pinned);
  if (node?.kind !== "branch") return fault("false-state", `asks for children of ${prefix}, which has none`);
  const same: number[] = [];
  const others = childrenOf(node).flatMap((child) => {
    const digit = digitAt(child.prefix, node.prefix.length);
    const digest = digests.slice(digit * digestBytes, (digit + 1) * digestBytes);
    const isTold = node.prefix === prefix && digest !== noDigest && digest === digestOf(child.hash);
    if (isTold) same.push(digit);
    return isTold ? [] : [childOf(child, prefix)];
  });
  return { kind: "children", same, others };
}

function answerLeaves(
  { prefix, digests }: StateQuery,
  { serving, replica, pageBytes }: Answering,
): StateAnswer | Fault {
  const { state } = replica;
  const leaves: Leaf[] = [];
  for (const leaf of state.leaves(rangeOfPrefix(prefix), serving.pinned)) {
    if (leaves.length === leavesMax)
      return fault("false-state", `asks for all leaves of ${prefix}, too many`);
    leaves.push(leaf);
  }
  if (leaves.length === 0) return fault("false-state", `asks for leaves of ${prefix}, which has none`);
  const places = placesOf(digests);
  const told = new Set<number>();
  const [entities, named]: [Uint8Array[], Leaf[]] = [[], []];
  let bytes = 0;
  for (const leaf of leaves) {
    const place = places.get(digestOf(leaf.hash));
    if (place !== undefined && !told.has(place)) {
      told.add(place);
      continue;
    }
    const entity = state.entityOf(leaf);
    if (bytes + entity.bytes.length > pageBytes && leaves.length > 1) named.push(leaf);
    else entities.push(entity.bytes);
    bytes += entity.bytes.length;
  }
  return { kind: "leaves", same: Array.from(told).sort((a, b) => a - b), entities, named };
}

function childrenOf(branch: Branch): readonly StoredNode[] {
  return branch.children.flatMap((child) => {
    if (child !== null && child.kind !== "stored")
      throw new InvariantError("a pinned state with a node that is not stored");
    return child ?? [];
  });
}

function childOf({ prefix, hash, count }: StoredNode, asked: string): StateChild {
  return { rest: prefix.slice(asked.length), hash, count };
}

/** By digest its place; of two that are equal the last. */
function placesOf(digests: string): ReadonlyMap<string, number> {
  const count = digests.length / digestBytes;
  return new Map(
    Array.from({ length: count }, (_, place) => [
      digests.slice(place * digestBytes, (place + 1) * digestBytes),
      place,
    ]),
  );
}

function weigh(answer: StateAnswer): number {
  if (answer.kind === "children") return answer.others.reduce((sum, { rest }) => sum + rest.length + 45, 10);
  const named = answer.named.reduce((sum, { id }) => sum + id.length + 45, 20);
  return answer.entities.reduce((sum, { length }) => sum + length + 5, named);
}
