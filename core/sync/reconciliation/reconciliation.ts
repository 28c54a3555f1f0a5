/** A session's reconciliation: the steps so far, and what they have shown the other to lack. */

import type { Graph } from "../../dag/graph.ts";
import { type Fault, fault } from "../../fault.ts";
import { byteString, bytesOf, type DeltaId } from "../../ids.ts";
import type { Random } from "../../random.ts";
import type { Range } from "../../wire/ranges.ts";
import { rangeKeyBytes } from "../../wire/sync-message.ts";
import { HistoryView } from "./history-view.ts";
import type { HashKey } from "./keyed-hash.ts";
import { answerRanges, asks, openRanges } from "./reconcile.ts";

/** Plain data. */
export interface ReconciliationMemory {
  readonly key: HashKey;
  /** The first so many applied deltas are compared; what is applied later is left to the next session. */
  readonly count: number;
  /** Positions of deltas that the other lacks. */
  readonly toSend: Set<number>;
  /** Messages received. */
  steps: number;
}

export type Step =
  | Fault
  | {
      readonly kind: "step";
      /** What to say next, or null when nothing was asked. */
      readonly answer: readonly Range[] | null;
      /** All that the other lacks, in causal order, once that is known; null until then. */
      readonly toSend: readonly DeltaId[] | null;
    };

/** Messages one side may send: enough for many thousand differences among millions. */
const stepsMax = 48;

export class Reconciler {
  /** Made again from what the memory says when it is not at hand. */
  readonly #views = new WeakMap<ReconciliationMemory, HistoryView>();

  drawKey(random: Random): string {
    return byteString(random.bytes(rangeKeyBytes));
  }

  begin(graph: Graph, key: string): ReconciliationMemory {
    const view = new DataView(bytesOf(key).buffer);
    const words = [view.getUint32(0), view.getUint32(4)] as const;
    return { key: words, count: graph.count, toSend: new Set(), steps: 0 };
  }

  open(memory: ReconciliationMemory, graph: Graph): readonly Range[] {
    return openRanges(this.#viewOf(memory, graph));
  }

  /** Takes what the other said. O(what is compared) at most. */
  receive(memory: ReconciliationMemory, ranges: readonly Range[], graph: Graph): Step {
    memory.steps += 1;
    if (memory.steps > stepsMax) return fault("over-limit", `more than ${stepsMax} messages of ranges`);
    const answer = answerRanges(this.#viewOf(memory, graph), ranges);
    for (const position of answer.toSend) memory.toSend.add(position);
    const isAsked = asks(ranges);
    const isOver = !isAsked || answer.isLast;
    return {
      kind: "step",
      answer: isAsked ? answer.ranges : null,
      toSend: isOver ? inOrder(memory.toSend, graph) : null,
    };
  }

  #viewOf(memory: ReconciliationMemory, graph: Graph): HistoryView {
    let view = this.#views.get(memory);
    if (view === undefined) {
      view = new HistoryView(graph, memory.count, memory.key);
      this.#views.set(memory, view);
    }
    return view;
  }
}

function inOrder(positions: ReadonlySet<number>, graph: Graph): readonly DeltaId[] {
  return Array.from(positions)
    .sort((a, b) => a - b)
    .map((position) => graph.at(position).id);
}
