// Histories drawn at random: who descends from whom, without bodies.

import * as fc from "fast-check";
import { createGraphMemory, Graph, type GraphMemory } from "../../../core/dag/graph.ts";
import { createApplied } from "../../../core/delta-store/index-blocks.ts";
import { byteString, type DeltaId } from "../../../core/ids.ts";

/** By position: the positions of its parents, all lower. The first has none. */
export type History = readonly (readonly number[])[];

/** Parents are mostly recent, so that histories branch and join rather than fan out from the root. */
export function histories(lengthMax: number): fc.Arbitrary<History> {
  const back = fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat() });
  return fc
    .array(fc.array(back, { minLength: 1, maxLength: 4 }), { maxLength: lengthMax - 1 })
    .map((draws) => [
      [],
      ...draws.map((backs, index) => {
        const position = index + 1;
        return [...new Set(backs.map((distance) => position - 1 - (distance % position)))];
      }),
    ]);
}

export function idOf(position: number): DeltaId {
  const bytes = new Uint8Array(32);
  // Spread, so that the order of ids is not the order of positions.
  new DataView(bytes.buffer).setUint32(0, Math.imul(position + 1, 0x9e37_79b1));
  new DataView(bytes.buffer).setUint32(4, position);
  return byteString<DeltaId>(bytes);
}

export function graphOf(history: History, memory: GraphMemory = createGraphMemory()): Graph {
  const graph = new Graph(memory);
  history.forEach((parents, position) => {
    graph.append(createApplied(graph, { id: idOf(position), parents, at: { ms: position, counter: 0 } }));
  });
  return graph;
}

/** The positions and all their ancestors, found the slow way. */
export function ancestryOf(history: History, positions: readonly number[]): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [...positions];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(history[next] ?? []));
  }
  return found;
}
