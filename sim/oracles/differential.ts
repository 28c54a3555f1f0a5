/**
 * At the end of a run: does the state of a replica say what a naive model of everything written says? For each set of
 * heads that honest nodes stand on, once. Nothing may be there that nobody wrote, nothing be missing, and nothing be
 * different. Invariants 3 and 5.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import type { ContextId, DeltaId } from "../../core/ids.ts";
import type { Json } from "../../core/json.ts";
import type { Replica } from "../../core/replica.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { encode, equalBytes } from "../../core/wire/cbor.ts";
import type { Codec } from "../../core/wire/codec.ts";
import type { SimNode } from "../world/sim-node.ts";
import { evidenceOf, type NameOfAuthor, nameOfPlace } from "./naive/evidence.ts";
import { historyOf } from "./naive/history.ts";
import { NaiveModel, type Place } from "./naive/model.ts";
import type { Found } from "./oracles.ts";
import { isAstray } from "./severed.ts";
import { visibleOf } from "./visible.ts";

/** Sets of heads that are modelled in one context. */
const standingsMax = 3;
/** Longer histories are not modelled: the model keeps all of it. */
const deltasMax = 50_000;
const shownMax = 200;

/** Everything that was written, by context. */
export type DifferentialMemory = Map<ContextId, Map<DeltaId, CausalDelta>>;

export class Differential {
  readonly memory: DifferentialMemory;
  readonly #codec: Codec;
  readonly #report: (found: Found) => void;
  readonly #nameOf: NameOfAuthor;

  constructor(
    codec: Codec,
    { report, nameOf }: { readonly report: (found: Found) => void; readonly nameOf: NameOfAuthor },
    memory: DifferentialMemory = new Map(),
  ) {
    this.memory = memory;
    this.#codec = codec;
    this.#report = report;
    this.#nameOf = nameOf;
  }

  /** A node commits these. */
  committed(deltas: readonly CausalDelta[]): void {
    for (const delta of deltas) {
      const known = this.memory.get(delta.contextId) ?? new Map<DeltaId, CausalDelta>();
      this.memory.set(delta.contextId, known);
      if (known.size <= deltasMax) known.set(delta.id, delta);
    }
  }

  /** Judges every live honest node; gives how many states were compared. */
  judge(nodes: readonly SimNode[]): number {
    const judged = new Map<ContextId, Set<string>>();
    let compared = 0;
    for (const node of nodes) {
      for (const [contextId, replica] of node.core?.replicas() ?? []) {
        // Its disk lost some of it, which nothing has shown yet; or it has what the past closed without.
        if (node.damaged.has(contextId) || isAstray(replica)) continue;
        const standings = judged.get(contextId) ?? new Set();
        judged.set(contextId, standings);
        const heads = replica.heads().join("");
        if (!replica.isInitialized || standings.has(heads) || standings.size >= standingsMax) continue;
        standings.add(heads);
        if (this.#compare(node, replica)) compared += 1;
      }
    }
    return compared;
  }

  #compare(node: SimNode, replica: Replica): boolean {
    const { contextId } = replica;
    const genesis = this.#genesisOn(node, contextId);
    const known = this.memory.get(contextId) ?? new Map<DeltaId, CausalDelta>();
    if (genesis === null || known.size > deltasMax) return false;
    known.set(genesis.id, genesis);
    const steps = historyOf(replica.heads(), known);
    if (steps === null) return false;
    const model = new NaiveModel(steps, { creator: genesis.author, crypto: this.#codec.crypto });
    const difference = differenceOf(model, replica);
    if (difference === null) return true;
    const about = { model, replica, node: node.id, nameOf: this.#nameOf };
    const message = [difference.message, ...evidenceOf(difference.place, about)].join("\n");
    this.#report({ oracle: "naive-model", invariant: 3, node: node.id, message });
    return true;
  }

  #genesisOn(node: SimNode, contextId: ContextId): CausalDelta | null {
    const sealed = node.disk.get(storeKeys.delta(contextId as string as DeltaId));
    const genesis = sealed === undefined ? null : this.#codec.openDelta(sealed);
    return genesis?.kind === "delta" ? genesis : null;
  }
}

/** In a sentence, and where it is. */
interface Difference {
  readonly message: string;
  /** Null where the state has something of which nobody wrote. */
  readonly place: Place | null;
}

function differenceOf(model: NaiveModel, { state, closing }: Replica): Difference | null {
  const { places } = model;
  const sequences = new Set<string>();
  for (const place of places) {
    const { type, collection } = place;
    if (type === "run" && sequences.size === sequences.add(collection).size) continue;
    const [seen, expected] = [visibleOf(state, place), model.seenAt(place)];
    if (equalBytes(encode(seen), encode(expected))) continue;
    const message = `${nameOfPlace(place)} is ${show(seen, place)}, by a naive model of all writes ${show(expected, place)}`;
    return { message, place };
  }
  const line = closing.checkpoints.closed.line;
  const kept = places.filter((place) => line === null || !model.isCollected(place, [line.ms, line.counter]));
  if (state.storedCount === kept.length) return null;
  const message = `${state.storedCount} entities are stored, by a naive model of all writes there are ${kept.length}`;
  const lacking = kept.find(({ type, collection, key }) => state.get(type, collection, key) === undefined);
  return { message, place: lacking ?? null };
}

/** As a reader thinks of it: a map's key that is there, a value without what it is wrapped in. */
function show(seen: Json, { type }: Place): string {
  if (seen === null) return "nothing";
  if (type === "container") return "there";
  const isWrapped = type !== "counter" && type !== "run" && Array.isArray(seen);
  return JSON.stringify(isWrapped ? seen[0] : seen).slice(0, shownMax);
}
