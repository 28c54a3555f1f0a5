/** The side that gives its state: it pins one version and answers from that, whatever is written meanwhile. */

import { present } from "../../assert.ts";
import type { ContextId, DeltaId, PeerId } from "../../ids.ts";
import type { StreamId } from "../../input.ts";
import { idsMax } from "../../limits.ts";
import type { Replica } from "../../replica.ts";
import type { PinnedVersion } from "../../state/tree/state-tree.ts";
import type { LoadedNode } from "../../state/tree/tree-node.ts";
import { storeKeys } from "../../store-keys.ts";
import type { Turn } from "../../turn.ts";
import { kindCodes } from "../../wire/delta-head.ts";
import { pageOf } from "../../wire/history-page.ts";
import type { StateMessage, StateOffer, StateRequest } from "../../wire/state-message.ts";
import type { NodeDigests } from "../../wire/state-query.ts";
import type { PaceMemory } from "../pace.ts";
import { childDigests, childOf, childrenOf, workMax } from "./answering.ts";
import { ShortHash } from "./short-hash.ts";

/** Plain data: part of the node's memory. */
export interface ServingMemory {
  readonly stream: StreamId;
  readonly peer: PeerId;
  readonly contextId: ContextId;
  readonly pinned: PinnedVersion;
  /** Deltas of the cut that the receiver may lack, in causal order. Frozen. */
  readonly history: readonly DeltaId[];
  /** Under which both hash shortly. */
  readonly key: string;
  /** Queries, deltas and entities looked at that it may still ask for: what an honest receiver needs at most. */
  workLeft: number;
  readonly pace: PaceMemory;
}

/** Pins the state and says what it is. Null where it cannot be offered: nothing is here yet, or too many heads. */
export function beginServing(
  about: Pick<ServingMemory, "stream" | "peer" | "pace">,
  {
    replica,
    request: { known, key, tellsHashes },
    turn,
  }: { readonly replica: Replica; readonly request: StateRequest; readonly turn: Turn },
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
  const children = top?.kind === "branch" ? childrenOf(top) : [];
  const short = new ShortHash(key);
  const branches = children.flatMap(({ prefix }) => nodesAt(state.beneath(prefix, pinned), short));
  const workLeft = workMax(entityCount) + history.length;
  return {
    serving: { ...about, contextId, pinned, history, key, workLeft },
    offer: {
      kind: "state-offer",
      genesis,
      heads,
      root: state.root(pinned),
      children: tellsHashes ? children.map((child) => childOf(child, "")) : [],
      nodes: tellsHashes ? branches : [...nodesAt(top, short), ...branches],
      entityCount,
      historyCount: history.length,
    },
  };
}

/** A branch by its digests; nothing of a bucket. */
function nodesAt(node: LoadedNode | null, short: ShortHash): readonly NodeDigests[] {
  return node?.kind === "branch" ? [{ prefix: node.prefix, digests: childDigests(node, short) }] : [];
}

export function historyPage(
  { history }: ServingMemory,
  from: number,
  { replica, turn }: { readonly replica: Replica; readonly turn: Turn },
): Omit<Extract<StateMessage, { kind: "history" }>, "kind"> {
  const heads = pageOf(replica.deltas.past(history, from, turn));
  const changes = heads.flatMap(({ kindCode }, index) =>
    kindCode === kindCodes.membership ? [bodyOf(history[from + index], turn)] : [],
  );
  return { heads, changes };
}

/** Bodies of changes of members are always here. */
function bodyOf(id: DeltaId | undefined, turn: Turn): Uint8Array {
  const change = present(id, "a delta of a page");
  return present(turn.read(storeKeys.delta(change)), "the body of a change of members");
}
